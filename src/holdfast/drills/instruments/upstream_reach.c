#define _GNU_SOURCE
#include "upstream_reach.h"

#include <linux/filter.h>
#include <sys/socket.h>

void reach_cut(int fd) {
    struct sock_filter keep_nothing[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
    struct sock_fprog program = {.len = 1, .filter = keep_nothing};
    setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

void reach_restore(int fd) {
    const int none = 0;
    setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof none);
}
