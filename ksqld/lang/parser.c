/* Statements. Each kind of statement has its function; which function a first word starts stands in
 * one table. */
#include "ksqld/lang/parser.h"

#include "base/memory.h"
#include "ksqld/lang/cursor.h"
#include "ksqld/lang/keywords.h"

#include <strings.h>

/* ---- CREATE ---- */

/* ARRAY<STRUCT<KEY STRING, VALUE BYTES>> */
static bool is_headers(const struct ksql_type *type)
{
    const struct ksql_type *item = type->kind == KSQL_ARRAY ? type->element : type;
    return item != type && item->kind == KSQL_STRUCT && item->field_count == 2 &&
           strcmp(item->fields[0].name, "KEY") == 0 && item->fields[0].type->kind == KSQL_STRING &&
           strcmp(item->fields[1].name, "VALUE") == 0 && item->fields[1].type->kind == KSQL_BYTES;
}

static int parse_header(struct ksql_cursor *cursor, struct ksql_element *element)
{
    bool one = ksql_cursor_is_word(cursor, "HEADER");
    element->constraint = KSQL_COLUMN_HEADERS;
    ksql_cursor_next(cursor);
    if (one && (ksql_cursor_expect_symbol(cursor, "(") ||
                   ksql_cursor_string(cursor, &element->header_key) ||
                   ksql_cursor_expect_symbol(cursor, ")")))
        return OF_INPUT;
    if (one ? element->type->kind == KSQL_BYTES : is_headers(element->type))
        return 0;
    OF_CLEANUP(of_buffer_release) struct of_buffer shown;
    of_buffer_init(&shown, KSQL_PROBLEM_MAX);
    ksql_type_format(element->type, true, &shown);
    return one ? ksql_problem_set(cursor->problem, &element->place,
                     "Invalid type for HEADER('%s') column: expected BYTES, got %s",
                     element->header_key, of_buffer_text(&shown))
               : ksql_problem_set(cursor->problem, &element->place,
                     "Invalid type for HEADERS column: expected ARRAY<STRUCT<`KEY` STRING, "
                     "`VALUE` BYTES>>, got %s",
                     of_buffer_text(&shown));
}

static int parse_constraint(struct ksql_cursor *cursor, struct ksql_element *element)
{
    if (ksql_cursor_is_word(cursor, "HEADERS") || ksql_cursor_is_word(cursor, "HEADER"))
        return parse_header(cursor, element);
    if (ksql_cursor_take_word(cursor, "PRIMARY")) {
        element->constraint = KSQL_COLUMN_PRIMARY_KEY;
        return ksql_cursor_expect_word(cursor, "KEY");
    }
    if (ksql_cursor_take_word(cursor, "KEY"))
        element->constraint = KSQL_COLUMN_KEY;
    return 0;
}

static int parse_elements(struct ksql_cursor *cursor, struct ksql_parsed *parsed)
{
    do {
        struct ksql_element element = {.place = cursor->token.place};
        if (parsed->element_count == KSQL_COLUMNS_MAX)
            return ksql_problem_set(cursor->problem, &element.place,
                "a source has more than %d columns", KSQL_COLUMNS_MAX);
        if (ksql_cursor_name(cursor, &element.name) || ksql_parse_type(cursor, &element.type) ||
            parse_constraint(cursor, &element))
            return OF_INPUT;
        *ksql_arena_append(cursor->arena, parsed->elements, parsed->element_count) = element;
    } while (ksql_cursor_take_symbol(cursor, ","));
    return ksql_cursor_expect_symbol(cursor, ")");
}

static void upper(char *name)
{
    for (; *name; name++) {
        if (*name >= 'a' && *name <= 'z')
            *name = (char)(*name - 'a' + 'A');
    }
}

