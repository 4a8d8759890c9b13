/* When each request is to be sent, to which host, and from which addresses: drawn from the plan's seed before the
 * run starts, so that the run itself spends nothing on it and a seed gives the same load again. */
#ifndef HOLDFAST_LOAD_SCHEDULE_H
#define HOLDFAST_LOAD_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "load_plan.h"

/* Statuses below zero say why no answer came. The numbers are part of the record file's format. */
enum failure {
    PENDING = 0,
    FAILED_CONNECT = -1,   /* refused, or reset while connecting */
    FAILED_WRITE = -2,     /* the connection broke while the request was written */
    FAILED_TIMEOUT = -3,   /* sent, but not answered in full within the timeout */
    FAILED_CLOSED = -4,    /* the connection ended before the answer's head was complete */
    FAILED_TRUNCATED = -5, /* the connection ended after the head, before the end of the body */
    FAILED_MALFORMED = -6, /* what came was not HTTP/1.1, or its head was too long */
    FAILED_UNSENT = -7,    /* no connection came free within the timeout */
    FAILED_LOCAL = -8,     /* this machine had no port or descriptor left: the generator's fault */
    FAILURE_LOWEST = -8,
};

#define NO_SOURCE (-1)

/* One request, as written to the record file: 24 bytes, little-endian, without padding. */
struct record {
    double intended_s;  /* intended send time, since the start */
    float latency_ms;   /* from the intended send time to the end of the answer; infinite without an answer */
    float lateness_ms;  /* from the intended send time until the generator took the request up */
    int16_t status;     /* the answer's, or an enum failure */
    uint16_t host;      /* its place in the plan */
    int32_t source;     /* which source address sent it, or NO_SOURCE */
};

_Static_assert(sizeof(struct record) == 24, "the record file has no padding");

struct schedule {
    struct record *records; /* by intended send time */
    size_t count;
};

/* Draws all arrivals. On failure says why on stderr and returns false. */
bool schedule_draw(struct schedule *schedule, const struct plan *plan);

/* Draws distinct addresses of 127.0.0.0/8 outside 127.0.0.0/16, in host byte order; the caller frees them. NULL
 * without memory. */
uint32_t *sources_draw(uint64_t seed, size_t count);

#endif
