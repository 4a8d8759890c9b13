/* The upstream's command line. */
#ifndef HOLDFAST_UPSTREAM_OPTIONS_H
#define HOLDFAST_UPSTREAM_OPTIONS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CAP_MAX 100000
#define CALLERS_MAX 65536
#define HOST_BYTES_MAX 256
#define FILE_NAME_BYTES_MAX 4096
#define WAIT_MS_MAX 60000

struct options {
    struct in_addr address;     /* of 127.0.0.0/8 */
    uint16_t port;              /* 0: any free one */
    char ledger[FILE_NAME_BYTES_MAX]; /* "" for none */
    size_t cap;                 /* concurrent requests of all hosts together */
    bool rejects_when_full;     /* else it queues */
    size_t queue_max;           /* beyond it even the queueing mode rejects */
    char capacity_host[HOST_BYTES_MAX]; /* "" for none */
    int64_t answer_ns;
    int64_t capacity_answer_ns_max;
    size_t connections_max;
    bool exits_with_stdin;
};

/* False, with the reason on stderr, when the arguments are wrong. */
bool options_parse(struct options *options, int argument_count, char **arguments);

#endif
