/* All tenants' upstreams at one location, in one process, behind the location's shared cap (upstream_location.h).
 *
 *     upstream [--address A] [--port N] [--cap N] [--when-full queue|reject] [--queue-max N] [--capacity-host NAME]
 *              [--answer-ms MS] [--capacity-answer-ms-max MS] [--connections-max N] [--ledger FILE]
 *              [--exit-with-stdin]
 *
 * Listens on 127.0.0.1, or another address of 127.0.0.0/8, and prints {"port": N} once it does. Any request is answered 200 when its work is done, or
 * 503 at once when the location is full. GET /healthz is answered at once and counts nowhere. GET /__stats tells
 * what goes on, as JSON: peaks are since it was last asked, counts since the start. PUT /__capacity-host makes the
 * host that it is sent to the capacity host; what the one before still works on counts along until it is done.
 * PUT /__answer-ms/N changes how long work takes. PUT /__vanish is answered, and then nothing is: whatever arrives is
 * dropped unseen and the process stops itself (SIGSTOP), until SIGCONT. With --ledger, requests that may write are
 * noted (upstream_ledger.h).
 * SIGTERM or SIGINT ends it, and with --exit-with-stdin so does the end of stdin: its starter can't leave it behind
 * by dying.
 *
 * HTTP/1.1, kept alive, with bodies of any length read and dropped. Of pipelined requests one is taken at a time.
 * A caller that ends its side has hung up: what it queued is withdrawn. So does one that doesn't read its answers.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "http1.h"
#include "upstream_ledger.h"
#include "upstream_location.h"
#include "upstream_reach.h"

#define EVENTS_MAX 256
#define ACCEPTS_PER_EVENT_MAX 64
#define READS_PER_EVENT_MAX 16
#define READ_BYTES_MAX 16384
#define INPUT_BYTES 65536 /* a request's head must fit */
#define ANSWER_BYTES_MAX 1024
#define DESCRIPTORS_BESIDE 16
#define BACKLOG 4096
#define LISTENER_TAG UINT64_MAX
#define STOP_TAG (UINT64_MAX - 1)
#define ANSWER_TIME_PATH "/__answer-ms/"

enum outcome { DONE, BAD_REQUEST, HEAD_TOO_LONG, LOCATION_FULL, OUTCOMES };

static const struct {
    int status;
    const char *reason, *body;
} ANSWERS[OUTCOMES] = {
    [DONE] = {200, "OK", "ok"},
    [BAD_REQUEST] = {400, "Bad Request", "not HTTP/1.1"},
    [HEAD_TOO_LONG] = {431, "Request Header Fields Too Large", "head too long"},
    [LOCATION_FULL] = {503, "Service Unavailable", "location full"},
};

enum phase { READING_HEAD, READING_BODY, AWAITING_WORK };

enum resource { ANY_RESOURCE, HEALTH, STATS, CAPACITY_HOST, ANSWER_TIME, VANISHING };

struct caller {
    struct waiting waiting; /* first, for upstream_location.h */
    int fd;
    uint32_t generation; /* tells this caller from earlier ones in its slot */
    enum phase phase;
    enum resource resource;
    bool asks_for_head, wants_close;
    bool drained; /* nothing was left in the socket when it was last read */
    bool hung_up; /* the socket has an end to be read */
    struct http_body body;
    char entry[LEDGER_ENTRY_BYTES];
    char *input; /* INPUT_BYTES */
    size_t used;
};

struct server {
    struct options options;
    struct location location;
    struct ledger ledger;
    int epoll_fd, listener_fd, signal_fd;
    struct caller *callers;
    char *inputs; /* apart, so that what is never used is never touched */
    size_t *vacant; /* indices of callers without a connection, the last is next */
    size_t vacant_count;
    uint64_t answered[OUTCOMES];
    uint64_t abandoned; /* requests whose caller hung up before the answer */
    bool vanishes; /* as soon as what is at hand is answered */
    bool stopped;
};

static uint64_t tag_of(const struct server *server, const struct caller *caller) {
    return (uint64_t)caller->generation << 32 | (uint64_t)(caller - server->callers);
}

/* NULL when the caller has hung up since. */
static struct caller *caller_of(const struct server *server, uint64_t tag) {
    struct caller *caller = &server->callers[(uint32_t)tag];
    return caller->generation == tag >> 32 ? caller : NULL;
}

