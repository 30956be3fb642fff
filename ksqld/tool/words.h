/* What the prompt knows of words and statements: completion, and whether a statement is whole. No
 * terminal here. */
#ifndef KSQLD_TOOL_WORDS_H
#define KSQLD_TOOL_WORDS_H

#include "base/buffer.h"

#include <jansson.h>

#define KSQL_WORDS_MAX 16384u /* more are not completed */

struct ksql_words {
    char **items; /* sorted without regard to case, each once */
    size_t count;
    bool sorted;
};

void ksql_words_init(struct ksql_words *words); /* with the language's own */
void ksql_words_release(struct ksql_words *words);
void ksql_words_add(struct ksql_words *words, const char *word);
/* Names in the answers to SHOW STREAMS and SHOW TABLES; those that need quotes get them. */
void ksql_words_add_sources(struct ksql_words *words, const json_t *entities);

/* How long the word is that ends at the end of the text; 0: there is none, or it stands within a
 * 'string'. */
size_t ksql_words_last(const char *text, size_t length);

/* The words that begin with this prefix, in any case: *first and how many. */
size_t ksql_words_find(
    struct ksql_words *words, const char *prefix, size_t length, char *const **first);

/* As much of the words as they have in common, in lower case if the prefix has no upper-case letter
 * and they are the language's; to be freed. */
char *ksql_words_common(char *const *first, size_t count, const char *prefix, size_t length);

/* Whether what was typed ends with a semicolon outside of strings and comments, or has nothing but
 * white space and comments in it. */
bool ksql_words_whole(const char *text, size_t length);

/* The statement in a line, without comments, as the history keeps it; to be freed. */
char *ksql_words_line(const char *text, size_t length);

#endif
