/* Which statements are the tool's, which are queries, and which are commands. */
#include "ksqld/tool/execute.h"

#include "base/memory.h"
#include "ksqld/tool/apply.h"

#include <strings.h>

#define HEAD_MAX 3 /* tokens that tell what a statement is */

struct head {
    struct ksql_token tokens[HEAD_MAX];
};

static struct head head_of(const struct ksql_piece *piece)
{
    struct head head;
    struct ksql_lexer lexer;
    ksql_lexer_init(&lexer, piece->text, piece->length);
    for (size_t i = 0; i < HEAD_MAX; i++)
        ksql_lexer_next(&lexer, &head.tokens[i]);
    return head;
}

static bool is_word(const struct ksql_token *token, const char *word)
{
    return token->kind == KSQL_TOKEN_WORD && token->length == strlen(word) &&
           strncasecmp(token->text, word, token->length) == 0;
}

static int run_query(struct ksql_executor *executor, const struct ksql_script *script,
    const struct ksql_piece *piece, const char *text, size_t length, bool print,
    struct of_error *error)
{
    OF_CLEANUP(ksql_stream_release) struct ksql_stream stream;
    ksql_stream_init(&stream, &executor->show, print);
    int result = ksql_remote_stream(
        executor->remote, executor->session, text, length, &stream, executor->ending, NULL, error);
    if (result < 0)
        return ksql_trouble_at(script, piece->place, result, error);
    if (stream.refusal)
        return ksql_trouble_refused(script, executor->session, piece, stream.refusal, error);
    if (executor->talks)
        fprintf(executor->show.out, "%s%s%zu %s\n", stream.note ? stream.note : "",
            stream.note ? ", " : "", stream.rows, stream.rows == 1 ? "row" : "rows");
    fflush(executor->show.out);
    return OF_OK;
}

static int run_command(struct ksql_executor *executor, const struct ksql_script *script,
    const struct ksql_piece *piece, const char *text, size_t length, struct of_error *error)
{
    OF_CLEANUP(ksql_answer_release) struct ksql_answer answer = {.sequence = -1};
    int result =
        ksql_remote_post(executor->remote, executor->session, text, length, &answer, error);
    if (result < 0)
        return ksql_trouble_at(script, piece->place, result, error);
    if (answer.refused)
        return ksql_trouble_refused(script, executor->session, piece, answer.message, error);
    ksql_show_entities(&executor->show, answer.entities);
    return OF_OK;
}

static int run_script(struct ksql_executor *executor, const struct ksql_script *script,
    const struct ksql_piece *piece, const struct ksql_token *name, struct of_error *error)
{
    if (executor->depth == KSQL_SCRIPT_DEPTH_MAX) {
        of_fail(error, OF_INPUT, "more than %d scripts run one another", KSQL_SCRIPT_DEPTH_MAX);
        return ksql_trouble_at(script, piece->place, OF_INPUT, error);
    }
    OF_FREE char *file = ksql_token_name(name);
    executor->depth++;
    int result = ksql_execute_file(executor, file, error);
    executor->depth--;
    return result;
}

/* The server wants a semicolon. */
static char *finished(const struct ksql_piece *piece, size_t *length)
{
    bool whole = piece->text[piece->length - 1] == ';';
    *length = piece->length + !whole;
    return of_asprintf("%.*s%s", (int)piece->length, piece->text, whole ? "" : ";");
}

static int run_piece(struct ksql_executor *executor, const struct ksql_script *script,
    const struct ksql_piece *piece, struct of_error *error)
{
    OF_FREE char *what = NULL;
    size_t length;
    OF_FREE char *text = finished(piece, &length);
    struct ksql_place place = {.line = 1, .column = 1};
    int result = ksql_session_take(executor->session, text, length, &what, &place, error);
    if (result < 0)
        return ksql_trouble_at(
            script, ksql_trouble_place(piece, place.line, place.column), result, error);
    if (result == 1) {
        if (executor->talks)
            fprintf(executor->show.out, "%s\n", what);
        return OF_OK;
    }
    struct head head = head_of(piece);
    bool print = is_word(&head.tokens[0], "PRINT");
    if (is_word(&head.tokens[0], "RUN") && is_word(&head.tokens[1], "SCRIPT") &&
        head.tokens[2].kind == KSQL_TOKEN_STRING)
        return run_script(executor, script, piece, &head.tokens[2], error);
    if (print || is_word(&head.tokens[0], "SELECT"))
        return run_query(executor, script, piece, text, length, print, error);
    return run_command(executor, script, piece, text, length, error);
}

int ksql_execute(
    struct ksql_executor *executor, const struct ksql_script *script, struct of_error *error)
{
    OF_CLEANUP(ksql_pieces_release) struct ksql_pieces pieces = {0};
    if (ksql_split(script->text, script->length, &pieces, error) < 0)
        return script->name ? of_error_context(error, "%s", script->name) : OF_INPUT;
    int result = OF_OK;
    for (size_t i = 0; i < pieces.count && result == OF_OK && !executor->ending(NULL); i++)
        result = run_piece(executor, script, &pieces.items[i], error);
    return result;
}

int ksql_execute_file(struct ksql_executor *executor, const char *file, struct of_error *error)
{
    OF_CLEANUP(of_buffer_release) struct of_buffer text;
    of_buffer_init(&text, KSQL_TEXT_MAX);
    if (ksql_read_file(file, &text, error) < 0)
        return OF_INPUT;
    const struct ksql_script script = {file, of_buffer_text(&text), text.length};
    return ksql_execute(executor, &script, error);
}