static bool watch(const struct server *server, int fd, uint32_t events, uint64_t tag) {
    struct epoll_event event = {.events = events, .data.u64 = tag};
    return epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void hang_up(struct server *server, struct caller *caller) {
    location_withdraw(&server->location, &caller->waiting);
    server->abandoned += caller->phase == AWAITING_WORK;
    close(caller->fd);
    caller->fd = -1;
    caller->generation++;
    server->vacant[server->vacant_count++] = (size_t)(caller - server->callers);
}

static void send_answer(struct server *server, struct caller *caller, int status, const char *reason,
                        const char *body) {
    const char *type = caller->resource == STATS ? "application/json" : "text/plain";
    const char *close_field = caller->wants_close ? "Connection: close\r\n" : "";
    char answer[ANSWER_BYTES_MAX];
    int size = snprintf(answer, sizeof answer,
                        "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s\r\n%s", status, reason,
                        type, strlen(body), close_field, caller->asks_for_head ? "" : body);
    caller->phase = READING_HEAD;
    bool sent = send(caller->fd, answer, (size_t)size, MSG_NOSIGNAL) == size;
    if (!sent || caller->wants_close) {
        hang_up(server, caller);
    }
}

static void answer(struct server *server, struct caller *caller, enum outcome outcome) {
    server->answered[outcome]++;
    if (outcome == DONE && !ledger_add(&server->ledger, caller->entry)) {
        perror("upstream: --ledger");
        exit(1);
    }
    send_answer(server, caller, ANSWERS[outcome].status, ANSWERS[outcome].reason, ANSWERS[outcome].body);
}

static void refuse(struct server *server, struct caller *caller, enum outcome outcome) {
    caller->wants_close = true; /* where the next request would start is unknown */
    answer(server, caller, outcome);
}

static void send_stats(struct server *server, struct caller *caller) {
    struct location *location = &server->location;
    char stats[ANSWER_BYTES_MAX / 2];
    int size = snprintf(stats, sizeof stats,
                        "{\"in_flight\":%zu,\"in_flight_peak\":%zu,\"queued\":%zu,\"queued_peak\":%zu,"
                        "\"capacity_host_in_flight\":%zu,\"capacity_host_in_flight_peak\":%zu,"
                        "\"abandoned\":%llu,\"answered\":{",
                        location->working.count, location->working_peak, location->waiting.length,
                        location->waiting_peak, location->capacity_host_working,
                        location->capacity_host_working_peak, (unsigned long long)server->abandoned);
    for (int i = 0; i < OUTCOMES; i++) {
        size += snprintf(stats + size, sizeof stats - (size_t)size, "%s\"%d\":%llu", i == 0 ? "" : ",",
                         ANSWERS[i].status, (unsigned long long)server->answered[i]);
    }
    snprintf(stats + size, sizeof stats - (size_t)size, "}}");
    location_reset_peaks(location);
    send_answer(server, caller, 200, "OK", stats);
}

static void act_on_request(struct server *server, struct caller *caller) {
    server->vanishes = server->vanishes || caller->resource == VANISHING;
    if (caller->resource != ANY_RESOURCE && caller->resource != STATS) {
        send_answer(server, caller, 200, "OK", "ok");
    } else if (caller->resource == STATS) {
        send_stats(server, caller);
    } else {
        caller->phase = AWAITING_WORK;
        caller->waiting.work.caller = tag_of(server, caller);
        if (location_enter(&server->location, &caller->waiting) == REJECTED) {
            answer(server, caller, LOCATION_FULL);
        }
    }
}

static enum resource changed_by(struct slice target) {
    if (slice_is(target, "/__capacity-host")) {
        return CAPACITY_HOST;
    }
    if (slice_is(target, "/__vanish")) {
        return VANISHING;
    }
    size_t size = strlen(ANSWER_TIME_PATH);
    return target.size > size && memcmp(target.start, ANSWER_TIME_PATH, size) == 0 ? ANSWER_TIME : ANY_RESOURCE;
}

static enum resource resource_of(const struct http_head *head) {
    if (slice_is(head->words[0], "PUT")) {
        return changed_by(head->words[1]);
    }
    bool gets = slice_is(head->words[0], "GET");
    if (gets && slice_is(head->words[1], "/healthz")) {
        return HEALTH;
    }
    return gets && slice_is(head->words[1], "/__stats") ? STATS : ANY_RESOURCE;
}

static struct slice name_of_host(const struct http_head *head) {
    const char *colon = memchr(head->host.start, ':', head->host.size);
    return (struct slice){head->host.start, colon == NULL ? head->host.size : (size_t)(colon - head->host.start)};
}

static bool is_for(const struct http_head *head, const char *host) {
    return *host != '\0' && slice_is(name_of_host(head), host);
}

static void set_capacity_host(struct options *options, struct slice name) {
    size_t size = name.size < HOST_BYTES_MAX ? name.size : HOST_BYTES_MAX - 1;
    memcpy(options->capacity_host, name.start, size);
    options->capacity_host[size] = '\0';
}

/* Leaves it as it is if the target names no whole number of milliseconds. */
static void set_answer_time(struct options *options, struct slice target) {
    char *end;
    unsigned long answer_ms = strtoul(target.start + strlen(ANSWER_TIME_PATH), &end, 10);
    if (end == target.start + target.size && answer_ms <= WAIT_MS_MAX) {
        options->answer_ns = (int64_t)answer_ms * NS_PER_MS;
    }
}

static void note_request(struct server *server, struct caller *caller, const struct http_head *head) {
    caller->resource = resource_of(head);
    if (caller->resource == CAPACITY_HOST) {
        set_capacity_host(&server->options, name_of_host(head));
    } else if (caller->resource == ANSWER_TIME) {
        set_answer_time(&server->options, head->words[1]);
    }
    ledger_describe(caller->entry, head);
    caller->asks_for_head = slice_is(head->words[0], "HEAD");
    caller->wants_close = head->wants_close;
    caller->body = http_request_body(head);
    caller->phase = READING_BODY;
    caller->waiting.work.at_capacity_host = is_for(head, server->options.capacity_host);
}

static void consume(struct caller *caller, size_t size) {
    caller->used -= size;
    memmove(caller->input, caller->input + size, caller->used);
}

/* Whether more of the request may be at hand, so that it is worth going on. */
static bool take_head(struct server *server, struct caller *caller) {
    size_t size = http_head_size(caller->input, caller->used);
    if (size == 0) {
        if (caller->used == INPUT_BYTES) {
            refuse(server, caller, HEAD_TOO_LONG);
        }
        return false;
    }
    struct http_head head;
    if (!http_parse_head(caller->input, size, &head)) {
        refuse(server, caller, BAD_REQUEST);
        return false;
    }
    note_request(server, caller, &head);
    consume(caller, size);
    return true;
}

static bool take_body(struct server *server, struct caller *caller) {
    consume(caller, http_skip_body(&caller->body, caller->input, caller->used));
    if (caller->body.phase == HTTP_BODY_MALFORMED) {
        refuse(server, caller, BAD_REQUEST);
    } else if (caller->body.phase == HTTP_BODY_DONE) {
        act_on_request(server, caller);
        return true;
    }
    return false;
}

/* Takes one request after the other out of the input, until one must wait or is incomplete. */
static void take_requests(struct server *server, struct caller *caller) {
    bool more = true;
    while (more && caller->fd >= 0 && caller->phase != AWAITING_WORK) {
        more = caller->phase == READING_HEAD ? take_head(server, caller) : take_body(server, caller);
    }
}

/* Asks for another event at once, so that one caller's endless body doesn't hold up all others. */
static void come_back_to(const struct server *server, const struct caller *caller) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.u64 = tag_of(server, caller)};
    epoll_ctl(server->epoll_fd, EPOLL_CTL_MOD, caller->fd, &event);
}

