/* A script to its statements. Only tokens are looked at: whether a statement is any good is the
 * parser's business. */
#include "base/memory.h"
#include "ksqld/lang/lexer.h"

void ksql_pieces_release(struct ksql_pieces *pieces)
{
    of_cleanup_free(&pieces->items);
    *pieces = (struct ksql_pieces){0};
}

static int add(struct ksql_pieces *pieces, const struct ksql_piece *piece, struct of_error *error)
{
    if (piece->length > KSQL_STATEMENT_MAX)
        return of_fail(error, OF_INPUT, "%d:%d: the statement is longer than %u bytes",
            piece->place.line, piece->place.column, KSQL_STATEMENT_MAX);
    if (pieces->count == KSQL_STATEMENTS_MAX)
        return of_fail(error, OF_INPUT, "%d:%d: more than %u statements", piece->place.line,
            piece->place.column, KSQL_STATEMENTS_MAX);
    if ((pieces->count & (pieces->count - 1)) == 0) {
        size_t capacity = pieces->count ? pieces->count * 2 : 1;
        pieces->items = of_realloc_array(pieces->items, capacity, sizeof(*pieces->items));
    }
    pieces->items[pieces->count++] = *piece;
    return 0;
}

static const char *unfinished_name(char first)
{
    return first == '\'' ? "string" : first == '/' ? "comment" : "quoted name";
}

int ksql_split(const char *text, size_t length, struct ksql_pieces *pieces, struct of_error *error)
{
    if (length > KSQL_TEXT_MAX)
        return of_fail(error, OF_INPUT, "the text is longer than %u bytes", KSQL_TEXT_MAX);
    struct ksql_pieces found OF_CLEANUP(ksql_pieces_release) = {0};
    struct ksql_lexer lexer;
    ksql_lexer_init(&lexer, text, length);
    struct ksql_piece piece = {0};
    for (;;) {
        struct ksql_token token;
        ksql_lexer_next(&lexer, &token);
        if (token.kind == KSQL_TOKEN_UNFINISHED)
            return of_fail(error, OF_INPUT, "%d:%d: this %s does not end", token.place.line,
                token.place.column, unfinished_name(*token.text));
        bool semicolon = token.kind == KSQL_TOKEN_SYMBOL && *token.text == ';';
        bool end = token.kind == KSQL_TOKEN_END;
        if (!piece.text && !semicolon && !end)
            piece = (struct ksql_piece){.text = token.text, .place = token.place};
        if (piece.text && !end)
            piece.length = (size_t)(token.text + token.length - piece.text);
        if (piece.text && (semicolon || end)) {
            int status = add(&found, &piece, error);
            if (status)
                return status;
            piece = (struct ksql_piece){0};
        }
        if (end)
            break;
    }
    *pieces = found;
    found = (struct ksql_pieces){0};
    return 0;
}
