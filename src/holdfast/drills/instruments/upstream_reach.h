/* Makes sockets drop whatever arrives, as a network does that swallows packets: who connects gets no answer, what is
 * connected hears nothing more. It needs no rights, touches no other process, and ends with the process. */
#ifndef HOLDFAST_UPSTREAM_REACH_H
#define HOLDFAST_UPSTREAM_REACH_H

/* A listener's or a connection's. */
void reach_cut(int fd);

void reach_restore(int fd);

#endif