int ksql_parse_with(struct ksql_cursor *cursor, struct ksql_with *with)
{
    if (ksql_cursor_expect_symbol(cursor, "("))
        return OF_INPUT;
    do {
        struct ksql_with_item item = {.place = cursor->token.place};
        const char *name;
        int status = cursor->token.kind == KSQL_TOKEN_STRING ? ksql_cursor_string(cursor, &name)
                                                             : ksql_cursor_name(cursor, &name);
        if (status || ksql_cursor_expect_symbol(cursor, "=") ||
            ksql_parse_literal(cursor, &item.value))
            return OF_INPUT;
        char *upper_name = ksql_arena_strdup(cursor->arena, name);
        upper(upper_name);
        item.name = upper_name;
        for (size_t i = 0; i < with->count; i++) {
            if (strcmp(with->items[i].name, item.name) == 0)
                return ksql_problem_set(cursor->problem, &item.place,
                    "Duplicate property in the WITH clause: %s", item.name);
        }
        *ksql_arena_append(cursor->arena, with->items, with->count) = item;
    } while (ksql_cursor_take_symbol(cursor, ","));
    return ksql_cursor_expect_symbol(cursor, ")");
}

static int parse_if_not_exists(struct ksql_cursor *cursor, struct ksql_parsed *parsed)
{
    struct ksql_token ahead = ksql_cursor_peek(cursor);
    if (!ksql_cursor_is_word(cursor, "IF") || !ksql_token_is_word(&ahead, "NOT"))
        return 0;
    ksql_cursor_next(cursor);
    ksql_cursor_next(cursor);
    parsed->if_not_exists = true;
    return ksql_cursor_expect_word(cursor, "EXISTS");
}

static int parse_create_head(struct ksql_cursor *cursor, struct ksql_parsed *parsed)
{
    if (ksql_cursor_take_word(cursor, "OR")) {
        if (ksql_cursor_expect_word(cursor, "REPLACE"))
            return OF_INPUT;
        parsed->or_replace = true;
    }
    parsed->source = ksql_cursor_take_word(cursor, "SOURCE");
    if (parsed->source && ksql_cursor_is_word(cursor, "CONNECTOR"))
        return ksql_cursor_unsupported(cursor, "CREATE SOURCE CONNECTOR");
    if (ksql_cursor_is_word(cursor, "SINK"))
        return ksql_cursor_unsupported(cursor, "CREATE SINK CONNECTOR");
    parsed->table = ksql_cursor_is_word(cursor, "TABLE");
    if (!parsed->table && !ksql_cursor_is_word(cursor, "STREAM"))
        return ksql_cursor_fail(cursor);
    ksql_cursor_next(cursor);
    if (parse_if_not_exists(cursor, parsed))
        return OF_INPUT;
    parsed->name_place = cursor->token.place;
    return ksql_cursor_source_name(cursor, &parsed->name);
}

static int parse_create(struct ksql_cursor *cursor, struct ksql_parsed *parsed)
{
    if (ksql_cursor_take_word(cursor, "TYPE"))
        return ksql_parse_create_type(cursor, parsed);
    if (parse_create_head(cursor, parsed))
        return OF_INPUT;
    parsed->kind = KSQL_STATEMENT_CREATE;
    if (ksql_cursor_take_symbol(cursor, "(") && parse_elements(cursor, parsed))
        return OF_INPUT;
    if (ksql_cursor_take_word(cursor, "WITH") && ksql_parse_with(cursor, &parsed->with))
        return OF_INPUT;
    if (parsed->element_count || parsed->source || !ksql_cursor_take_word(cursor, "AS"))
        return 0;
    parsed->kind = KSQL_STATEMENT_CREATE_AS;
    return ksql_parse_select(cursor, &parsed->select);
}

/* ---- the others ---- */

