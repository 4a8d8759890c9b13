#define _GNU_SOURCE
#include "upstream_ledger.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "clock.h"

static const char *const SAFE_METHODS[] = {"GET", "HEAD", "OPTIONS", "TRACE"};

bool ledger_open(struct ledger *ledger, const char *file_name) {
    ledger->fd = *file_name == '\0' ? -1 : open(file_name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    return *file_name == '\0' || ledger->fd >= 0;
}

static bool is_safe(struct slice method) {
    for (size_t i = 0; i < sizeof SAFE_METHODS / sizeof *SAFE_METHODS; i++) {
        if (slice_is(method, SAFE_METHODS[i])) {
            return true;
        }
    }
    return false;
}

void ledger_describe(char *entry, const struct http_head *head) {
    struct slice method = head->words[0], target = head->words[1];
    *entry = '\0';
    if (!is_safe(method)) {
        snprintf(entry, LEDGER_ENTRY_BYTES, "%.*s %.*s", (int)method.size, method.start, (int)target.size,
                 target.start);
    }
}

bool ledger_add(const struct ledger *ledger, const char *entry) {
    if (ledger->fd < 0 || *entry == '\0') {
        return true;
    }
    char line[LEDGER_ENTRY_BYTES + 32];
    int size = snprintf(line, sizeof line, "%" PRId64 " %s\n", now_ns(), entry);
    return write(ledger->fd, line, (size_t)size) == size;
}