/* False when there is nothing to go on with: the socket is empty or the caller gone. */
static bool fill_input(struct server *server, struct caller *caller) {
    size_t room = INPUT_BYTES - caller->used;
    room = room < READ_BYTES_MAX ? room : READ_BYTES_MAX;
    ssize_t got = recv(caller->fd, caller->input + caller->used, room, 0);
    bool empty = got < 0 && errno == EAGAIN;
    if (got <= 0 && !empty) {
        hang_up(server, caller);
        return false;
    }
    /* A read that leaves room has taken everything; what comes later is a new event. */
    caller->drained = empty || (size_t)got < room;
    caller->used += empty ? 0 : (size_t)got;
    return !empty;
}

static void attend(struct server *server, struct caller *caller) {
    take_requests(server, caller);
    for (int reads = 0; caller->fd >= 0 && caller->phase != AWAITING_WORK; reads++) {
        if (reads == READS_PER_EVENT_MAX) {
            come_back_to(server, caller);
            return;
        }
        if ((caller->drained && !caller->hung_up) || !fill_input(server, caller)) {
            return;
        }
        take_requests(server, caller);
    }
    if (caller->fd >= 0 && caller->hung_up) {
        hang_up(server, caller);
    }
}

static void on_event(struct server *server, const struct epoll_event *event) {
    struct caller *caller = caller_of(server, event->data.u64);
    if (caller != NULL) {
        caller->drained = false;
        caller->hung_up = caller->hung_up || (event->events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
        attend(server, caller);
    }
}

static void welcome(struct server *server, int fd) {
    const int yes = 1;
    if (server->vacant_count == 0) {
        close(fd);
        return;
    }
    size_t index = server->vacant[--server->vacant_count];
    struct caller *caller = &server->callers[index];
    char *input = server->inputs + index * INPUT_BYTES;
    *caller = (struct caller){.fd = fd, .generation = caller->generation, .input = input};
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (!watch(server, fd, EPOLLIN | EPOLLRDHUP | EPOLLET, tag_of(server, caller))) {
        hang_up(server, caller);
    }
}

static void accept_callers(struct server *server, int most) {
    for (int i = 0; i < most; i++) {
        int fd = accept4(server->listener_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            return;
        }
        welcome(server, fd);
    }
}

static void with_all_connections(const struct server *server, void (*act)(int fd)) {
    for (size_t i = 0; i < server->options.connections_max; i++) {
        if (server->callers[i].fd >= 0) {
            act(server->callers[i].fd);
        }
    }
}

/* Nobody may be left over that was connected, but not yet welcome. */
static void vanish(struct server *server) {
    reach_cut(server->listener_fd);
    accept_callers(server, BACKLOG);
    with_all_connections(server, reach_cut);
    raise(SIGSTOP);
    with_all_connections(server, reach_restore);
    reach_restore(server->listener_fd);
    server->vanishes = false;
}

static void answer_done(struct server *server) {
    int64_t present_ns = now_ns();
    struct work done;
    while (location_finish_one(&server->location, present_ns, &done)) {
        struct caller *caller = caller_of(server, done.caller);
        if (caller != NULL) {
            answer(server, caller, DONE);
        }
        if (caller != NULL && caller->fd >= 0 && (caller->used > 0 || !caller->drained)) {
            attend(server, caller);
        }
    }
}

static void serve(struct server *server) {
    struct epoll_event events[EVENTS_MAX];
    while (!server->stopped) {
        struct timespec sleep = time_until(location_next_ns(&server->location));
        int count = epoll_pwait2(server->epoll_fd, events, EVENTS_MAX, &sleep, NULL);
        for (int i = 0; i < count; i++) {
            if (events[i].data.u64 == LISTENER_TAG) {
                accept_callers(server, ACCEPTS_PER_EVENT_MAX);
            } else if (events[i].data.u64 == STOP_TAG) {
                server->stopped = true;
            } else {
                on_event(server, &events[i]);
            }
        }
        answer_done(server);
        if (server->vanishes) {
            vanish(server);
        }
    }
}

static bool listen_on_loopback(struct server *server) {
    const int yes = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(server->options.port), .sin_addr = server->options.address};
    socklen_t size = sizeof address;
    server->listener_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(server->listener_fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    bool good = bind(server->listener_fd, (struct sockaddr *)&address, sizeof address) == 0 &&
                listen(server->listener_fd, BACKLOG) == 0 &&
                getsockname(server->listener_fd, (struct sockaddr *)&address, &size) == 0 &&
                watch(server, server->listener_fd, EPOLLIN, LISTENER_TAG);
    server->options.port = ntohs(address.sin_port);
    return good;
}

static bool watch_for_stop(struct server *server) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    /* Standing still, it wouldn't see that its starter is gone. */
    prctl(PR_SET_PDEATHSIG, SIGCONT);
    server->signal_fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    bool good = watch(server, server->signal_fd, EPOLLIN, STOP_TAG);
    return good && (!server->options.exits_with_stdin || watch(server, STDIN_FILENO, EPOLLIN, STOP_TAG));
}

