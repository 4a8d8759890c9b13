/* As much of HTTP/1.1 (RFC 9112) as is needed to know where a message ends and what was asked or answered.
 * Nothing is copied and nothing allocated: a caller keeps the bytes, these functions say what they are. */
#ifndef HOLDFAST_HTTP1_H
#define HOLDFAST_HTTP1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slice {
    const char *start;
    size_t size;
};

struct http_head {
    struct slice words[3]; /* method, target, version; or version, status, reason */
    struct slice host;     /* as sent, with its port; empty when there is none */
    uint64_t content_length;
    bool has_content_length, chunked, wants_close;
};

enum http_body_phase {
    HTTP_BODY_COUNTED,
    HTTP_BODY_TO_CLOSE,
    HTTP_CHUNK_START,
    HTTP_CHUNK_SIZE,
    HTTP_CHUNK_EXTENSION,
    HTTP_CHUNK_DATA,
    HTTP_CHUNK_END,
    HTTP_TRAILER_START,
    HTTP_TRAILER_LINE,
    HTTP_BODY_DONE,
    HTTP_BODY_MALFORMED,
};

struct http_body {
    enum http_body_phase phase;
    uint64_t remaining; /* bytes of the body, or of the present chunk */
};

/* Whether the slice is this text, case aside. */
bool slice_is(struct slice slice, const char *text);

/* Size of the head at the start of `bytes`, its empty line included; 0 while it is incomplete. */
size_t http_head_size(const char *bytes, size_t size);

/* Reads a complete head of `size` bytes. The slices point into `bytes`. False when it is malformed. */
bool http_parse_head(const char *bytes, size_t size, struct http_head *head);

/* The status of an answer's head; 0 when it has none that HTTP knows. */
int http_status(const struct http_head *head);

/* The body that follows a request's head: none unless the head announces one. */
struct http_body http_request_body(const struct http_head *head);

/* The body that follows an answer's head, which may go on until the connection ends. */
struct http_body http_answer_body(const struct http_head *head, int status, bool asked_by_head);

/* Takes in the next bytes of a body and returns how many of them belonged to it. */
size_t http_skip_body(struct http_body *body, const char *bytes, size_t size);

#endif
