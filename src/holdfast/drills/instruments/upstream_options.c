#define _GNU_SOURCE
#include "upstream_options.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

static const struct option KNOWN[] = {
    {"address", required_argument, NULL, 'i'},
    {"port", required_argument, NULL, 'p'},
    {"cap", required_argument, NULL, 'c'},
    {"when-full", required_argument, NULL, 'w'},
    {"queue-max", required_argument, NULL, 'q'},
    {"capacity-host", required_argument, NULL, 'h'},
    {"answer-ms", required_argument, NULL, 'a'},
    {"capacity-answer-ms-max", required_argument, NULL, 'm'},
    {"connections-max", required_argument, NULL, 'n'},
    {"ledger", required_argument, NULL, 'l'},
    {"exit-with-stdin", no_argument, NULL, 'x'},
    {NULL, 0, NULL, 0},
};

static bool parse_number(const char *text, double highest, double *number) {
    char *end;
    *number = strtod(text, &end);
    return end != text && *end == '\0' && *number >= 0 && *number <= highest;
}

static bool parse_count(const char *text, size_t highest, size_t *count) {
    double number;
    bool good = parse_number(text, (double)highest, &number);
    *count = good ? (size_t)number : 0;
    return good && (double)*count == number;
}

static bool parse_wait(const char *text, int64_t *wait_ns) {
    double wait_ms;
    bool good = parse_number(text, WAIT_MS_MAX, &wait_ms);
    *wait_ns = good ? (int64_t)(wait_ms * NS_PER_MS) : 0;
    return good;
}

static bool parse_mode(const char *text, bool *rejects) {
    *rejects = strcmp(text, "reject") == 0;
    return *rejects || strcmp(text, "queue") == 0;
}

static bool parse_port(const char *text, uint16_t *port) {
    size_t number;
    bool good = parse_count(text, UINT16_MAX, &number);
    *port = (uint16_t)number;
    return good;
}

static bool parse_address(const char *text, struct in_addr *address) {
    return inet_pton(AF_INET, text, address) == 1 && ntohl(address->s_addr) >> 24 == IN_LOOPBACKNET;
}

static bool parse_file_name(const char *text, char *name) {
    return snprintf(name, FILE_NAME_BYTES_MAX, "%s", text) < FILE_NAME_BYTES_MAX;
}

static bool parse_host(const char *text, char *host) {
    return snprintf(host, HOST_BYTES_MAX, "%s", text) < HOST_BYTES_MAX;
}

static bool take_option(struct options *options, int letter, const char *text) {
    switch (letter) {
    case 'i':
        return parse_address(text, &options->address);
    case 'l':
        return parse_file_name(text, options->ledger);
    case 'p':
        return parse_port(text, &options->port);
    case 'c':
        return parse_count(text, CAP_MAX, &options->cap);
    case 'w':
        return parse_mode(text, &options->rejects_when_full);
    case 'q':
        return parse_count(text, CALLERS_MAX, &options->queue_max);
    case 'h':
        return parse_host(text, options->capacity_host);
    case 'a':
        return parse_wait(text, &options->answer_ns);
    case 'm':
        return parse_wait(text, &options->capacity_answer_ns_max);
    case 'n':
        return parse_count(text, CALLERS_MAX, &options->connections_max) && options->connections_max > 0;
    case 'x':
        options->exits_with_stdin = true;
        return true;
    default:
        return false;
    }
}

bool options_parse(struct options *options, int argument_count, char **arguments) {
    *options = (struct options){
        .address.s_addr = htonl(INADDR_LOOPBACK),
        .cap = 64,
        .queue_max = CALLERS_MAX,
        .answer_ns = 5 * NS_PER_MS,
        .capacity_answer_ns_max = 500 * NS_PER_MS,
        .connections_max = 8192,
    };
    int index = 0;
    for (int letter; (letter = getopt_long(argument_count, arguments, "", KNOWN, &index)) != -1;) {
        if (letter == '?') {
            return false; /* getopt has said it */
        }
        if (!take_option(options, letter, optarg)) {
            fprintf(stderr, "upstream: --%s %s: out of range\n", KNOWN[index].name, optarg);
            return false;
        }
    }
    if (optind < argument_count || (options->cap == 0 && !options->rejects_when_full)) {
        fprintf(stderr, "upstream: takes options only, and --cap 0 only with --when-full reject\n");
        return false;
    }
    return true;
}