static bool make_room(struct server *server) {
    size_t count = server->options.connections_max;
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    server->callers = calloc(count, sizeof(struct caller));
    server->inputs = calloc(count, INPUT_BYTES);
    server->vacant = calloc(count, sizeof(size_t));
    if (server->callers == NULL || server->inputs == NULL || server->vacant == NULL) {
        return false;
    }
    for (size_t i = count; i-- > 0;) {
        server->callers[i].fd = -1;
        server->vacant[server->vacant_count++] = i;
    }
    return limit.rlim_cur >= count + DESCRIPTORS_BESIDE && location_init(&server->location, &server->options);
}

static void release(struct server *server) {
    for (size_t i = 0; i < server->options.connections_max; i++) {
        if (server->callers[i].fd >= 0) {
            close(server->callers[i].fd);
        }
    }
    free(server->callers);
    free(server->inputs);
    free(server->vacant);
    free(server->location.working.heap);
}

int main(int argument_count, char **arguments) {
    struct server server = {0};
    if (!options_parse(&server.options, argument_count, arguments)) {
        return 2;
    }
    server.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (!make_room(&server)) {
        fprintf(stderr, "upstream: no memory or descriptors for --connections-max; see ulimit -n\n");
        return 1;
    }
    if (!watch_for_stop(&server) || !listen_on_loopback(&server)) {
        perror("upstream: listening, or watching stdin");
        return 1;
    }
    if (!ledger_open(&server.ledger, server.options.ledger)) {
        perror("upstream: --ledger");
        return 1;
    }
    wake_on_time();
    printf("{\"port\":%u}\n", server.options.port);
    fflush(stdout);
    serve(&server);
    release(&server);
    return 0;
}
