/* What the receiver itself can prove to have answered: a line "NANOSECONDS METHOD TARGET" for each request that may
 * write, added to the file just before its answer is sent. Lines outlive the process, however it ends. */
#ifndef HOLDFAST_UPSTREAM_LEDGER_H
#define HOLDFAST_UPSTREAM_LEDGER_H

#include <stdbool.h>

#include "http1.h"

#define LEDGER_ENTRY_BYTES 256 /* a longer entry is cut off */

struct ledger {
    int fd; /* -1: none is kept */
};

/* Appends to the file; an empty name keeps none. False, with errno, if it can't be opened. */
bool ledger_open(struct ledger *ledger, const char *file_name);

/* What will be noted of a request: nothing ("") if its method is safe. */
void ledger_describe(char *entry, const struct http_head *head);

/* Adds the entry, if there is one. False, with errno, if it can't be written. */
bool ledger_add(const struct ledger *ledger, const char *entry);

#endif
