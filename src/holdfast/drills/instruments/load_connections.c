#define _GNU_SOURCE
#include "load_connections.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define DESCRIPTORS_BESIDE 16
#define NO_REQUEST SIZE_MAX

static bool allow_descriptors(size_t count) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= count;
}

static bool init_pools(struct connections *connections, const struct plan *plan) {
    connections->pools = calloc(plan->pool_count, sizeof(struct pool));
    for (size_t i = 0; connections->pools != NULL && i < plan->pool_count; i++) {
        connections->pools[i] = (struct pool){.first = plan->pools[i].first, .count = plan->pools[i].count};
        chain_init(&connections->pools[i].idle);
    }
    return connections->pools != NULL;
}

bool connections_init(struct connections *connections, const struct plan *plan, uint32_t *sources) {
    size_t count = plan->connections_max;
    *connections = (struct connections){.target = plan->target, .sources = sources};
    connections->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    connections->all = calloc(count, sizeof(struct connection));
    connections->inputs = calloc(count, INPUT_BYTES);
    bool memory = connections->all != NULL && connections->inputs != NULL && init_pools(connections, plan);
    if (connections->epoll_fd < 0 || !memory || !allow_descriptors(count + DESCRIPTORS_BESIDE)) {
        return false;
    }
    chain_init(&connections->closed);
    chain_init(&connections->idle);
    chain_init(&connections->busy);
    for (size_t i = 0; i < count; i++) {
        connections->all[i].fd = -1;
        connections->all[i].input = connections->inputs + i * INPUT_BYTES;
        connections->all[i].request = NO_REQUEST;
        chain_append(&connections->closed, &connections->all[i].link);
    }
    return true;
}

void connections_free(struct connections *connections) {
    free(connections->all);
    free(connections->inputs);
    free(connections->pools);
    free(connections->sources);
    close(connections->epoll_fd);
}

bool connection_is_busy(const struct connection *connection) {
    return connection->request != NO_REQUEST;
}

static size_t index_of(const struct connections *connections, const struct connection *connection) {
    return (size_t)(connection - connections->all);
}

/* The first of a pool's idle connections, or NULL. */
static struct connection *first_idle(const struct pool *pool) {
    char *link = chain_first(&pool->idle);
    return link == NULL ? NULL : (struct connection *)(link - offsetof(struct connection, pool_link));
}

static struct connection *make_closed(struct connections *connections) {
    if (connections->closed.length == 0 && connections->idle.length > 0) {
        connection_close(connections, chain_first(&connections->idle));
    }
    return chain_first(&connections->closed);
}

struct connection *connections_pick(struct connections *connections, size_t pool_index) {
    struct pool *pool = &connections->pools[pool_index];
    struct connection *idle = first_idle(pool);
    bool some_source_silent = pool->open < pool->count;
    if (idle != NULL && (!some_source_silent || connections->closed.length == 0)) {
        return idle;
    }
    struct connection *closed = make_closed(connections);
    if (closed != NULL) {
        closed->pool = pool;
    }
    return closed;
}

static bool watch(const struct connections *connections, const struct connection *connection) {
    uint64_t tag = (uint64_t)connection->generation << 32 | index_of(connections, connection);
    /* Edge-triggered for both directions at once: one registration for the connection's whole life. */
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.u64 = tag};
    return epoll_ctl(connections->epoll_fd, EPOLL_CTL_ADD, connection->fd, &event) == 0;
}

struct connection *connection_of_event(const struct connections *connections, uint64_t tag) {
    struct connection *connection = &connections->all[(uint32_t)tag];
    return connection->generation == tag >> 32 ? connection : NULL;
}

static bool bind_source(const struct connections *connections, const struct connection *connection) {
    const int yes = 1;
    uint32_t source = connections->sources[connection->source];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(source)};
    /* The port is left to connect(), which may share it between targets; bind() would need one of its own. */
    setsockopt(connection->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return bind(connection->fd, (const struct sockaddr *)&address, sizeof address) == 0;
}

enum opening connection_open(struct connections *connections, struct connection *connection) {
    struct pool *pool = connection->pool;
    connection->source = pool->first + pool->turn++ % pool->count;
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    pool->open += connection->fd >= 0;
    if (connection->fd < 0 || !bind_source(connections, connection)) {
        return NOTHING_LEFT;
    }
    const struct sockaddr *target = (const struct sockaddr *)&connections->target;
    int refused = connect(connection->fd, target, sizeof connections->target);
    if (refused != 0 && errno != EINPROGRESS) {
        return errno == EADDRNOTAVAIL ? NOTHING_LEFT : REFUSED;
    }
    connection->connecting = refused != 0;
    connections->opened++;
    return watch(connections, connection) ? OPENED : NOTHING_LEFT;
}

static void leave_idle(struct connections *connections, struct connection *connection) {
    chain_remove(&connections->idle, &connection->link);
    chain_remove(&connection->pool->idle, &connection->pool_link);
}

void connection_occupy(struct connections *connections, struct connection *connection, size_t request) {
    if (connection->fd < 0) {
        chain_remove(&connections->closed, &connection->link);
    } else {
        leave_idle(connections, connection);
    }
    chain_append(&connections->busy, &connection->link);
    connection->request = request;
    connection->sent = connection->used = 0;
    connection->in_body = false;
}

void connection_release(struct connections *connections, struct connection *connection) {
    connection->request = NO_REQUEST;
    chain_remove(&connections->busy, &connection->link);
    chain_append(&connections->idle, &connection->link);
    chain_append(&connection->pool->idle, &connection->pool_link);
}

void connection_close(struct connections *connections, struct connection *connection) {
    if (connection_is_busy(connection)) {
        chain_remove(&connections->busy, &connection->link);
    } else {
        leave_idle(connections, connection);
    }
    chain_append(&connections->closed, &connection->link);
    if (connection->fd >= 0) {
        close(connection->fd);
        connection->pool->open--;
    }
    connection->fd = -1;
    connection->generation++;
    connection->request = NO_REQUEST;
    connection->connecting = false;
}
