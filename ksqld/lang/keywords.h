/* The words of the language, and which of them may be names. */
#ifndef KSQLD_LANG_KEYWORDS_H
#define KSQLD_LANG_KEYWORDS_H

#include "base/buffer.h"

/* A word that can't be a name unless it is quoted (upper-case in, any case of the text). */
bool ksql_word_is_reserved(const char *word, size_t length);

/* The reserved words, sorted. */
const char *const *ksql_words_reserved(size_t *count);

/* Whether a name must be quoted to be read back as it is. */
bool ksql_name_needs_quotes(const char *name);

/* Appends the name, in back-quotes where needed or always; a back-quote inside is doubled. */
int ksql_name_append(struct of_buffer *out, const char *name, bool quote_always);

#endif
