/* Text of the SQL language to tokens, and scripts to statements. No Kafka, no HTTP, no meaning.
 *
 * Tokens are views into the text, which must outlive them. Lines and columns count from 1, columns
 * in Unicode code points (as ksqlDB's error messages do); offsets count bytes. Identifiers keep
 * their spelling; ksql_token_name yields the upper-cased or unquoted name. */
#ifndef KSQLD_LANG_LEXER_H
#define KSQLD_LANG_LEXER_H

#include "base/buffer.h"

#define KSQL_TEXT_MAX (1024u * 1024)     /* bytes of one request or script */
#define KSQL_STATEMENT_MAX (256u * 1024) /* bytes of one statement */
#define KSQL_STATEMENTS_MAX 4096u        /* statements of one script */
#define KSQL_IDENTIFIER_MAX 1024u        /* bytes of one name */

/* A point of the text. */
struct ksql_place {
    size_t offset;
    int line, column;
};

enum ksql_token_kind {
    KSQL_TOKEN_END,        /* end of the text */
    KSQL_TOKEN_WORD,       /* identifier or keyword, unquoted */
    KSQL_TOKEN_QUOTED,     /* `quoted` identifier */
    KSQL_TOKEN_DIGITS,     /* identifier that starts with a digit: 1R */
    KSQL_TOKEN_STRING,     /* 'text' with '' for a quote */
    KSQL_TOKEN_INTEGER,    /* 42 */
    KSQL_TOKEN_DECIMAL,    /* 4.2 */
    KSQL_TOKEN_FLOAT,      /* 4.2e1 */
    KSQL_TOKEN_VARIABLE,   /* ${name} */
    KSQL_TOKEN_SYMBOL,     /* operator or punctuation: one or two characters */
    KSQL_TOKEN_UNKNOWN,    /* a character that starts no token */
    KSQL_TOKEN_UNFINISHED, /* a string, quoted name or comment that does not end */
};

struct ksql_token {
    enum ksql_token_kind kind;
    const char *text;
    size_t length;
    struct ksql_place place;
};

struct ksql_lexer {
    const char *text, *end, *next;
    struct ksql_place place; /* of `next` */
};

void ksql_lexer_init(struct ksql_lexer *lexer, const char *text, size_t length);
/* The next token behind white space and comments; at the end KSQL_TOKEN_END again and again. */
void ksql_lexer_next(struct ksql_lexer *lexer, struct ksql_token *token);

/* The name that a word or quoted token stands for (upper-cased, or without its quotes), or the text
 * of a string; to be freed. */
char *ksql_token_name(const struct ksql_token *token);

/* One statement of a script: from its first token up to and with its semicolon. */
struct ksql_piece {
    const char *text; /* borrowed from the script */
    size_t length;
    struct ksql_place place; /* of its first token, in the script */
};

struct ksql_pieces {
    struct ksql_piece *items;
    size_t count;
};

/* Splits at semicolons that stand outside of strings, quoted names and comments. Empty statements
 * are left out. A rest without a semicolon is a piece too (its last byte then is no ';': the
 * parser names the missing semicolon). INPUT: too long, too many statements, or a string, quoted
 * name or comment that does not end ("line:column: ..."). The text is borrowed. */
int ksql_split(const char *text, size_t length, struct ksql_pieces *pieces,
    struct of_error *error) OF_NODISCARD;
void ksql_pieces_release(struct ksql_pieces *pieces); /* also for OF_CLEANUP */

#endif
