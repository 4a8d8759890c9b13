#define _GNU_SOURCE
#include "http1.h"

#include <string.h>
#include <strings.h>

#define LENGTH_DIGITS_MAX 18
#define CHUNK_BYTES_MAX (UINT64_C(1) << 40)

bool slice_is(struct slice slice, const char *text) {
    return slice.size == strlen(text) && strncasecmp(slice.start, text, slice.size) == 0;
}

size_t http_head_size(const char *bytes, size_t size) {
    const char *end = memmem(bytes, size, "\r\n\r\n", 4);
    return end == NULL ? 0 : (size_t)(end - bytes) + 4;
}

static struct slice trim(struct slice slice) {
    while (slice.size > 0 && (*slice.start == ' ' || *slice.start == '\t')) {
        slice.start++;
        slice.size--;
    }
    while (slice.size > 0 && (slice.start[slice.size - 1] == ' ' || slice.start[slice.size - 1] == '\t')) {
        slice.size--;
    }
    return slice;
}

/* Cuts what precedes `separator` (or everything) off the front of `rest`. */
static struct slice cut(struct slice *rest, char separator) {
    const char *found = memchr(rest->start, separator, rest->size);
    struct slice front = {rest->start, found == NULL ? rest->size : (size_t)(found - rest->start)};
    size_t gone = front.size + (found != NULL);
    rest->start += gone;
    rest->size -= gone;
    return front;
}

static bool list_has(struct slice list, const char *token) {
    while (list.size > 0) {
        if (slice_is(trim(cut(&list, ',')), token)) {
            return true;
        }
    }
    return false;
}

static bool parse_length(struct slice value, uint64_t *length) {
    *length = 0;
    for (size_t i = 0; i < value.size; i++) {
        if (value.start[i] < '0' || value.start[i] > '9') {
            return false;
        }
        *length = *length * 10 + (uint64_t)(value.start[i] - '0');
    }
    return value.size > 0 && value.size <= LENGTH_DIGITS_MAX;
}

static bool parse_start_line(struct slice line, struct http_head *head) {
    head->words[0] = cut(&line, ' ');
    head->words[1] = cut(&line, ' ');
    head->words[2] = line;
    head->wants_close = slice_is(head->words[0], "HTTP/1.0") || slice_is(head->words[2], "HTTP/1.0");
    return head->words[0].size > 0 && head->words[1].size > 0;
}

static bool parse_field(struct slice line, struct http_head *head) {
    struct slice name = cut(&line, ':');
    struct slice value = trim(line);
    if (slice_is(name, "content-length")) {
        /* Two lengths are how requests get smuggled; an instrument must not guess which one counts. */
        bool repeated = head->has_content_length;
        head->has_content_length = true;
        return !repeated && parse_length(value, &head->content_length);
    }
    if (slice_is(name, "transfer-encoding")) {
        head->chunked = list_has(value, "chunked");
    } else if (slice_is(name, "connection")) {
        head->wants_close = (head->wants_close && !list_has(value, "keep-alive")) || list_has(value, "close");
    } else if (slice_is(name, "host")) {
        head->host = value;
    }
    return name.size > 0;
}

/* The next line of a head without its line end. Every line of a complete head has one. */
static struct slice cut_line(struct slice *rest) {
    struct slice line = cut(rest, '\n');
    if (line.size > 0 && line.start[line.size - 1] == '\r') {
        line.size--;
    }
    return line;
}

bool http_parse_head(const char *bytes, size_t size, struct http_head *head) {
    *head = (struct http_head){.host = {bytes, 0}};
    struct slice rest = {bytes, size};
    if (!parse_start_line(cut_line(&rest), head)) {
        return false;
    }
    for (struct slice line = cut_line(&rest); line.size > 0; line = cut_line(&rest)) {
        if (!parse_field(line, head)) {
            return false;
        }
    }
    return true;
}

int http_status(const struct http_head *head) {
    uint64_t status;
    bool known = head->words[0].size == 8 && strncmp(head->words[0].start, "HTTP/1.", 7) == 0 &&
                 parse_length(head->words[1], &status) && status >= 100 && status <= 599;
    return known ? (int)status : 0;
}

static struct http_body counted_body(uint64_t length) {
    return (struct http_body){length > 0 ? HTTP_BODY_COUNTED : HTTP_BODY_DONE, length};
}

struct http_body http_request_body(const struct http_head *head) {
    return head->chunked ? (struct http_body){HTTP_CHUNK_START, 0} : counted_body(head->content_length);
}

struct http_body http_answer_body(const struct http_head *head, int status, bool asked_by_head) {
    if (asked_by_head || status == 204 || status == 304) {
        return counted_body(0);
    }
    if (head->chunked || head->has_content_length) {
        return http_request_body(head);
    }
    return (struct http_body){HTTP_BODY_TO_CLOSE, 0};
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static enum http_body_phase read_chunk_size(struct http_body *body, char c) {
    int digit = hex_digit(c);
    if (digit >= 0) {
        body->remaining = body->remaining * 16 + (uint64_t)digit;
        return body->remaining <= CHUNK_BYTES_MAX ? HTTP_CHUNK_SIZE : HTTP_BODY_MALFORMED;
    }
    bool size_ends = body->phase == HTTP_CHUNK_SIZE && (c == '\r' || c == ';' || c == ' ');
    return size_ends ? HTTP_CHUNK_EXTENSION : HTTP_BODY_MALFORMED;
}

/* One byte of a chunked body's framing: sizes, line ends, trailers. */
static enum http_body_phase read_framing(struct http_body *body, char c) {
    switch (body->phase) {
    case HTTP_CHUNK_START:
    case HTTP_CHUNK_SIZE:
        return read_chunk_size(body, c);
    case HTTP_CHUNK_EXTENSION:
        if (c != '\n') {
            return HTTP_CHUNK_EXTENSION;
        }
        return body->remaining > 0 ? HTTP_CHUNK_DATA : HTTP_TRAILER_START;
    case HTTP_CHUNK_END:
        if (c == '\n') {
            return HTTP_CHUNK_START;
        }
        return c == '\r' ? HTTP_CHUNK_END : HTTP_BODY_MALFORMED;
    case HTTP_TRAILER_START:
        if (c == '\r') {
            return HTTP_TRAILER_START;
        }
        return c == '\n' ? HTTP_BODY_DONE : HTTP_TRAILER_LINE;
    case HTTP_TRAILER_LINE:
        return c == '\n' ? HTTP_TRAILER_START : HTTP_TRAILER_LINE;
    default:
        return HTTP_BODY_MALFORMED;
    }
}

static size_t skip_counted(struct http_body *body, size_t size, enum http_body_phase then) {
    size_t taken = size < body->remaining ? size : (size_t)body->remaining;
    body->remaining -= taken;
    if (body->remaining == 0) {
        body->phase = then;
    }
    return taken;
}

size_t http_skip_body(struct http_body *body, const char *bytes, size_t size) {
    size_t taken = 0;
    while (taken < size && body->phase != HTTP_BODY_DONE && body->phase != HTTP_BODY_MALFORMED) {
        if (body->phase == HTTP_BODY_TO_CLOSE) {
            return size;
        }
        if (body->phase == HTTP_BODY_COUNTED) {
            taken += skip_counted(body, size - taken, HTTP_BODY_DONE);
        } else if (body->phase == HTTP_CHUNK_DATA) {
            taken += skip_counted(body, size - taken, HTTP_CHUNK_END);
        } else {
            body->phase = read_framing(body, bytes[taken++]);
        }
    }
    return taken;
}
