/* What a finished run leaves: a file of records and one line of JSON. */
#ifndef HOLDFAST_LOAD_REPORT_H
#define HOLDFAST_LOAD_REPORT_H

#include <stdbool.h>

#include "load_schedule.h"

struct totals {
    int64_t started_ns;         /* CLOCK_MONOTONIC */
    double elapsed_s;           /* from the start to the last answer or timeout */
    double sending_s;           /* from the start to the end of the plan, or to the last request sent if later */
    double cpu_s;               /* the process's own, during the run */
    size_t sent;                /* requests that were given to a connection */
    size_t waited;              /* requests that found all connections_max busy when they were due */
    size_t connections_opened;
    bool stopped;               /* by a signal, before the plan's end; later requests are not in the records */
};

/* Writes all records, unless it fails: then it says why on stderr and returns false. */
bool report_records(const struct schedule *schedule, const char *file_name);

/* Prints the summary on stdout. */
void report_summary(const struct schedule *schedule, const struct totals *totals);

#endif