static int parse_drop(struct ksql_cursor *cursor, struct ksql_parsed *parsed)
{
    parsed->kind = KSQL_STATEMENT_DROP;
    if (ksql_cursor_take_word(cursor, "TYPE"))
        return ksql_parse_drop_type(cursor, parsed);
    if (ksql_cursor_is_word(cursor, "CONNECTOR"))
        return ksql_cursor_unsupported(cursor, "DROP CONNECTOR");
    parsed->table = ksql_cursor_is_word(cursor, "TABLE");
    if (!parsed->table && !ksql_cursor_is_word(cursor, "STREAM"))
        return ksql_cursor_fail(cursor);
    ksql_cursor_next(cursor);
    struct ksql_token ahead = ksql_cursor_peek(cursor);
    if (ksql_cursor_is_word(cursor, "IF") && ksql_token_is_word(&ahead, "EXISTS")) {
        ksql_cursor_next(cursor);
        ksql_cursor_next(cursor);
        parsed->if_exists = true;
    }
    parsed->name_place = cursor->token.place;
    if (ksql_cursor_source_name(cursor, &parsed->name))
        return OF_INPUT;
    parsed->delete_topic = ksql_cursor_take_word(cursor, "DELETE");
    return parsed->delete_topic ? ksql_cursor_expect_word(cursor, "TOPIC") : 0;
}

static int parse_query_id(struct ksql_cursor *cursor, struct ksql_parsed *parsed)
{
    parsed->name_place = cursor->token.place;
    parsed->all = ksql_cursor_take_word(cursor, "ALL");
    return parsed->all ? 0 : ksql_cursor_name(cursor, &parsed->name);
}

static int parse_terminate(struct ksql_cursor *cursor, struct ksql_parsed *parsed)
{
    parsed->kind = KSQL_STATEMENT_TERMINATE;
    return parse_query_id(cursor, parsed);
}

static int parse_pause(struct ksql_cursor *cursor, struct ksql_parsed *parsed)
{
    parsed->kind = KSQL_STATEMENT_PAUSE;
    return parse_query_id(cursor, parsed);
}

static int parse_resume(struct ksql_cursor *cursor, struct ksql_parsed *parsed)
{
    parsed->kind = KSQL_STATEMENT_RESUME;
    return parse_query_id(cursor, parsed);
}

static int parse_list(struct ksql_cursor *cursor, struct ksql_parsed *parsed)
{
    static const struct {
        const char *word;
        enum ksql_statement_kind kind;
        bool extended;
    } lists[] = {
        {"STREAMS", KSQL_STATEMENT_LIST_STREAMS, true},
        {"TABLES", KSQL_STATEMENT_LIST_TABLES, true},
        {"TOPICS", KSQL_STATEMENT_LIST_TOPICS, true},
        {"QUERIES", KSQL_STATEMENT_LIST_QUERIES, true},
        {"PROPERTIES", KSQL_STATEMENT_LIST_PROPERTIES, false},
        {"FUNCTIONS", KSQL_STATEMENT_LIST_FUNCTIONS, false},
        {"VARIABLES", KSQL_STATEMENT_LIST_VARIABLES, false},
        {"TYPES", KSQL_STATEMENT_LIST_TYPES, false},
    };
    parsed->all = ksql_cursor_take_word(cursor, "ALL");
    if (parsed->all && !ksql_cursor_is_word(cursor, "TOPICS"))
        return ksql_cursor_expect_word(cursor, "TOPICS");
    for (size_t i = 0; i < OF_COUNT(lists); i++) {
        if (ksql_cursor_take_word(cursor, lists[i].word)) {
            parsed->kind = lists[i].kind;
            parsed->extended = lists[i].extended && ksql_cursor_take_word(cursor, "EXTENDED");
            return 0;
        }
    }
    static const char *const others[] = {"CONNECTORS", "CONNECTOR", "SOURCE", "SINK"};
    for (size_t i = 0; i < OF_COUNT(others); i++) {
        if (ksql_cursor_is_word(cursor, others[i]))
            return ksql_cursor_unsupported(cursor, "A list of connectors");
    }
    return ksql_cursor_fail(cursor);
}

