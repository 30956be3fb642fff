/* What the parser's files share: a token ahead, and the ways to fail. */
#ifndef KSQLD_LANG_CURSOR_H
#define KSQLD_LANG_CURSOR_H

#include "ksqld/lang/parser.h"

struct ksql_cursor {
    struct ksql_arena *arena;
    struct ksql_problem *problem;
    struct ksql_lexer lexer;
    struct ksql_token token; /* the next one, not yet taken */
    unsigned depth, type_depth;
    const struct ksql_type_names *types; /* or NULL */
    const struct ksql_variable_values
        *variables;        /* what they stand for; NULL: those left are unknown */
    bool variable_refused; /* its value may not stand where it does */
};

/* Where the next token is a variable, it becomes its value: as a name, or as a literal. An unknown
 * one stays. INPUT: the value is no such thing. */
int ksql_cursor_settle_name(struct ksql_cursor *cursor) OF_NODISCARD;
int ksql_cursor_settle_literal(struct ksql_cursor *cursor) OF_NODISCARD;

void ksql_cursor_next(struct ksql_cursor *cursor);
/* The token behind the next one. */
struct ksql_token ksql_cursor_peek(const struct ksql_cursor *cursor);

bool ksql_cursor_is_word(const struct ksql_cursor *cursor, const char *word);
bool ksql_cursor_is_symbol(const struct ksql_cursor *cursor, const char *symbol);
bool ksql_token_is_word(const struct ksql_token *token, const char *word);
bool ksql_token_is_symbol(const struct ksql_token *token, const char *symbol);

/* Takes the next token if it is this one. */
bool ksql_cursor_take_word(struct ksql_cursor *cursor, const char *word);
bool ksql_cursor_take_symbol(struct ksql_cursor *cursor, const char *symbol);

/* Takes it or fails. */
int ksql_cursor_expect_word(struct ksql_cursor *cursor, const char *word) OF_NODISCARD;
int ksql_cursor_expect_symbol(struct ksql_cursor *cursor, const char *symbol) OF_NODISCARD;

/* The next token is no value, where one is wanted: ksqlDB says less where it is a reserved word. */
int ksql_cursor_fail_value(struct ksql_cursor *cursor) OF_NODISCARD;
/* "line 1:8: Syntax Error ..." at the next token. */
int ksql_cursor_fail(struct ksql_cursor *cursor);
int ksql_cursor_unsupported(struct ksql_cursor *cursor, const char *feature);

/* A name, quoted or not; or a string. */
int ksql_cursor_name(struct ksql_cursor *cursor, const char **name) OF_NODISCARD;
bool ksql_cursor_is_name(const struct ksql_cursor *cursor);
/* The name of a stream, table: letters, digits, _ and -. */
int ksql_cursor_source_name(struct ksql_cursor *cursor, const char **name) OF_NODISCARD;
int ksql_cursor_string(struct ksql_cursor *cursor, const char **text) OF_NODISCARD;

int ksql_cursor_too_deep(struct ksql_cursor *cursor);
/* Around every recursion. */
int ksql_cursor_enter(struct ksql_cursor *cursor) OF_NODISCARD;
static inline void ksql_cursor_leave(struct ksql_cursor *cursor)
{
    cursor->depth--;
}

int ksql_parse_expression(struct ksql_cursor *cursor, struct ksql_node **node) OF_NODISCARD;
/* Without AND, OR, NOT and comparisons. */
int ksql_parse_value_expression(struct ksql_cursor *cursor, struct ksql_node **node) OF_NODISCARD;
int ksql_parse_primary(struct ksql_cursor *cursor, struct ksql_node **node) OF_NODISCARD;
int ksql_parse_literal(struct ksql_cursor *cursor, struct ksql_node **node) OF_NODISCARD;
/* What stands in a call: an expression, a lambda or a unit of time. */
int ksql_parse_argument(struct ksql_cursor *cursor, struct ksql_node **node) OF_NODISCARD;
/* ARRAY[...], MAP(...), STRUCT(...), from their word on. */
int ksql_parse_array(struct ksql_cursor *cursor, struct ksql_node **node) OF_NODISCARD;
int ksql_parse_map(struct ksql_cursor *cursor, struct ksql_node **node) OF_NODISCARD;
int ksql_parse_struct(struct ksql_cursor *cursor, struct ksql_node **node) OF_NODISCARD;
int ksql_parse_type(struct ksql_cursor *cursor, const struct ksql_type **type) OF_NODISCARD;
/* Behind FROM: sources, their aliases and joins. */
int ksql_parse_from(struct ksql_cursor *cursor, struct ksql_select *select) OF_NODISCARD;
/* WINDOW TUMBLING (SIZE 1 HOUR, ...) and the like. */
int ksql_parse_window(struct ksql_cursor *cursor, struct ksql_window_clause **window) OF_NODISCARD;
/* Without LIMIT; from SELECT on, or from behind it. */
int ksql_parse_select(struct ksql_cursor *cursor, struct ksql_select **select) OF_NODISCARD;
int ksql_parse_select_body(struct ksql_cursor *cursor, struct ksql_select *select) OF_NODISCARD;
/* Behind WITH. */
int ksql_parse_with(struct ksql_cursor *cursor, struct ksql_with *with) OF_NODISCARD;
/* Statements, from behind their first word on. */
int ksql_parse_insert(struct ksql_cursor *cursor, struct ksql_parsed *parsed) OF_NODISCARD;
int ksql_parse_query(struct ksql_cursor *cursor, struct ksql_parsed *parsed) OF_NODISCARD;
int ksql_parse_print(struct ksql_cursor *cursor, struct ksql_parsed *parsed) OF_NODISCARD;
int ksql_parse_create_type(struct ksql_cursor *cursor, struct ksql_parsed *parsed) OF_NODISCARD;
int ksql_parse_drop_type(struct ksql_cursor *cursor, struct ksql_parsed *parsed) OF_NODISCARD;
int ksql_parse_describe_function(
    struct ksql_cursor *cursor, struct ksql_parsed *parsed) OF_NODISCARD;
int ksql_parse_assert(struct ksql_cursor *cursor, struct ksql_parsed *parsed) OF_NODISCARD;
int ksql_parse_explain(struct ksql_cursor *cursor, struct ksql_parsed *parsed) OF_NODISCARD;
/* Any statement, from its first word on. */
int ksql_parse_any(struct ksql_cursor *cursor, struct ksql_parsed *parsed) OF_NODISCARD;

#endif
