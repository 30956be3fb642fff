/* Allocation that aborts, and the cleanup functions of plain owners. */
#include "base/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *or_abort(void *memory)
{
    if (!memory) {
        static const char message[] = "out of memory\n";
        if (write(STDERR_FILENO, message, sizeof(message) - 1) < 0) {
            /* Nothing is left to tell it to. */
        }
        abort();
    }
    return memory;
}

void *of_alloc(size_t size)
{
    return or_abort(calloc(1, size ? size : 1));
}

void *of_realloc(void *memory, size_t size)
{
    return or_abort(realloc(memory, size ? size : 1));
}

void *of_realloc_array(void *memory, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        or_abort(NULL);
    return of_realloc(memory, count * size);
}

char *of_strdup(const char *text)
{
    return or_abort(strdup(text));
}

char *of_strndup(const char *text, size_t length)
{
    char *copy = of_alloc(length + 1);
    memcpy(copy, text, length);
    return copy;
}

char *of_asprintf(const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    return or_abort(length < 0 ? NULL : text);
}

void of_cleanup_free(void *owner)
{
    void *memory;
    memcpy(&memory, owner, sizeof(memory));
    free(memory);
}

void of_cleanup_file(void *owner)
{
    FILE *file;
    memcpy(&file, owner, sizeof(file));
    if (file)
        fclose(file);
}

void of_cleanup_fd(int *owner)
{
    if (*owner >= 0)
        close(*owner);
}