static int parse_describe(struct ksql_cursor *cursor, struct ksql_parsed *parsed)
{
    static const char *const others[] = {"CONNECTOR", "STREAMS", "TABLES"};
    parsed->kind = KSQL_STATEMENT_DESCRIBE;
    struct ksql_token ahead = ksql_cursor_peek(cursor);
    bool alone = ksql_token_is_symbol(&ahead, ";");
    if (!alone && ksql_cursor_take_word(cursor, "FUNCTION"))
        return ksql_parse_describe_function(cursor, parsed);
    for (size_t i = 0; i < OF_COUNT(others); i++) {
        if (ksql_cursor_is_word(cursor, others[i]) && (i > 0 || !alone))
            return ksql_cursor_unsupported(cursor, "DESCRIBE of anything but one source");
    }
    parsed->name_place = cursor->token.place;
    if (ksql_cursor_source_name(cursor, &parsed->name))
        return OF_INPUT;
    parsed->extended = ksql_cursor_take_word(cursor, "EXTENDED");
    return 0;
}

static int parse_set(struct ksql_cursor *cursor, struct ksql_parsed *parsed)
{
    parsed->kind = KSQL_STATEMENT_SET;
    if (ksql_cursor_settle_literal(cursor) || ksql_cursor_string(cursor, &parsed->name) ||
        ksql_cursor_expect_symbol(cursor, "=") || ksql_cursor_settle_literal(cursor))
        return OF_INPUT;
    return ksql_cursor_string(cursor, &parsed->value);
}

static int parse_unset(struct ksql_cursor *cursor, struct ksql_parsed *parsed)
{
    parsed->kind = KSQL_STATEMENT_UNSET;
    if (ksql_cursor_settle_literal(cursor))
        return OF_INPUT;
    return ksql_cursor_string(cursor, &parsed->name);
}

/* Keeps its spelling, and may be a reserved word. */
static int parse_variable_name(struct ksql_cursor *cursor, struct ksql_parsed *parsed)
{
    const struct ksql_token *token = &cursor->token;
    if (token->kind != KSQL_TOKEN_WORD || token->length > KSQL_IDENTIFIER_MAX)
        return ksql_cursor_fail(cursor);
    parsed->name = ksql_arena_strndup(cursor->arena, token->text, token->length);
    ksql_cursor_next(cursor);
    return 0;
}

static int parse_define(struct ksql_cursor *cursor, struct ksql_parsed *parsed)
{
    parsed->kind = KSQL_STATEMENT_DEFINE;
    if (parse_variable_name(cursor, parsed) || ksql_cursor_expect_symbol(cursor, "="))
        return OF_INPUT;
    return ksql_cursor_string(cursor, &parsed->value);
}

static int parse_undefine(struct ksql_cursor *cursor, struct ksql_parsed *parsed)
{
    parsed->kind = KSQL_STATEMENT_UNDEFINE;
    return parse_variable_name(cursor, parsed);
}

static int refuse(struct ksql_cursor *cursor, struct ksql_parsed *parsed)
{
    return ksql_problem_unsupported(cursor->problem, &parsed->place, "ALTER");
}

static const struct {
    const char *word;
    int (*parse)(struct ksql_cursor *cursor, struct ksql_parsed *parsed);
} commands[] = {
    /* in the order in which ksqlDB guesses at a mistyped word */
    {"SELECT", ksql_parse_query},
    {"CREATE", parse_create},
    {"INSERT", ksql_parse_insert},
    {"DESCRIBE", parse_describe},
    {"PRINT", ksql_parse_print},
    {"EXPLAIN", ksql_parse_explain},
    {"SHOW", parse_list},
    {"LIST", parse_list},
    {"TERMINATE", parse_terminate},
    {"PAUSE", parse_pause},
    {"RESUME", parse_resume},
    {"DROP", parse_drop},
    {"SET", parse_set},
    {"DEFINE", parse_define},
    {"UNDEFINE", parse_undefine},
    {"UNSET", parse_unset},
    {"ASSERT", ksql_parse_assert},
    {"ALTER", refuse},
};

