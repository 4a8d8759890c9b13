#include "upstream_timers.h"

#include <stdlib.h>

bool timers_init(struct timers *timers, size_t count_max) {
    *timers = (struct timers){.heap = calloc(count_max + 1, sizeof(struct work)), .count_max = count_max};
    return timers->heap != NULL;
}

void timers_add(struct timers *timers, struct work work) {
    size_t hole = timers->count++;
    while (hole > 0 && timers->heap[(hole - 1) / 2].done_at_ns > work.done_at_ns) {
        timers->heap[hole] = timers->heap[(hole - 1) / 2];
        hole = (hole - 1) / 2;
    }
    timers->heap[hole] = work;
}

const struct work *timers_next(const struct timers *timers) {
    return timers->count > 0 ? timers->heap : NULL;
}

struct work timers_take(struct timers *timers) {
    struct work first = timers->heap[0];
    struct work last = timers->heap[--timers->count];
    size_t hole = 0;
    for (size_t child = 1; child < timers->count; child = 2 * hole + 1) {
        bool right_is_sooner =
            child + 1 < timers->count && timers->heap[child + 1].done_at_ns < timers->heap[child].done_at_ns;
        child += right_is_sooner;
        if (timers->heap[child].done_at_ns >= last.done_at_ns) {
            break;
        }
        timers->heap[hole] = timers->heap[child];
        hole = child;
    }
    timers->heap[hole] = last;
    return first;
}
