/* Time in nanoseconds of CLOCK_MONOTONIC: the one clock that all processes of a drill share, so that an event
 * which another process stamped (a kill, say) can be laid beside a request. */
#ifndef HOLDFAST_CLOCK_H
#define HOLDFAST_CLOCK_H

#include <stdint.h>
#include <sys/prctl.h>
#include <time.h>

#define NS_PER_MS 1000000LL
#define NS_PER_S 1000000000LL

static inline int64_t now_ns(void) {
    struct timespec moment;
    clock_gettime(CLOCK_MONOTONIC, &moment);
    return moment.tv_sec * NS_PER_S + moment.tv_nsec;
}

/* How long to sleep until `deadline_ns`; nothing when it has passed. */
static inline struct timespec time_until(int64_t deadline_ns) {
    int64_t wait_ns = deadline_ns - now_ns();
    if (wait_ns < 0) {
        wait_ns = 0;
    }
    return (struct timespec){.tv_sec = wait_ns / NS_PER_S, .tv_nsec = wait_ns % NS_PER_S};
}

/* Linux may delay a sleeper's wake-up by 50 us to save power; an instrument that measures 5 ms can't afford it. */
static inline void wake_on_time(void) {
    prctl(PR_SET_TIMERSLACK, 1UL);
}

#endif
