/* Scripts: pieces lie in the text in their order, tokens in their piece, and a statement that is
 * parsed either becomes a tree or says where it is wrong. */
#include "fuzz.h"

#include "ksqld/lang/lexer.h"
#include "ksqld/lang/parser.h"

static void lex(const struct ksql_piece *piece)
{
    struct ksql_lexer lexer;
    struct ksql_token token;
    const char *last = piece->text;
    ksql_lexer_init(&lexer, piece->text, piece->length);
    for (ksql_lexer_next(&lexer, &token); token.kind != KSQL_TOKEN_END;
         ksql_lexer_next(&lexer, &token)) {
        PROMISE(token.text >= last && token.length > 0);
        last = token.text + token.length;
        PROMISE(last <= piece->text + piece->length);
        PROMISE(token.place.offset == (size_t)(token.text - piece->text));
        PROMISE(token.place.line >= 1 && token.place.column >= 1);
        if (token.kind == KSQL_TOKEN_UNFINISHED)
            break;
    }
}

static void parse(const struct ksql_piece *piece)
{
    OF_CLEANUP(ksql_arena_release) struct ksql_arena arena = {.chunk = NULL};
    struct ksql_parsed parsed;
    OF_CLEANUP(ksql_problem_release) struct ksql_problem problem = {.class = OF_OK};
    int result = ksql_parse(&arena, piece->text, piece->length, &parsed, &problem);
    PROMISE(result == OF_OK || (result == OF_INPUT && problem.message));
}

/* A value of each kind, by the length of the name; NULL: unknown. */
static const char *lookup(const void *context, const char *name, size_t length)
{
    static const char *const values[] = {
        "a_1", "'it''s'", "-1.5", "TRUE", "`A`", "", "a; b", "'a' + 'b'", "${a}", "@", NULL};
    (void)context;
    (void)name;
    return values[length % (sizeof(values) / sizeof(*values))];
}

/* With its variables replaced the statement is one as any other. */
static void replace(const struct ksql_piece *piece)
{
    static const struct ksql_variable_values variables = {lookup, NULL};
    OF_CLEANUP(ksql_problem_release) struct ksql_problem problem = {.class = OF_OK};
    OF_CLEANUP(of_buffer_release) struct of_buffer out;
    of_buffer_init(&out, KSQL_STATEMENT_MAX);
    int result = ksql_parse_variables(piece->text, piece->length, NULL, &variables, &problem);
    if (result == OF_OK)
        result = ksql_substitute(piece->text, piece->length, lookup, NULL, &out, &problem);
    PROMISE(result == OF_OK || (result == OF_INPUT && problem.message));
    if (result != OF_OK)
        return;
    const struct ksql_piece replaced = {.text = of_buffer_text(&out), .length = out.length};
    parse(&replaced);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    OF_CLEANUP(ksql_pieces_release) struct ksql_pieces pieces = {NULL, 0};
    struct of_error error;
    const char *text = (const char *)data, *last = text;
    if (ksql_split(text, size, &pieces, &error) < 0) {
        PROMISE(error.class == OF_INPUT && error.message[0]);
        return 0;
    }
    for (size_t i = 0; i < pieces.count; i++) {
        const struct ksql_piece *piece = &pieces.items[i];
        PROMISE(piece->text >= last && piece->length > 0);
        last = piece->text + piece->length;
        PROMISE(last <= text + size && piece->length <= KSQL_STATEMENT_MAX);
        lex(piece);
        parse(piece);
        replace(piece);
    }
    return 0;
}
