/* Completion and wholeness by the lexer's tokens. */
#include "ksqld/tool/words.h"

#include "base/memory.h"
#include "ksqld/lang/keywords.h"
#include "ksqld/lang/lexer.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

/* Words that are no reserved ones, but are typed as often. */
static const char *const more[] = {"ARRAY<", "ASSERT", "BIGINT", "BOOLEAN", "BYTES", "CHANGES",
    "COLUMNS", "DATE", "DEFINE", "DOUBLE", "EMIT", "EXPLAIN", "FINAL", "FUNCTION", "FUNCTIONS",
    "GRACE", "HEADER", "HEADERS", "IF", "INT", "KAFKA_TOPIC", "KEY", "KEY_FORMAT", "MAP<",
    "PARTITION", "PARTITIONS", "PERIOD", "PRIMARY", "QUERY_ID", "REPLACE", "REPLICAS", "ROWOFFSET",
    "ROWPARTITION", "ROWTIME", "SESSION", "SET", "SHOW", "SOURCE", "STRING", "STRUCT<", "TABLES",
    "TIME", "TIMESTAMP", "TYPE", "TYPES", "UNDEFINE", "VALUE_FORMAT", "VARCHAR", "VARIABLES",
    "WINDOWEND", "WINDOWSTART"};

void ksql_words_init(struct ksql_words *words)
{
    *words = (struct ksql_words){.items = NULL};
    size_t count;
    const char *const *reserved = ksql_words_reserved(&count);
    for (size_t i = 0; i < count; i++)
        ksql_words_add(words, reserved[i]);
    for (size_t i = 0; i < OF_COUNT(more); i++)
        ksql_words_add(words, more[i]);
}

void ksql_words_release(struct ksql_words *words)
{
    for (size_t i = 0; i < words->count; i++)
        free(words->items[i]);
    free(words->items);
}

void ksql_words_add(struct ksql_words *words, const char *word)
{
    if (words->count == KSQL_WORDS_MAX)
        return;
    if ((words->count & (words->count - 1)) == 0)
        words->items = of_realloc_array(
            words->items, words->count ? words->count * 2 : 1, sizeof(*words->items));
    words->items[words->count++] = of_strdup(word);
    words->sorted = false;
}

void ksql_words_add_sources(struct ksql_words *words, const json_t *entities)
{
    static const char *const lists[] = {"streams", "tables"};
    size_t entity, source;
    json_t *answer, *item;
    json_array_foreach(entities, entity, answer)
    {
        for (size_t i = 0; i < OF_COUNT(lists); i++)
            json_array_foreach(json_object_get(answer, lists[i]), source, item)
            {
                const char *name = json_string_value(json_object_get(item, "name"));
                OF_CLEANUP(of_buffer_release) struct of_buffer text;
                of_buffer_init(&text, 4 * KSQL_IDENTIFIER_MAX);
                if (name && ksql_name_append(&text, name, false) == OF_OK)
                    ksql_words_add(words, of_buffer_text(&text));
            }
    }
}

static int compare(const void *a, const void *b)
{
    return strcasecmp(*(char *const *)a, *(char *const *)b);
}

static void sort(struct ksql_words *words)
{
    size_t kept = 0;
    if (words->sorted || !words->count)
        return;
    qsort(words->items, words->count, sizeof(*words->items), compare);
    for (size_t i = 1; i < words->count; i++) {
        if (strcasecmp(words->items[kept], words->items[i]) == 0)
            free(words->items[i]);
        else
            words->items[++kept] = words->items[i];
    }
    words->count = kept + 1;
    words->sorted = true;
}

static bool is_part(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '`';
}

size_t ksql_words_last(const char *text, size_t length)
{
    size_t start = length;
    while (start && is_part(text[start - 1]))
        start--;
    struct ksql_lexer lexer;
    struct ksql_token token;
    ksql_lexer_init(&lexer, text, start);
    do
        ksql_lexer_next(&lexer, &token);
    while (token.kind != KSQL_TOKEN_END && token.kind != KSQL_TOKEN_UNFINISHED);
    bool inside = token.kind == KSQL_TOKEN_UNFINISHED && *token.text != '`';
    return inside ? 0 : length - start;
}

size_t ksql_words_find(
    struct ksql_words *words, const char *prefix, size_t length, char *const **first)
{
    size_t low = 0, high, count = 0;
    sort(words);
    for (high = words->count; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (strncasecmp(words->items[middle], prefix, length) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *first = words->items + low;
    while (
        low + count < words->count && strncasecmp(words->items[low + count], prefix, length) == 0)
        count++;
    return count;
}

char *ksql_words_common(char *const *first, size_t count, const char *prefix, size_t length)
{
    size_t common = strlen(first[0]);
    bool lower = length > 0;
    for (size_t i = 1; i < count; i++)
        while (strncasecmp(first[0], first[i], common) != 0)
            common--;
    for (size_t i = 0; i < length; i++)
        lower &= !isupper((unsigned char)prefix[i]) && prefix[i] != '`';
    char *text = of_strndup(first[0], common);
    for (char *c = text; lower && *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return text;
}

bool ksql_words_whole(const char *text, size_t length)
{
    struct ksql_lexer lexer;
    struct ksql_token token, last = {.kind = KSQL_TOKEN_END};
    ksql_lexer_init(&lexer, text, length);
    for (ksql_lexer_next(&lexer, &token); token.kind != KSQL_TOKEN_END;
         ksql_lexer_next(&lexer, &token)) {
        if (token.kind == KSQL_TOKEN_UNFINISHED)
            return false;
        last = token;
    }
    return last.kind == KSQL_TOKEN_END || (last.kind == KSQL_TOKEN_SYMBOL && *last.text == ';');
}

char *ksql_words_line(const char *text, size_t length)
{
    OF_CLEANUP(of_buffer_release) struct of_buffer line;
    struct ksql_lexer lexer;
    struct ksql_token token;
    const char *end = text;
    of_buffer_init(&line, length + 1);
    ksql_lexer_init(&lexer, text, length);
    for (ksql_lexer_next(&lexer, &token); token.kind != KSQL_TOKEN_END;
         ksql_lexer_next(&lexer, &token)) {
        if (line.length && token.text != end)
            of_buffer_append_byte(&line, ' ');
        of_buffer_append(&line, token.text, token.length);
        end = token.text + token.length;
    }
    return of_strdup(of_buffer_text(&line));
}
