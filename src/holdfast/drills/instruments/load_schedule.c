#include "load_schedule.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define GOLDEN_GAMMA UINT64_C(0x9e3779b97f4a7c15)
#define LOOPBACK_ADDRESSES (1U << 24)

/* SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014). */
static uint64_t draw_bits(uint64_t *state) {
    uint64_t mixed = (*state += GOLDEN_GAMMA);
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

/* Exponential with mean 1: minus the logarithm of a uniform number in (0, 1]. */
static double draw_exponential(uint64_t *state) {
    double uniform = (double)((draw_bits(state) >> 11) + 1) * 0x1p-53;
    return -log(uniform);
}

/* Each rate line draws from its own stream, so changing one host's load leaves the others' arrivals alone. */
static uint64_t stream_of(uint64_t seed, size_t number) {
    uint64_t state = seed;
    state = draw_bits(&state) ^ ((uint64_t)number + 1) * GOLDEN_GAMMA;
    return draw_bits(&state);
}

static double end_s(const struct plan *plan, const struct plan_rate *rate) {
    return rate->end_s < plan->duration_s ? rate->end_s : plan->duration_s;
}

/* A count that the plan's arrivals practically never exceed: six standard deviations above its mean. */
static double requests_needed(const struct plan *plan) {
    double mean = 0;
    for (size_t i = 0; i < plan->rate_count; i++) {
        mean += plan->rates[i].rps * fmax(0, end_s(plan, &plan->rates[i]) - plan->rates[i].start_s);
    }
    return ceil(mean + 6 * sqrt(mean));
}

static void draw_rate(struct schedule *schedule, size_t room, const struct plan *plan, size_t number) {
    const struct plan_rate *rate = &plan->rates[number];
    uint64_t stream = stream_of(plan->seed, number);
    double at_s = rate->start_s + draw_exponential(&stream) / rate->rps;
    for (; at_s < end_s(plan, rate) && schedule->count < room; at_s += draw_exponential(&stream) / rate->rps) {
        schedule->records[schedule->count++] = (struct record){
            .intended_s = at_s,
            .latency_ms = INFINITY,
            .status = PENDING,
            .host = (uint16_t)rate->host,
            .source = NO_SOURCE,
        };
    }
}

static int by_intended(const void *left, const void *right) {
    double a = ((const struct record *)left)->intended_s;
    double b = ((const struct record *)right)->intended_s;
    return (a > b) - (a < b);
}

bool schedule_draw(struct schedule *schedule, const struct plan *plan) {
    double needed = requests_needed(plan);
    if (needed > (double)plan->requests_max) {
        fprintf(stderr, "load: the rates need %.0f requests, more than requests_max %zu\n", needed,
                plan->requests_max);
        return false;
    }
    size_t room = (size_t)needed + 1;
    *schedule = (struct schedule){.records = calloc(room, sizeof(struct record))};
    if (schedule->records == NULL) {
        perror("load: memory");
        return false;
    }
    for (size_t i = 0; i < plan->rate_count; i++) {
        draw_rate(schedule, room, plan, i);
    }
    qsort(schedule->records, schedule->count, sizeof(struct record), by_intended);
    return true;
}

uint32_t *sources_draw(uint64_t seed, size_t count) {
    uint32_t *sources = calloc(count, sizeof *sources);
    uint8_t *taken = calloc(LOOPBACK_ADDRESSES / 8, 1);
    uint64_t stream = stream_of(seed, SIZE_MAX - 1);
    if (sources == NULL || taken == NULL) {
        free(sources);
        free(taken);
        return NULL;
    }
    for (size_t drawn = 0; drawn < count;) {
        uint32_t address = (uint32_t)(draw_bits(&stream) % LOOPBACK_ADDRESSES);
        uint8_t bit = (uint8_t)(1U << (address % 8));
        bool ends_in_0_or_255 = (address + 1) % 256 < 2;
        /* 127.0.0.0/16 is where servers listen; a source there could be taken for one. */
        if (address >> 16 == 0 || ends_in_0_or_255 || (taken[address / 8] & bit) != 0) {
            continue;
        }
        taken[address / 8] |= bit;
        sources[drawn++] = 127U << 24 | address;
    }
    free(taken);
    return sources;
}
