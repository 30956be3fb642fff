/* The error record: formatting and context. Raising and carrying only; printing is log.c's. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Marks a cut message, so that nobody takes its end for the whole. */
static void mark_cut(char *message, int wanted)
{
    if (wanted >= OF_ERROR_MESSAGE_MAX)
        memcpy(message + OF_ERROR_MESSAGE_MAX - 4, "...", 4);
}

int of_error_set(
    struct of_error *error, enum of_error_class class, const char *origin, const char *format, ...)
{
    /* The arguments may point into the message that is being replaced. */
    char message[OF_ERROR_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    int wanted = vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    mark_cut(message, wanted);
    memcpy(error->message, message, strlen(message) + 1);
    error->class = class;
    error->origin = origin;
    error->kind = NULL;
    return class;
}

int of_error_context(struct of_error *error, const char *format, ...)
{
    char message[OF_ERROR_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    int prefix = vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    int wanted = prefix;
    if (prefix < OF_ERROR_MESSAGE_MAX)
        wanted +=
            snprintf(message + prefix, sizeof(message) - (size_t)prefix, ": %s", error->message);
    mark_cut(message, wanted);
    memcpy(error->message, message, strlen(message) + 1);
    return error->class;
}

int of_error_kind(struct of_error *error, const char *kind)
{
    error->kind = kind;
    return error->class;
}

const char *of_error_class_name(enum of_error_class class)
{
    switch (class) {
    case OF_OK:
        return "ok";
    case OF_INPUT:
        return "input";
    case OF_RETRY:
        return "retry";
    case OF_FATAL:
        return "fatal";
    }
    return "unknown";
}