/* ---- a first word that starts nothing ---- */

#define GUESS_MAX 32

static size_t distance(const char *a, const char *word, size_t length)
{
    size_t row[GUESS_MAX + 1];
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            size_t above = row[j];
            size_t change = diagonal + (strncasecmp(&a[i - 1], &word[j - 1], 1) != 0);
            size_t step = (above < row[j - 1] ? above : row[j - 1]) + 1;
            row[j] = change < step ? change : step;
            diagonal = above;
        }
    }
    return row[length];
}

static int fail_unknown(struct ksql_cursor *cursor)
{
    const struct ksql_token *token = &cursor->token;
    if (token->kind != KSQL_TOKEN_WORD || token->length > GUESS_MAX)
        return ksql_cursor_fail(cursor);
    size_t best = 0;
    for (size_t i = 1; i < OF_COUNT(commands); i++) {
        if (distance(commands[i].word, token->text, token->length) <
            distance(commands[best].word, token->text, token->length))
            best = i;
    }
    return ksql_problem_set(cursor->problem, &token->place,
        "line %d:%d: Syntax Error\nUnknown statement '%.*s'\nDid you mean '%s'?", token->place.line,
        token->place.column, (int)token->length, token->text, commands[best].word);
}

int ksql_parse_any(struct ksql_cursor *cursor, struct ksql_parsed *parsed)
{
    for (size_t i = 0; i < OF_COUNT(commands); i++) {
        if (ksql_cursor_take_word(cursor, commands[i].word))
            return commands[i].parse(cursor, parsed);
    }
    return fail_unknown(cursor);
}

int ksql_parse(struct ksql_arena *arena, const char *text, size_t length,
    struct ksql_parsed *parsed, struct ksql_problem *problem)
{
    return ksql_parse_typed(arena, text, length, NULL, parsed, problem);
}

static int parse_statement(struct ksql_cursor *cursor, struct ksql_parsed *parsed)
{
    ksql_cursor_next(cursor);
    parsed->place = cursor->token.place;
    if (ksql_parse_any(cursor, parsed))
        return OF_INPUT;
    if (!ksql_cursor_take_symbol(cursor, ";") || cursor->token.kind != KSQL_TOKEN_END)
        return ksql_cursor_fail(cursor);
    return 0;
}

int ksql_parse_typed(struct ksql_arena *arena, const char *text, size_t length,
    const struct ksql_type_names *types, struct ksql_parsed *parsed, struct ksql_problem *problem)
{
    struct ksql_cursor cursor = {.arena = arena, .problem = problem, .types = types};
    struct ksql_parsed found = {0};
    if (length > KSQL_STATEMENT_MAX)
        return ksql_problem_set(
            problem, NULL, "the statement is longer than %u bytes", KSQL_STATEMENT_MAX);
    ksql_lexer_init(&cursor.lexer, text, length);
    if (parse_statement(&cursor, &found))
        return OF_INPUT;
    *parsed = found;
    return 0;
}

int ksql_parse_variables(const char *text, size_t length, const struct ksql_type_names *types,
    const struct ksql_variable_values *variables, struct ksql_problem *problem)
{
    struct ksql_arena arena OF_CLEANUP(ksql_arena_release) = {0};
    struct ksql_problem found OF_CLEANUP(ksql_problem_release) = {0};
    struct ksql_cursor cursor = {
        .arena = &arena, .problem = &found, .types = types, .variables = variables};
    struct ksql_parsed ignored = {0};
    ksql_lexer_init(&cursor.lexer, text, length);
    bool failed = parse_statement(&cursor, &ignored) != 0;
    if (!failed || (!cursor.variable_refused && cursor.token.kind != KSQL_TOKEN_VARIABLE))
        return 0;
    *problem = found;
    found = (struct ksql_problem){0};
    return OF_INPUT;
}
