/* The generator's connections: each is in exactly one of three chains. Taking from the front and giving back to
 * the end makes all connections, and with them all source addresses, take equal turns. */
#ifndef HOLDFAST_LOAD_CONNECTIONS_H
#define HOLDFAST_LOAD_CONNECTIONS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chain.h"
#include "http1.h"

#define INPUT_BYTES 16384 /* an answer's head must fit */

struct connection {
    struct link link; /* first, so that a chain's link is the connection */
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
    uint32_t *sources; /* host byte order; connection i has source i % source_count */
    size_t source_count;
    struct connection *all;
    char *inputs; /* apart, so that what is never used is never touched */
    size_t opened;
    struct chain closed, idle;
    struct chain busy; /* in the order of their requests, so the first is the first to time out */
};

enum opening { OPENED, REFUSED, NOTHING_LEFT };

/* Makes room for `count` closed connections; takes over `sources`. False without memory or descriptors. */
bool connections_init(struct connections *connections, size_t count, struct sockaddr_in target, uint32_t *sources,
                      size_t source_count);

void connections_free(struct connections *connections);

/* A connection to send with, open (fd >= 0) or to be opened; NULL when all are busy. */
struct connection *connections_pick(struct connections *connections);

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

int32_t connection_source(const struct connections *connections, const struct connection *connection);

bool connection_is_busy(const struct connection *connection);

#endif
