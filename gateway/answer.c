/* Bodies of answers. Sends nothing. */
#include "gateway/answer.h"

#include "base/log.h"

#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define RETRY_SECONDS 2
#define DETAIL_MAX 512
#define REAL_DIGITS 15 /* 0.2, and not 0.20000000000000001 */

void answer_init(struct answer *answer)
{
    *answer = (struct answer){.status = 0};
    of_buffer_init(&answer->body, ANSWER_BYTES_MAX);
}

void answer_release(struct answer *answer)
{
    of_buffer_release(&answer->body);
}

static void begin(struct answer *answer, unsigned status, const char *type)
{
    of_buffer_clear(&answer->body);
    answer->status = status;
    answer->type = type;
    answer->fixed = NULL;
    answer->location[0] = '\0';
}

static int append(const char *bytes, size_t size, void *context)
{
    return of_buffer_append(context, bytes, size) < 0 ? -1 : 0;
}

static void set_json(struct answer *answer, unsigned status, const char *type, json_t *body)
{
    begin(answer, status, type);
    int result = json_dump_callback(
        body, append, &answer->body, JSON_COMPACT | JSON_REAL_PRECISION(REAL_DIGITS));
    json_decref(body);
    if (result < 0)
        answer_problem(answer, 500, "too-long", "The answer would be longer than the limit.");
}

void answer_json(struct answer *answer, unsigned status, json_t *body)
{
    set_json(answer, status, "application/json", body);
}

void answer_fixed(struct answer *answer, const char *type, const char *bytes, size_t size)
{
    begin(answer, 200, type);
    answer->fixed = bytes;
    answer->fixed_size = size;
}

void answer_text(struct answer *answer, unsigned status, const char *text)
{
    begin(answer, status, "text/plain; charset=utf-8");
    of_buffer_append_text(&answer->body, text);
}

static json_t *problem(unsigned status, const char *code, const char *detail)
{
    return json_pack("{s:s, s:s, s:i, s:s, s:s}", "type", "about:blank", "title",
        MHD_get_reason_phrase_for(status), "status", (int)status, "code", code, "detail", detail);
}

void answer_problem(
    struct answer *answer, unsigned status, const char *code, const char *format, ...)
{
    char detail[DETAIL_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof(detail), format, arguments);
    va_end(arguments);
    json_t *body = problem(status, code, detail);
    if (!body) /* the detail quotes something that is no UTF-8 */
        body = problem(status, code, "The request holds bytes that are no UTF-8.");
    set_json(answer, status, "application/problem+json", body);
    if (status == MHD_HTTP_SERVICE_UNAVAILABLE && answer->retry_after == 0)
        answer->retry_after = RETRY_SECONDS;
}

void answer_faults(struct answer *answer, unsigned status, const char *code, const char *detail,
    const struct faults *faults)
{
    json_t *body = problem(status, code, detail), *list = json_array();
    for (size_t i = 0; i < faults->count; i++) {
        const struct fault *fault = &faults->items[i];
        json_t *path = json_string(fault->path);
        /* A path that was cut may end amid a letter. */
        json_array_append_new(list,
            json_pack("{s:o, s:s}", "path", path ? path : json_string("$"), "detail", fault->text));
    }
    json_object_set_new(body, "errors", list);
    set_json(answer, status, "application/problem+json", body);
}

void answer_error(struct answer *answer, const char *what, const struct of_error *error)
{
    bool away = error->class == OF_RETRY;
    of_log_error(OF_LOG_WARNING, what, error);
    answer_problem(answer, away ? 503 : 500, away ? "unavailable" : "internal",
        away ? "A server that this needs cannot be reached (%s); try again."
             : "This could not be done (%s); the log tells why.",
        what);
}
