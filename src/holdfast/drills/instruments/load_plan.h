/* What the load generator is to do, as read from a plan: lines of a word and its arguments. Blank lines, leading
 * blanks and lines that start with '#' don't count. Settings of the whole run:
 *
 *     target ADDRESS PORT      required; an IPv4 address of 127.0.0.0/8, anything else is refused
 *     seed N                   draws arrivals and source addresses; default 1
 *     duration_s S             required; what rates ask for later is left out
 *     timeout_ms MS            counted from the intended send time; default 2000
 *     connections_max N        default 256
 *     requests_max N           required; a plan that would need more is refused
 *     sources N                distinct source addresses of 127.0.0.0/8, at most connections_max; default 1
 *     connection keep-alive    or `close`: a connection for each request; default keep-alive
 *
 * `host NAME` begins a host; its record index is its place among the hosts. The lines that follow are the host's:
 *
 *     method M                 default GET
 *     path P                   default /
 *     header NAME: VALUE       any number
 *     body TEXT                to the end of the line
 *     pool FIRST COUNT         which of the sources take turns for this host, FIRST counted from 0; default all
 *     rate START_S END_S RPS   Poisson arrivals; any number of them, overlaps add up
 */
#ifndef HOLDFAST_LOAD_PLAN_H
#define HOLDFAST_LOAD_PLAN_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAN_DURATION_S_MAX 3600
#define PLAN_REQUESTS_MAX 10000000
#define PLAN_CONNECTIONS_MAX 32768
#define PLAN_TIMEOUT_MS_MAX 600000
#define PLAN_HOSTS_MAX 65535
#define PLAN_RATES_MAX 1000000
#define PLAN_POOLS_MAX 4096

struct plan_rate {
    double start_s, end_s, rps;
    size_t host;
};

/* Source addresses that take turns; hosts with the same ones share a pool, and with it its connections. */
struct plan_pool {
    size_t first, count;
};

struct plan_host {
    char *name, *method, *path, *headers, *body;
    size_t pool;
    char *request; /* the bytes to send, made once the plan is complete */
    size_t request_size;
    bool asks_for_head; /* answers to HEAD carry no body, whatever their length says */
};

struct plan {
    struct sockaddr_in target;
    uint64_t seed;
    double duration_s;
    int64_t timeout_ns;
    size_t connections_max, requests_max, sources;
    bool keep_alive;
    struct plan_host *hosts;
    size_t host_count;
    struct plan_pool *pools; /* the first is that of all sources */
    size_t pool_count;
    struct plan_rate *rates;
    size_t rate_count;
};

/* Reads the plan. On failure says why on stderr, with the line, and returns false. */
bool plan_read(struct plan *plan, const char *file_name);

void plan_free(struct plan *plan);

#endif
