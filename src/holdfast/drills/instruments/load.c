/* Open-loop HTTP/1.1 load: every request has an intended send time that doesn't depend on any answer, and its
 * latency counts from that time, so a slow target can't hide its slowness by slowing the generator down.
 *
 *     load PLAN RECORDS [--exit-with-stdin]
 *
 * PLAN is described in load_plan.h, RECORDS in load_schedule.h. On stdout: a line {"started_ns": N} at the start
 * and a line of summary at the end. SIGTERM or SIGINT stops sending; what is in flight is still waited for, at
 * most until its timeout. With --exit-with-stdin the end of stdin ends it at once: its starter is gone, and nobody
 * will read what it measured. Exit code 0: ran; 1: could not; 2: the plan or the arguments are wrong.
 *
 * One thread sleeps in epoll until the next request is due, an answer arrives or a timeout passes; it never spins.
 * Its own tardiness is recorded with each request as lateness. A keep-alive connection that the server closes
 * under a request counts as a failure: nothing is repeated.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "load_connections.h"
#include "load_plan.h"
#include "load_report.h"
#include "load_schedule.h"

#define EVENTS_MAX 256
#define STOP_TAG UINT64_MAX
#define STARTER_TAG (UINT64_MAX - 1)

struct run {
    const struct plan *plan;
    struct schedule *schedule;
    struct connections connections;
    struct totals totals;
    /* Records before `taken` were due and taken up; those before `assigned` left the queue for a connection. */
    size_t taken, assigned;
    int64_t last_sent_ns;
    int signal_fd;
};

static int64_t intended_ns(const struct run *run, size_t request) {
    return run->totals.started_ns + llround(run->schedule->records[request].intended_s * 1e9);
}

static float ms_since_intended(const struct run *run, size_t request) {
    return (float)((double)(now_ns() - intended_ns(run, request)) / NS_PER_MS);
}

static void finish(struct run *run, struct connection *connection, int status) {
    struct record *record = &run->schedule->records[connection->request];
    float latency_ms = ms_since_intended(run, connection->request);
    bool in_time = latency_ms * NS_PER_MS <= (float)run->plan->timeout_ns;
    record->status = (int16_t)(status > 0 && !in_time ? FAILED_TIMEOUT : status);
    if (record->status > 0) {
        record->latency_ms = latency_ms;
    }
}

static void fail(struct run *run, struct connection *connection, enum failure failure) {
    finish(run, connection, failure);
    connection_close(&run->connections, connection);
}

static const struct plan_host *host_of(const struct run *run, const struct connection *connection) {
    return &run->plan->hosts[run->schedule->records[connection->request].host];
}

static void write_request(struct run *run, struct connection *connection) {
    const struct plan_host *host = host_of(run, connection);
    size_t left = host->request_size - connection->sent;
    ssize_t written = send(connection->fd, host->request + connection->sent, left, MSG_NOSIGNAL);
    if (written >= 0) {
        connection->sent += (size_t)written;
    } else if (errno != EAGAIN) {
        fail(run, connection, FAILED_WRITE);
    }
}

static void finish_connecting(struct run *run, struct connection *connection) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
        fail(run, connection, FAILED_CONNECT);
        return;
    }
    connection->connecting = false;
    write_request(run, connection);
}

static void assign(struct run *run, struct connection *connection) {
    size_t request = run->assigned++;
    connection_occupy(&run->connections, connection, request);
    enum opening opening = connection->fd < 0 ? connection_open(&run->connections, connection) : OPENED;
    run->schedule->records[request].source = (int32_t)connection->source;
    if (opening != OPENED) {
        fail(run, connection, opening == REFUSED ? FAILED_CONNECT : FAILED_LOCAL);
        return;
    }
    run->totals.sent++;
    run->last_sent_ns = now_ns();
    if (!connection->connecting) {
        write_request(run, connection);
    }
}

static void assign_waiting(struct run *run) {
    while (run->assigned < run->taken) {
        size_t pool = run->plan->hosts[run->schedule->records[run->assigned].host].pool;
        struct connection *connection = connections_pick(&run->connections, pool);
        if (connection == NULL) {
            return;
        }
        assign(run, connection);
    }
}

static void take_up_due(struct run *run) {
    while (run->taken < run->schedule->count && intended_ns(run, run->taken) <= now_ns()) {
        run->schedule->records[run->taken].lateness_ms = ms_since_intended(run, run->taken);
        run->taken++;
        assign_waiting(run);
        run->totals.waited += run->assigned < run->taken;
    }
}

