/* The generator's connections: each is in exactly one of three chains, and an idle one also in that of its pool.
 * Taking from the front and giving back to the end makes all connections of a pool, and with them all its source
 * addresses, take equal turns. */
#ifndef HOLDFAST_LOAD_CONNECTIONS_H
#define HOLDFAST_LOAD_CONNECTIONS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chain.h"
#include "http1.h"
#include "load_plan.h"

#define INPUT_BYTES 16384 /* an answer's head must fit */

/* Source addresses that take turns, and the connections that they have open. */
struct pool {
    size_t first, count; /* of the sources */
    size_t turn;         /* how many connections were ever opened: the next one has source first + turn % count */
    size_t open;
    struct chain idle;   /* by their pool links, the longest idle first */
};

struct connection {
    struct link link; /* first, so that a chain's link is the connection */
    struct link pool_link;
    struct pool *pool; /* while open or busy */
    size_t source;     /* likewise */
    int fd;
    uint32_t generation; /* tells an event of this connection from one of its slot's earlier ones */
    bool connecting;
    size_t request;      /* index of its record, while busy */
    size_t sent;         /* bytes of the request written so far */
    bool in_body;        /* the answer's head is complete */
    int status;
    bool server_closes;  /* after this answer */
    struct http_body body;
    size_t used; /* bytes of input not yet consumed */
    char *input; /* INPUT_BYTES */
};

struct connections {
    int epoll_fd;
    struct sockaddr_in target;
    uint32_t *sources; /* host byte order */
    struct pool *pools;
    struct connection *all;
    char *inputs; /* apart, so that what is never used is never touched */
    size_t opened;
    struct chain closed, idle;
    struct chain busy; /* in the order of their requests, so the first is the first to time out */
};

enum opening { OPENED, REFUSED, NOTHING_LEFT };

/* Makes room for as many closed connections as the plan allows; takes over `sources`. False without memory or
 * descriptors. */
bool connections_init(struct connections *connections, const struct plan *plan, uint32_t *sources);

void connections_free(struct connections *connections);

/* A connection of a pool to send with, open (fd >= 0) or to be opened; NULL when all are busy. Where none is left
 * to be opened, it closes the longest idle one of another pool. */
struct connection *connections_pick(struct connections *connections, size_t pool);

/* Starts connecting. NOTHING_LEFT means that this machine has no port or descriptor for it. */
enum opening connection_open(struct connections *connections, struct connection *connection);

/* From idle or closed to busy with a request. */
void connection_occupy(struct connections *connections, struct connection *connection, size_t request);

/* From busy to idle. */
void connection_release(struct connections *connections, struct connection *connection);

/* From busy or idle to closed. */
void connection_close(struct connections *connections, struct connection *connection);

/* The connection an epoll event is about; NULL when it has been closed since. */
struct connection *connection_of_event(const struct connections *connections, uint64_t tag);

bool connection_is_busy(const struct connection *connection);

#endif
