/* Java's properties syntax: "name = value", "name: value" or "name value"; '#' and '!' start a
 * comment line; a trailing backslash continues a line; \t \n \r \f \\ \uXXXX and escaped
 * separators. Other than Java, blanks that end a value are dropped unless escaped. */
#ifndef OF_BASE_PROPERTIES_H
#define OF_BASE_PROPERTIES_H

#include "base/error.h"

#include <stddef.h>

#define OF_PROPERTIES_FILE_MAX (1024u * 1024)
#define OF_PROPERTIES_LINE_MAX (64u * 1024) /* a logical line, continuations included */

/* Calls `visit` for every property with the line where it starts; a negative answer ends the
 * reading and is handed on. INPUT with FILE:LINE for bad syntax or a file that cannot be read. */
int of_properties_read(const char *file,
    int (*visit)(
        void *context, const char *name, const char *value, int line, struct of_error *error),
    void *context, struct of_error *error) OF_NODISCARD;

#endif