/* The answer is complete: keeps the connection only if both sides and the plan allow another request on it. */
static void complete(struct run *run, struct connection *connection) {
    bool whole_request_sent = connection->sent == host_of(run, connection)->request_size;
    bool unasked_bytes = connection->used > 0;
    finish(run, connection, connection->status);
    if (run->plan->keep_alive && whole_request_sent && !connection->server_closes && !unasked_bytes) {
        connection_release(&run->connections, connection);
    } else {
        connection_close(&run->connections, connection);
    }
}

static void consume(struct connection *connection, size_t size) {
    connection->used -= size;
    memmove(connection->input, connection->input + size, connection->used);
}

enum parsed { INCOMPLETE, COMPLETE, MALFORMED };

static enum parsed parse_body(struct connection *connection) {
    consume(connection, http_skip_body(&connection->body, connection->input, connection->used));
    if (connection->body.phase == HTTP_BODY_MALFORMED) {
        return MALFORMED;
    }
    return connection->body.phase == HTTP_BODY_DONE ? COMPLETE : INCOMPLETE;
}

static enum parsed parse_head(struct connection *connection, bool asked_by_head) {
    size_t size = http_head_size(connection->input, connection->used);
    if (size == 0) {
        return connection->used == INPUT_BYTES ? MALFORMED : INCOMPLETE;
    }
    struct http_head head;
    bool good = http_parse_head(connection->input, size, &head);
    connection->status = good ? http_status(&head) : 0;
    if (connection->status == 0 || connection->status == 101) {
        return MALFORMED;
    }
    connection->server_closes = head.wants_close;
    connection->in_body = connection->status >= 200; /* the final answer follows a 1xx */
    connection->body = http_answer_body(&head, connection->status, asked_by_head);
    consume(connection, size);
    return COMPLETE;
}

static enum parsed parse_answer(struct run *run, struct connection *connection) {
    enum parsed parsed = COMPLETE;
    while (parsed == COMPLETE && !connection->in_body) {
        parsed = parse_head(connection, host_of(run, connection)->asks_for_head);
    }
    return parsed == COMPLETE ? parse_body(connection) : parsed;
}

static void on_input(struct run *run, struct connection *connection) {
    enum parsed parsed = parse_answer(run, connection);
    if (parsed == COMPLETE) {
        complete(run, connection);
    } else if (parsed == MALFORMED) {
        fail(run, connection, FAILED_MALFORMED);
    }
}

static void on_end(struct run *run, struct connection *connection, bool orderly) {
    if (!connection_is_busy(connection)) {
        connection_close(&run->connections, connection);
    } else if (!connection->in_body) {
        fail(run, connection, FAILED_CLOSED);
    } else if (orderly && connection->body.phase == HTTP_BODY_TO_CLOSE) {
        connection->server_closes = true;
        complete(run, connection);
    } else {
        fail(run, connection, FAILED_TRUNCATED);
    }
}

/* Reads until nothing is left, which edge-triggered events demand. A read that leaves room in the buffer has taken
 * everything, and what comes later is a new event; only an end that was announced must still be fetched. */
static void read_answer(struct run *run, struct connection *connection, bool end_announced) {
    while (connection->fd >= 0) {
        size_t room = INPUT_BYTES - connection->used;
        ssize_t got = recv(connection->fd, connection->input + connection->used, room, 0);
        if (got < 0 && errno == EAGAIN) {
            return;
        }
        if (got <= 0 || !connection_is_busy(connection)) {
            on_end(run, connection, got == 0);
            return;
        }
        connection->used += (size_t)got;
        on_input(run, connection);
        if ((size_t)got < room && !end_announced) {
            return;
        }
    }
}

static void on_writable(struct run *run, struct connection *connection) {
    if (connection->connecting) {
        finish_connecting(run, connection);
    } else if (connection_is_busy(connection) && connection->sent < host_of(run, connection)->request_size) {
        write_request(run, connection);
    }
}

static void on_event(struct run *run, const struct epoll_event *event) {
    struct connection *connection = connection_of_event(&run->connections, event->data.u64);
    if (connection == NULL) {
        return;
    }
    uint32_t ended = event->events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR);
    if ((event->events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) {
        on_writable(run, connection);
    }
    if (!connection->connecting && (ended != 0 || (event->events & EPOLLIN) != 0)) {
        read_answer(run, connection, ended != 0);
    }
}

static void expire(struct run *run) {
    int64_t oldest_ns = now_ns() - run->plan->timeout_ns;
    struct connection *first = chain_first(&run->connections.busy);
    while (first != NULL && intended_ns(run, first->request) < oldest_ns) {
        fail(run, first, FAILED_TIMEOUT);
        first = chain_first(&run->connections.busy);
    }
    while (run->assigned < run->taken && intended_ns(run, run->assigned) < oldest_ns) {
        run->schedule->records[run->assigned++].status = FAILED_UNSENT;
    }
}

