#define _GNU_SOURCE
#include "load_plan.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "load_plan_hosts.h"

#define LOOPBACK_NET 127U

struct setting {
    const char *word;
    plan_reader *read;
};

static const char *read_target(struct plan *plan, char *rest) {
    const char *wanted = "ADDRESS PORT, the address in 127.0.0.0/8";
    char *address = strsep(&rest, " ");
    uint64_t port;
    if (rest == NULL || !plan_read_whole(rest, 1, 65535, &port)) {
        return wanted;
    }
    plan->target = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    bool numeric = inet_pton(AF_INET, address, &plan->target.sin_addr) == 1;
    /* Load is for the machine's own drills; it never leaves the machine. */
    return numeric && ntohl(plan->target.sin_addr.s_addr) >> 24 == LOOPBACK_NET ? NULL : wanted;
}

static const char *read_seed(struct plan *plan, char *rest) {
    return plan_read_whole(rest, 0, UINT64_MAX, &plan->seed) ? NULL : "a whole number";
}

static const char *read_duration(struct plan *plan, char *rest) {
    char *end;
    plan->duration_s = strtod(rest, &end);
    bool good = end != rest && *end == '\0' && plan->duration_s > 0 && plan->duration_s <= PLAN_DURATION_S_MAX;
    return good ? NULL : "seconds, above 0 and at most 3600";
}

static const char *read_timeout(struct plan *plan, char *rest) {
    uint64_t timeout_ms;
    bool good = plan_read_whole(rest, 1, PLAN_TIMEOUT_MS_MAX, &timeout_ms);
    plan->timeout_ns = (int64_t)timeout_ms * 1000000;
    return good ? NULL : "whole milliseconds, 1 to 600000";
}

static const char *read_connections_max(struct plan *plan, char *rest) {
    return plan_read_size(rest, 1, PLAN_CONNECTIONS_MAX, &plan->connections_max) ? NULL : "a whole number, 1 to 32768";
}

static const char *read_requests_max(struct plan *plan, char *rest) {
    return plan_read_size(rest, 1, PLAN_REQUESTS_MAX, &plan->requests_max) ? NULL : "a whole number, 1 to 10000000";
}

static const char *read_sources(struct plan *plan, char *rest) {
    return plan_read_size(rest, 1, PLAN_CONNECTIONS_MAX, &plan->sources) ? NULL : "a whole number, 1 to 32768";
}

static const char *read_connection(struct plan *plan, char *rest) {
    plan->keep_alive = strcmp(rest, "keep-alive") == 0;
    return plan->keep_alive || strcmp(rest, "close") == 0 ? NULL : "keep-alive or close";
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
    {"host", plan_read_host},
    {"method", plan_read_method},
    {"path", plan_read_path},
    {"header", plan_read_header},
    {"body", plan_read_body},
    {"pool", plan_read_pool},
    {"rate", plan_read_rate},
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
    plan_begin_pools(plan);
    bool good = read_lines(plan, file, file_name);
    fclose(file);
    const char *missing = good ? missing_from(plan) : NULL;
    if (good && missing == NULL) {
        missing = plan_complete_hosts(plan);
    }
    if (missing != NULL) {
        fprintf(stderr, "load: %s: %s\n", file_name, missing);
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
    free(plan->pools);
    free(plan->rates);
}
