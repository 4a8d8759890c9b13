#define _GNU_SOURCE
#include "load_plan_hosts.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALL_SOURCES 0

bool plan_read_whole(const char *text, uint64_t lowest, uint64_t highest, uint64_t *number) {
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *text != '-' && *number >= lowest && *number <= highest;
}

bool plan_read_size(const char *text, size_t lowest, size_t highest, size_t *size) {
    uint64_t number;
    bool good = plan_read_whole(text, lowest, highest, &number);
    *size = (size_t)number;
    return good;
}

/* Memory that a plan of bounded size needs is not expected to be missing. */
static void *must(void *memory) {
    if (memory == NULL) {
        perror("load: memory");
        exit(1);
    }
    return memory;
}

/* Makes room for one more; capacities are the powers of two, so that a full array is told by its length alone. */
static void *grow(void *array, size_t length, size_t item_bytes) {
    bool full = (length & (length - 1)) == 0;
    return full ? must(realloc(array, (length == 0 ? 1 : 2 * length) * item_bytes)) : array;
}

const char *plan_read_host(struct plan *plan, char *rest) {
    if (*rest == '\0' || strpbrk(rest, " \t") != NULL || plan->host_count == PLAN_HOSTS_MAX) {
        return "a host name without blanks, of at most 65535 hosts";
    }
    plan->hosts = grow(plan->hosts, plan->host_count, sizeof *plan->hosts);
    plan->hosts[plan->host_count++] = (struct plan_host){
        .name = must(strdup(rest)),
        .method = must(strdup("GET")),
        .path = must(strdup("/")),
        .headers = must(strdup("")),
    };
    return NULL;
}

static struct plan_host *latest_host(struct plan *plan) {
    return plan->host_count == 0 ? NULL : &plan->hosts[plan->host_count - 1];
}

static const char *replace_word(char **word, const char *text) {
    if (*text == '\0' || strpbrk(text, " \t") != NULL) {
        return "one word without blanks";
    }
    free(*word);
    *word = must(strdup(text));
    return NULL;
}

const char *plan_read_method(struct plan *plan, char *rest) {
    struct plan_host *host = latest_host(plan);
    return host == NULL ? "a host line before it" : replace_word(&host->method, rest);
}

const char *plan_read_path(struct plan *plan, char *rest) {
    struct plan_host *host = latest_host(plan);
    return host == NULL ? "a host line before it" : replace_word(&host->path, rest);
}

const char *plan_read_header(struct plan *plan, char *rest) {
    struct plan_host *host = latest_host(plan);
    if (host == NULL || strchr(rest, ':') == NULL) {
        return "NAME: VALUE, after a host line";
    }
    char *longer;
    if (asprintf(&longer, "%s%s\r\n", host->headers, rest) < 0) {
        must(NULL);
    }
    free(host->headers);
    host->headers = longer;
    return NULL;
}

const char *plan_read_body(struct plan *plan, char *rest) {
    struct plan_host *host = latest_host(plan);
    if (host == NULL) {
        return "a host line before it";
    }
    free(host->body);
    host->body = must(strdup(rest));
    return NULL;
}

void plan_begin_pools(struct plan *plan) {
    plan->pools = grow(NULL, 0, sizeof *plan->pools);
    plan->pools[ALL_SOURCES] = (struct plan_pool){0};
    plan->pool_count = 1;
}

static size_t find_pool(const struct plan *plan, struct plan_pool wanted) {
    size_t i = ALL_SOURCES + 1;
    while (i < plan->pool_count && (plan->pools[i].first != wanted.first || plan->pools[i].count != wanted.count)) {
        i++;
    }
    return i;
}

const char *plan_read_pool(struct plan *plan, char *rest) {
    const char *wanted = "FIRST COUNT, after a host line, of at most 4095 different pools";
    struct plan_host *host = latest_host(plan);
    char *first = strsep(&rest, " ");
    struct plan_pool pool;
    if (host == NULL || rest == NULL || !plan_read_size(first, 0, PLAN_CONNECTIONS_MAX, &pool.first) ||
        !plan_read_size(rest, 1, PLAN_CONNECTIONS_MAX, &pool.count)) {
        return wanted;
    }
    host->pool = find_pool(plan, pool);
    if (host->pool == plan->pool_count) {
        if (plan->pool_count == PLAN_POOLS_MAX) {
            return wanted;
        }
        plan->pools = grow(plan->pools, plan->pool_count, sizeof *plan->pools);
        plan->pools[plan->pool_count++] = pool;
    }
    return NULL;
}

const char *plan_read_rate(struct plan *plan, char *rest) {
    struct plan_rate rate;
    int end = 0;
    bool three = sscanf(rest, "%lf %lf %lf %n", &rate.start_s, &rate.end_s, &rate.rps, &end) == 3;
    if (!three || rest[end] != '\0' || plan->host_count == 0 || plan->rate_count == PLAN_RATES_MAX) {
        return "START_S END_S RPS, after a host line, at most 1000000 of them";
    }
    if (!(rate.start_s >= 0 && rate.end_s >= rate.start_s && rate.rps >= 0 && isfinite(rate.rps))) {
        return "0 <= START_S <= END_S and RPS not negative";
    }
    rate.host = plan->host_count - 1;
    plan->rates = grow(plan->rates, plan->rate_count, sizeof *plan->rates);
    plan->rates[plan->rate_count++] = rate;
    return NULL;
}

static void make_request(struct plan_host *host, bool keep_alive) {
    const char *close = keep_alive ? "" : "Connection: close\r\n";
    char length[48] = "";
    if (host->body != NULL) {
        snprintf(length, sizeof length, "Content-Length: %zu\r\n", strlen(host->body));
    }
    const char *body = host->body == NULL ? "" : host->body;
    int size = asprintf(&host->request, "%s %s HTTP/1.1\r\nHost: %s\r\n%s%s%s\r\n%s", host->method, host->path,
                        host->name, host->headers, length, close, body);
    if (size < 0) {
        must(NULL);
    }
    host->request_size = (size_t)size;
    host->asks_for_head = strcmp(host->method, "HEAD") == 0;
}

const char *plan_complete_hosts(struct plan *plan) {
    plan->pools[ALL_SOURCES] = (struct plan_pool){.first = 0, .count = plan->sources};
    for (size_t i = 0; i < plan->pool_count; i++) {
        if (plan->pools[i].first + plan->pools[i].count > plan->sources) {
            return "a pool must not go beyond the sources";
        }
    }
    for (size_t i = 0; i < plan->host_count; i++) {
        make_request(&plan->hosts[i], plan->keep_alive);
    }
    return NULL;
}
