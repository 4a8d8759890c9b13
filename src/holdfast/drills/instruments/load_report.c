#include "load_report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define STATUS_HIGHEST 599
#define STATUS_KINDS (STATUS_HIGHEST - FAILURE_LOWEST + 1)

bool report_records(const struct schedule *schedule, const char *file_name) {
    FILE *file = fopen(file_name, "we");
    bool good = file != NULL;
    if (good) {
        good = fwrite(schedule->records, sizeof(struct record), schedule->count, file) == schedule->count;
        good = fclose(file) == 0 && good;
    }
    if (!good) {
        perror("load: record file");
    }
    return good;
}

static void print_statuses(const struct schedule *schedule) {
    size_t counts[STATUS_KINDS] = {0};
    for (size_t i = 0; i < schedule->count; i++) {
        counts[schedule->records[i].status - FAILURE_LOWEST]++;
    }
    const char *separator = "";
    printf("\"statuses\":{");
    for (int kind = 0; kind < STATUS_KINDS; kind++) {
        if (counts[kind] > 0) {
            printf("%s\"%d\":%zu", separator, kind + FAILURE_LOWEST, counts[kind]);
            separator = ",";
        }
    }
    printf("}");
}

static int by_size(const void *left, const void *right) {
    float a = *(const float *)left, b = *(const float *)right;
    return (a > b) - (a < b);
}

/* Nearest rank: the smallest value that at least this share of the values doesn't exceed. */
static double percentile(const float *sorted, size_t count, double share) {
    size_t rank = (size_t)ceil(share * (double)count);
    return rank == 0 ? 0 : (double)sorted[rank - 1];
}

static void print_lateness(const struct schedule *schedule) {
    float *lateness = malloc((schedule->count + 1) * sizeof *lateness);
    if (lateness == NULL) {
        perror("load: memory");
        exit(1);
    }
    for (size_t i = 0; i < schedule->count; i++) {
        lateness[i] = schedule->records[i].lateness_ms;
    }
    qsort(lateness, schedule->count, sizeof *lateness, by_size);
    printf("\"lateness_ms\":{\"p50\":%.4f,\"p99\":%.4f,\"max\":%.4f}", percentile(lateness, schedule->count, 0.5),
           percentile(lateness, schedule->count, 0.99), percentile(lateness, schedule->count, 1));
    free(lateness);
}

void report_summary(const struct schedule *schedule, const struct totals *totals) {
    printf("{\"started_ns\":%lld,\"elapsed_s\":%.6f,\"requests\":%zu,\"sent\":%zu,", (long long)totals->started_ns,
           totals->elapsed_s, schedule->count, totals->sent);
    printf("\"waited\":%zu,\"connections_opened\":%zu,", totals->waited, totals->connections_opened);
    double achieved_rps = totals->sending_s > 0 ? (double)totals->sent / totals->sending_s : 0;
    printf("\"achieved_rps\":%.1f,\"cpu_s\":%.4f,\"stopped\":%s,", achieved_rps, totals->cpu_s,
           totals->stopped ? "true" : "false");
    print_statuses(schedule);
    printf(",");
    print_lateness(schedule);
    printf("}\n");
}
