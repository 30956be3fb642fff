/* Logging: one line an event on standard error, as text or JSON. Thread-safe (one write a line).
 *
 *   of_log(OF_LOG_INFO, "transaction committed", OF_F_INT("records", n), OF_F_TEXT("topic", t));
 *
 * text: 2026-11-21T04:40:33.123Z INFO orderflow-payment transaction committed records=12 topic=x
 * json: {"time":"...","level":"info","program":"...","event":"...","records":12,"topic":"x"}
 * Control characters in values are escaped, so that no value can forge a line. A line longer than
 * OF_LOG_LINE_MAX loses the fields that don't fit and gains cut=true. Never pass a secret. */
#ifndef OF_BASE_LOG_H
#define OF_BASE_LOG_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

#define OF_LOG_LINE_MAX (64u * 1024) /* bytes without the newline */

enum of_log_level { OF_LOG_DEBUG, OF_LOG_INFO, OF_LOG_WARNING, OF_LOG_ERROR };
enum of_log_format { OF_LOG_TEXT, OF_LOG_JSON };

struct of_field {
    const char *name; /* NULL ends the list */
    enum { OF_FIELD_TEXT, OF_FIELD_INT, OF_FIELD_REAL } type;
    union {
        const char *text; /* NULL prints as null */
        int64_t integer;
        double real;
    };
};

#define OF_F_TEXT(n, v) ((struct of_field){.name = (n), .type = OF_FIELD_TEXT, .text = (v)})
#define OF_F_INT(n, v) ((struct of_field){.name = (n), .type = OF_FIELD_INT, .integer = (v)})
#define OF_F_REAL(n, v) ((struct of_field){.name = (n), .type = OF_FIELD_REAL, .real = (v)})

#define of_log(level, event, ...)                                                                  \
    do {                                                                                           \
        if (of_log_enabled(level))                                                                 \
            of_log_write((level), (event),                                                         \
                (const struct of_field[]){__VA_ARGS__ __VA_OPT__(, ){.name = NULL}});              \
    } while (0)

/* Before any thread starts. The default is text at OF_LOG_INFO. `program` is borrowed for good. */
void of_log_init(const char *program, enum of_log_level level, enum of_log_format format);
bool of_log_enabled(enum of_log_level level);
void of_log_write(enum of_log_level level, const char *event, const struct of_field *fields);

/* The error's class, message and origin as fields of one event. */
void of_log_error(enum of_log_level level, const char *event, const struct of_error *error);

/* By the enums' values, NULL behind the last. */
extern const char *const of_log_level_words[];  /* debug info warning error */
extern const char *const of_log_format_words[]; /* text json */

#endif
