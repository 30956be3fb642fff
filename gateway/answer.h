/* What a request is answered with. Every error is a problem document (RFC 9457). */
#ifndef GATEWAY_ANSWER_H
#define GATEWAY_ANSWER_H

#include "base/buffer.h"
#include "gateway/check.h"

#include <jansson.h>
#include <stdbool.h>

#define ANSWER_BYTES_MAX (4u * 1024 * 1024)
#define ANSWER_LOCATION_MAX 64

struct stream; /* events.h */

struct answer {
    unsigned status;  /* HTTP; 0: none yet */
    const char *type; /* of the content, a literal */
    struct of_buffer body;
    const char *fixed; /* instead of the body: static memory */
    size_t fixed_size;
    char location[ANSWER_LOCATION_MAX]; /* "": none */
    const char *allow;                  /* of a 405, static memory; NULL: none */
    int retry_after;                    /* s; 0: none */
    bool is_page;                       /* wants the page's headers */
    struct stream *stream;              /* instead of a body; handed on with the answer */
};

void answer_init(struct answer *answer);
void answer_release(struct answer *answer);

/* Each replaces what was there. */
void answer_json(struct answer *answer, unsigned status, json_t *body); /* takes the reference */
void answer_fixed(
    struct answer *answer, const char *type, const char *bytes, size_t size); /* 200, borrowed */
void answer_text(struct answer *answer, unsigned status, const char *text);

/* `code` is a word for programs, `format` a sentence for people. */
void answer_problem(struct answer *answer, unsigned status, const char *code, const char *format,
    ...) OF_PRINTF(4, 5);
/* 422 or 400 with a member `errors`: what is wrong, and where. */
void answer_faults(struct answer *answer, unsigned status, const char *code, const char *detail,
    const struct faults *faults);
/* 503 of a server that is away, or 500. The cause is logged, not told. */
void answer_error(struct answer *answer, const char *what, const struct of_error *error);

#endif
