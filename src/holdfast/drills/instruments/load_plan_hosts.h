/* The lines of a plan that say what is asked of a host, from where and how often. */
#ifndef HOLDFAST_LOAD_PLAN_HOSTS_H
#define HOLDFAST_LOAD_PLAN_HOSTS_H

#include "load_plan.h"

/* Takes in the rest of a line; answers NULL, or what it wanted instead. */
typedef const char *plan_reader(struct plan *plan, char *rest);

plan_reader plan_read_host, plan_read_method, plan_read_path, plan_read_header, plan_read_body, plan_read_pool,
    plan_read_rate;

/* A whole number from `lowest` to `highest`; false if the text is anything else. */
bool plan_read_whole(const char *text, uint64_t lowest, uint64_t highest, uint64_t *number);
bool plan_read_size(const char *text, size_t lowest, size_t highest, size_t *size);

/* Begins with the pool of all sources. */
void plan_begin_pools(struct plan *plan);

/* Once all lines are read: what is missing from the hosts, or NULL. Makes the bytes that are sent. */
const char *plan_complete_hosts(struct plan *plan);

#endif