static void stop(struct run *run) {
    struct signalfd_siginfo signal;
    if (read(run->signal_fd, &signal, sizeof signal) > 0) {
        run->schedule->count = run->taken;
        run->totals.stopped = true;
    }
}

static bool finished(const struct run *run) {
    return run->assigned == run->schedule->count && run->connections.busy.length == 0;
}

/* The next moment at which something is due without any event. */
static int64_t next_deadline_ns(const struct run *run) {
    const struct connection *first = chain_first(&run->connections.busy);
    int64_t deadline_ns = INT64_MAX;
    if (run->taken < run->schedule->count) {
        deadline_ns = intended_ns(run, run->taken);
    }
    size_t oldest = first != NULL ? first->request : run->assigned;
    if (oldest < run->taken) {
        int64_t timeout_ns = intended_ns(run, oldest) + run->plan->timeout_ns + 1;
        deadline_ns = timeout_ns < deadline_ns ? timeout_ns : deadline_ns;
    }
    return deadline_ns;
}

/* Nothing is ever written to stdin, so anything but an end is passed over. */
static void heed_starter(void) {
    char ignored[64];
    if (read(STDIN_FILENO, ignored, sizeof ignored) == 0) {
        exit(1);
    }
}

static void run_load(struct run *run) {
    struct epoll_event events[EVENTS_MAX];
    while (!finished(run)) {
        struct timespec sleep = time_until(next_deadline_ns(run));
        int count = epoll_pwait2(run->connections.epoll_fd, events, EVENTS_MAX, &sleep, NULL);
        for (int i = 0; i < count; i++) {
            if (events[i].data.u64 == STOP_TAG) {
                stop(run);
            } else if (events[i].data.u64 == STARTER_TAG) {
                heed_starter();
            } else {
                on_event(run, &events[i]);
            }
            take_up_due(run); /* a batch of answers must not make the next request late */
        }
        expire(run);
        take_up_due(run);
        assign_waiting(run);
    }
}

static double cpu_s(void) {
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static void watch_signals(struct run *run) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    run->signal_fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = STOP_TAG};
    epoll_ctl(run->connections.epoll_fd, EPOLL_CTL_ADD, run->signal_fd, &event);
}

static bool watch_starter(const struct run *run) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = STARTER_TAG};
    return epoll_ctl(run->connections.epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &event) == 0;
}

static void run_timed(struct run *run) {
    double cpu_before_s = cpu_s();
    run->totals.started_ns = run->last_sent_ns = now_ns();
    printf("{\"started_ns\":%lld}\n", (long long)run->totals.started_ns);
    fflush(stdout);
    run_load(run);
    double last_sent_s = (double)(run->last_sent_ns - run->totals.started_ns) / 1e9;
    bool to_plan_end = !run->totals.stopped && run->plan->duration_s > last_sent_s;
    run->totals.sending_s = to_plan_end ? run->plan->duration_s : last_sent_s;
    run->totals.elapsed_s = (double)(now_ns() - run->totals.started_ns) / 1e9;
    run->totals.cpu_s = cpu_s() - cpu_before_s;
    run->totals.connections_opened = run->connections.opened;
}

static int run_plan(const struct plan *plan, struct schedule *schedule, const char *records_file,
                    bool exits_with_stdin) {
    struct run run = {.plan = plan, .schedule = schedule};
    uint32_t *sources = sources_draw(plan->seed, plan->sources);
    if (sources == NULL || !connections_init(&run.connections, plan, sources)) {
        fprintf(stderr, "load: no memory or descriptors for %zu connections; see ulimit -n\n",
                plan->connections_max);
        return 1;
    }
    wake_on_time();
    watch_signals(&run);
    if (exits_with_stdin && !watch_starter(&run)) {
        perror("load: watching stdin");
        return 1;
    }
    run_timed(&run);
    connections_free(&run.connections);
    close(run.signal_fd);
    if (!report_records(schedule, records_file)) {
        return 1;
    }
    report_summary(schedule, &run.totals);
    return 0;
}

int main(int argument_count, char **arguments) {
    bool exits_with_stdin = argument_count == 4 && strcmp(arguments[3], "--exit-with-stdin") == 0;
    if (argument_count != 3 && !exits_with_stdin) {
        fprintf(stderr, "usage: load PLAN RECORDS [--exit-with-stdin]\n");
        return 2;
    }
    struct plan plan;
    struct schedule schedule = {0};
    int code = 2;
    if (plan_read(&plan, arguments[1]) && schedule_draw(&schedule, &plan)) {
        code = run_plan(&plan, &schedule, arguments[2], exits_with_stdin);
    }
    free(schedule.records);
    plan_free(&plan);
    return code;
}
