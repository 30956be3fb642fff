/* Reserved words of ksqlDB 8.x, sorted for binary search. Words that the language uses but that may
 * be names as well (KEY, STRUCT, SHOW, ...) are not listed. */
#include "ksqld/lang/keywords.h"

#include "ksqld/lang/lexer.h"

#include <ctype.h>
#include <stdlib.h>

#define WORD_MAX 24 /* longer words are no keywords */

static const char *const reserved[] = {
    "ADVANCE",
    "ALL",
    "AND",
    "AS",
    "AT",
    "BEGINNING",
    "BETWEEN",
    "BY",
    "CASE",
    "CAST",
    "CATALOG",
    "CONNECTOR",
    "CONNECTORS",
    "CREATE",
    "DAYS",
    "DECIMAL",
    "DELETE",
    "DESCRIBE",
    "DISTINCT",
    "DROP",
    "ELSE",
    "END",
    "EXISTS",
    "EXPORT",
    "EXTENDED",
    "FALSE",
    "FROM",
    "FULL",
    "GROUP",
    "HAVING",
    "HOPPING",
    "HOURS",
    "IN",
    "INNER",
    "INSERT",
    "INTO",
    "IS",
    "JOIN",
    "LEFT",
    "LIKE",
    "LIMIT",
    "LIST",
    "LOAD",
    "MATERIALIZED",
    "MILLISECOND",
    "MILLISECONDS",
    "MINUTES",
    "MONTHS",
    "NAMESPACE",
    "NOT",
    "NULL",
    "ON",
    "OR",
    "OUTER",
    "PAUSE",
    "PRINT",
    "PROPERTIES",
    "QUERIES",
    "QUERY",
    "RENAME",
    "RESUME",
    "RETENTION",
    "RIGHT",
    "RUN",
    "SAMPLE",
    "SCRIPT",
    "SECONDS",
    "SELECT",
    "SIZE",
    "STREAM",
    "STREAMS",
    "TABLE",
    "TERMINATE",
    "THEN",
    "TO",
    "TOPIC",
    "TOPICS",
    "TRUE",
    "TUMBLING",
    "UNSET",
    "VALUES",
    "VIEW",
    "WHEN",
    "WHERE",
    "WINDOW",
    "WITH",
    "WITHIN",
    "YEARS",
};

static int compare(const void *key, const void *item)
{
    return strcmp(key, *(const char *const *)item);
}

bool ksql_word_is_reserved(const char *word, size_t length)
{
    char upper[WORD_MAX + 1];
    if (length > WORD_MAX)
        return false;
    for (size_t i = 0; i < length; i++)
        upper[i] = (char)toupper((unsigned char)word[i]);
    upper[length] = '\0';
    return bsearch(upper, reserved, OF_COUNT(reserved), sizeof(*reserved), compare);
}

const char *const *ksql_words_reserved(size_t *count)
{
    *count = OF_COUNT(reserved);
    return reserved;
}

bool ksql_name_needs_quotes(const char *name)
{
    struct ksql_lexer lexer;
    struct ksql_token token;
    size_t length = strlen(name);
    ksql_lexer_init(&lexer, name, length);
    ksql_lexer_next(&lexer, &token);
    bool word = token.kind == KSQL_TOKEN_WORD || token.kind == KSQL_TOKEN_DIGITS;
    if (!word || token.length != length)
        return true;
    for (size_t i = 0; i < length; i++) {
        if (name[i] >= 'a' && name[i] <= 'z')
            return true;
    }
    return ksql_word_is_reserved(name, length);
}

int ksql_name_append(struct of_buffer *out, const char *name, bool quote_always)
{
    if (!quote_always && !ksql_name_needs_quotes(name))
        return of_buffer_append_text(out, name);
    of_buffer_append_byte(out, '`');
    for (; *name; name++) {
        if (*name == '`')
            of_buffer_append_byte(out, '`');
        of_buffer_append_byte(out, (uint8_t)*name);
    }
    return of_buffer_append_byte(out, '`');
}
