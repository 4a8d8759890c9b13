#define _GNU_SOURCE
#include "load_plan.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#define LOOPBACK_NET 127U

/* A handler answers NULL, or what it wanted instead. */
typedef const char *setting_reader(struct plan *plan, char *rest);

struct setting {
    const char *word;
    setting_reader *read;
};

static bool read_whole(const char *text, uint64_t lowest, uint64_t highest, uint64_t *number) {
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *text != '-' && *number >= lowest && *number <= highest;
}

static bool read_size(const char *text, size_t lowest, size_t highest, size_t *size) {
    uint64_t number;
    bool good = read_whole(text, lowest, highest, &number);
    *size = (size_t)number;
    return good;
}

static const char *read_target(struct plan *plan, char *rest) {
    const char *wanted = "ADDRESS PORT, the address in 127.0.0.0/8";
    char *address = strsep(&rest, " ");
    uint64_t port;
    if (rest == NULL || !read_whole(rest, 1, 65535, &port)) {
        return wanted;
    }
    plan->target = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    bool numeric = inet_pton(AF_INET, address, &plan->target.sin_addr) == 1;
    /* Load is for the machine's own drills; it never leaves the machine. */
    return numeric && ntohl(plan->target.sin_addr.s_addr) >> 24 == LOOPBACK_NET ? NULL : wanted;
}

static const char *read_seed(struct plan *plan, char *rest) {
    return read_whole(rest, 0, UINT64_MAX, &plan->seed) ? NULL : "a whole number";
}

static const char *read_duration(struct plan *plan, char *rest) {
    char *end;
    plan->duration_s = strtod(rest, &end);
    bool good = end != rest && *end == '\0' && plan->duration_s > 0 && plan->duration_s <= PLAN_DURATION_S_MAX;
    return good ? NULL : "seconds, above 0 and at most 3600";
}

static const char *read_timeout(struct plan *plan, char *rest) {
    uint64_t timeout_ms;
    bool good = read_whole(rest, 1, PLAN_TIMEOUT_MS_MAX, &timeout_ms);
    plan->timeout_ns = (int64_t)timeout_ms * 1000000;
    return good ? NULL : "whole milliseconds, 1 to 600000";
}

static const char *read_connections_max(struct plan *plan, char *rest) {
    return read_size(rest, 1, PLAN_CONNECTIONS_MAX, &plan->connections_max) ? NULL : "a whole number, 1 to 32768";
}

static const char *read_requests_max(struct plan *plan, char *rest) {
    return read_size(rest, 1, PLAN_REQUESTS_MAX, &plan->requests_max) ? NULL : "a whole number, 1 to 10000000";
}

static const char *read_sources(struct plan *plan, char *rest) {
    return read_size(rest, 1, PLAN_CONNECTIONS_MAX, &plan->sources) ? NULL : "a whole number, 1 to 32768";
}

static const char *read_connection(struct plan *plan, char *rest) {
    plan->keep_alive = strcmp(rest, "keep-alive") == 0;
    return plan->keep_alive || strcmp(rest, "close") == 0 ? NULL : "keep-alive or close";
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

static const char *read_host(struct plan *plan, char *rest) {
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

static const char *read_method(struct plan *plan, char *rest) {
    struct plan_host *host = latest_host(plan);
    return host == NULL ? "a host line before it" : replace_word(&host->method, rest);
}

static const char *read_path(struct plan *plan, char *rest) {
    struct plan_host *host = latest_host(plan);
    return host == NULL ? "a host line before it" : replace_word(&host->path, rest);
}

static const char *read_header(struct plan *plan, char *rest) {
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

static const char *read_body(struct plan *plan, char *rest) {
    struct plan_host *host = latest_host(plan);
    if (host == NULL) {
        return "a host line before it";
    }
    free(host->body);
    host->body = must(strdup(rest));
    return NULL;
}

static const char *read_rate(struct plan *plan, char *rest) {
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

static const struct setting SETTINGS[] = {
    {"target", read_target},
    {"seed", read_seed},
    {"duration_s", read_duration},
    {"timeout_ms", read_timeout},
    {"connections_max", read_connections_max},
    {"requests_max", read_requests_max},
    {"sources", read_sources},
    {"connection", read_connection},
    {"host", read_host},
    {"method", read_method},
    {"path", read_path},
    {"header", read_header},
    {"body", read_body},
    {"rate", read_rate},
};

static const char *read_line(struct plan *plan, char *line) {
    char *rest = line;
    const char *word = strsep(&rest, " \t");
    for (size_t i = 0; i < sizeof SETTINGS / sizeof *SETTINGS; i++) {
        if (strcmp(word, SETTINGS[i].word) == 0) {
            return SETTINGS[i].read(plan, rest == NULL ? line + strlen(line) : rest);
        }
    }
    return "a setting that load_plan.h lists";
}

static bool read_lines(struct plan *plan, FILE *file, const char *file_name) {
    char *line = NULL;
    size_t room = 0;
    const char *wanted = NULL;
    for (int number = 1; wanted == NULL && getline(&line, &room, file) >= 0; number++) {
        line[strcspn(line, "\r\n")] = '\0';
        char *start = line + strspn(line, " \t");
        if (*start != '\0' && *start != '#') {
            wanted = read_line(plan, start);
        }
        if (wanted != NULL) {
            fprintf(stderr, "load: %s:%d: %s: want %s\n", file_name, number, start, wanted);
        }
    }
    free(line);
    return wanted == NULL;
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

static const char *missing_from(const struct plan *plan) {
    if (plan->target.sin_port == 0 || plan->duration_s == 0 || plan->requests_max == 0) {
        return "target, duration_s and requests_max are required";
    }
    /* Each connection keeps one source, so fewer connections than sources would leave some sources silent. */
    if (plan->sources > plan->connections_max) {
        return "sources must not exceed connections_max";
    }
    return NULL;
}

bool plan_read(struct plan *plan, const char *file_name) {
    *plan = (struct plan){
        .seed = 1, .timeout_ns = 2000000000, .connections_max = 256, .sources = 1, .keep_alive = true};
    FILE *file = fopen(file_name, "re");
    if (file == NULL) {
        fprintf(stderr, "load: %s: %s\n", file_name, strerror(errno));
        return false;
    }
    bool good = read_lines(plan, file, file_name);
    fclose(file);
    const char *missing = good ? missing_from(plan) : NULL;
    if (missing != NULL) {
        fprintf(stderr, "load: %s: %s\n", file_name, missing);
    }
    for (size_t i = 0; i < plan->host_count; i++) {
        make_request(&plan->hosts[i], plan->keep_alive);
    }
    return good && missing == NULL;
}

void plan_free(struct plan *plan) {
    for (size_t i = 0; i < plan->host_count; i++) {
        struct plan_host *host = &plan->hosts[i];
        free(host->name);
        free(host->method);
        free(host->path);
        free(host->headers);
        free(host->body);
        free(host->request);
    }
    free(plan->hosts);
    free(plan->rates);
}
