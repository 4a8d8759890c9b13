/* What is being worked on, by the moment when it will be done: a binary heap of stated capacity. */
#ifndef HOLDFAST_UPSTREAM_TIMERS_H
#define HOLDFAST_UPSTREAM_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct work {
    int64_t done_at_ns;
    uint64_t caller;  /* tag of the connection that asked, which may have gone since */
    bool at_capacity_host;
};

struct timers {
    struct work *heap; /* each is done no later than the two below it, at 2i+1 and 2i+2 */
    size_t count, count_max;
};

/* False without memory. */
bool timers_init(struct timers *timers, size_t count_max);

/* The caller sees to it that there is room. */
void timers_add(struct timers *timers, struct work work);

/* The next work to be done, or NULL; valid until the heap changes. */
const struct work *timers_next(const struct timers *timers);

struct work timers_take(struct timers *timers);

#endif
