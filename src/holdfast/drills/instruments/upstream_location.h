/* A location's shared capacity: at most `cap` requests of all hosts are worked on at once; the next ones queue or
 * are rejected. One host, the capacity host, slows down under its own load; the others' work takes a fixed time.
 * Work that has begun goes on to its end even if its caller hangs up, as it does in a real service. */
#ifndef HOLDFAST_UPSTREAM_LOCATION_H
#define HOLDFAST_UPSTREAM_LOCATION_H

#include "chain.h"
#include "upstream_options.h"
#include "upstream_timers.h"

struct location {
    const struct options *options;
    struct timers working;
    struct chain waiting; /* of struct waiting */
    size_t working_peak, waiting_peak;
    size_t capacity_host_working, capacity_host_working_peak;
};

/* What a caller carries first, to stand in the queue. */
struct waiting {
    struct link link;
    struct work work;
};

enum admission { ADMITTED, QUEUED, REJECTED };

/* False without memory. */
bool location_init(struct location *location, const struct options *options);

/* Begins the work, or queues `waiting`, which must then live until it is admitted or withdrawn. */
enum admission location_enter(struct location *location, struct waiting *waiting);

/* Takes it out of the queue, if that is where it is. */
void location_withdraw(struct location *location, struct waiting *waiting);

/* When the next work is done; INT64_MAX when there is none. */
int64_t location_next_ns(const struct location *location);

/* Ends one work that is done by now and gives its place to the first that waits. False when none is done. */
bool location_finish_one(struct location *location, int64_t present_ns, struct work *done);

/* Peaks start again from what is there now. */
void location_reset_peaks(struct location *location);

#endif
