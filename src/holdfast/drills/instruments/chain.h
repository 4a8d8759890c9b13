/* A first-in-first-out chain of things that carry a `struct link` as their first member. Appending, taking the
 * first and removing from the middle cost the same whatever the length, and nothing is allocated. */
#ifndef HOLDFAST_CHAIN_H
#define HOLDFAST_CHAIN_H

#include <stdbool.h>
#include <stddef.h>

struct link {
    struct link *previous, *next;
};

struct chain {
    struct link ends; /* its next is the first, its previous is the last */
    size_t length;
};

static inline void chain_init(struct chain *chain) {
    chain->ends.previous = chain->ends.next = &chain->ends;
    chain->length = 0;
}

static inline void chain_append(struct chain *chain, struct link *link) {
    link->previous = chain->ends.previous;
    link->next = &chain->ends;
    link->previous->next = link;
    chain->ends.previous = link;
    chain->length++;
}

static inline void chain_remove(struct chain *chain, struct link *link) {
    link->previous->next = link->next;
    link->next->previous = link->previous;
    link->previous = link->next = NULL;
    chain->length--;
}

/* The first of the chain, or NULL. The caller casts it to what carries the link. */
static inline void *chain_first(const struct chain *chain) {
    return chain->length > 0 ? chain->ends.next : NULL;
}

#endif
