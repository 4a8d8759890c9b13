#define _GNU_SOURCE
#include "upstream_location.h"

#include "clock.h"

bool location_init(struct location *location, const struct options *options) {
    *location = (struct location){.options = options};
    chain_init(&location->waiting);
    return timers_init(&location->working, options->cap);
}

static void raise_peak(size_t *peak, size_t value) {
    if (value > *peak) {
        *peak = value;
    }
}

static int64_t duration_ns(const struct location *location, const struct work *work) {
    const struct options *options = location->options;
    if (!work->at_capacity_host) {
        return options->answer_ns;
    }
    int64_t slowed_ns = options->answer_ns * (int64_t)location->capacity_host_working;
    return slowed_ns < options->capacity_answer_ns_max ? slowed_ns : options->capacity_answer_ns_max;
}

static void begin(struct location *location, struct work work) {
    location->capacity_host_working += work.at_capacity_host;
    work.done_at_ns = now_ns() + duration_ns(location, &work);
    timers_add(&location->working, work);
    raise_peak(&location->working_peak, location->working.count);
    raise_peak(&location->capacity_host_working_peak, location->capacity_host_working);
}

static bool has_place(const struct location *location) {
    return location->working.count < location->options->cap;
}

enum admission location_enter(struct location *location, struct waiting *waiting) {
    if (has_place(location)) {
        begin(location, waiting->work);
        return ADMITTED;
    }
    if (location->options->rejects_when_full || location->waiting.length >= location->options->queue_max) {
        return REJECTED;
    }
    chain_append(&location->waiting, &waiting->link);
    raise_peak(&location->waiting_peak, location->waiting.length);
    return QUEUED;
}

void location_withdraw(struct location *location, struct waiting *waiting) {
    bool is_waiting = waiting->link.next != NULL;
    if (is_waiting) {
        chain_remove(&location->waiting, &waiting->link);
    }
}

int64_t location_next_ns(const struct location *location) {
    const struct work *next = timers_next(&location->working);
    return next == NULL ? INT64_MAX : next->done_at_ns;
}

bool location_finish_one(struct location *location, int64_t present_ns, struct work *done) {
    if (location_next_ns(location) > present_ns) {
        return false;
    }
    *done = timers_take(&location->working);
    location->capacity_host_working -= done->at_capacity_host;
    struct waiting *first = chain_first(&location->waiting);
    if (first != NULL) {
        chain_remove(&location->waiting, &first->link);
        begin(location, first->work);
    }
    return true;
}

void location_reset_peaks(struct location *location) {
    location->working_peak = location->working.count;
    location->waiting_peak = location->waiting.length;
    location->capacity_host_working_peak = location->capacity_host_working;
}
