#define _GNU_SOURCE
#include "load_connections.h"

#include <errno.h>
#include <netinet/tcp.h>
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

bool connections_init(struct connections *connections, size_t count, struct sockaddr_in target, uint32_t *sources,
                      size_t source_count) {
    *connections = (struct connections){.target = target, .sources = sources, .source_count = source_count};
    connections->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    connections->all = calloc(count, sizeof(struct connection));
    connections->inputs = calloc(count, INPUT_BYTES);
    bool memory = connections->all != NULL && connections->inputs != NULL;
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
    free(connections->sources);
    close(connections->epoll_fd);
}

bool connection_is_busy(const struct connection *connection) {
    return connection->request != NO_REQUEST;
}

static size_t index_of(const struct connections *connections, const struct connection *connection) {
    return (size_t)(connection - connections->all);
}

int32_t connection_source(const struct connections *connections, const struct connection *connection) {
    return (int32_t)(index_of(connections, connection) % connections->source_count);
}

struct connection *connections_pick(struct connections *connections) {
    size_t open = connections->idle.length + connections->busy.length;
    bool some_source_silent = open < connections->source_count;
    if (connections->idle.length > 0 && !some_source_silent) {
        return chain_first(&connections->idle);
    }
    struct connection *closed = chain_first(&connections->closed);
    return closed != NULL ? closed : chain_first(&connections->idle);
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
    int32_t source = connection_source(connections, connection);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(connections->sources[source])};
    /* The port is left to connect(), which may share it between targets; bind() would need one of its own. */
    setsockopt(connection->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return bind(connection->fd, (const struct sockaddr *)&address, sizeof address) == 0;
}

enum opening connection_open(struct connections *connections, struct connection *connection) {
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
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

void connection_occupy(struct connections *connections, struct connection *connection, size_t request) {
    chain_remove(connection->fd < 0 ? &connections->closed : &connections->idle, &connection->link);
    chain_append(&connections->busy, &connection->link);
    connection->request = request;
    connection->sent = connection->used = 0;
    connection->in_body = false;
}

void connection_release(struct connections *connections, struct connection *connection) {
    connection->request = NO_REQUEST;
    chain_remove(&connections->busy, &connection->link);
    chain_append(&connections->idle, &connection->link);
}

void connection_close(struct connections *connections, struct connection *connection) {
    chain_remove(connection_is_busy(connection) ? &connections->busy : &connections->idle, &connection->link);
    chain_append(&connections->closed, &connection->link);
    if (connection->fd >= 0) {
        close(connection->fd);
    }
    connection->fd = -1;
    connection->generation++;
    connection->request = NO_REQUEST;
    connection->connecting = false;
}
