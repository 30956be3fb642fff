/* The walk over a script. */
#include "ksqld/tool/apply.h"

#include "base/memory.h"
#include "ksqld/tool/compare.h"

#include <errno.h>

struct script {
    struct ksql_remote *remote;
    struct ksql_session *session;
    const char *file;
    FILE *out;
};

static int read_file(const char *file, struct of_buffer *text, struct of_error *error)
{
    bool standard = strcmp(file, "-") == 0;
    OF_CLEANUP(of_cleanup_file) FILE *opened = standard ? NULL : fopen(file, "re");
    FILE *stream = standard ? stdin : opened;
    if (!stream)
        return of_fail(error, OF_INPUT, "%s: %s", file, strerror(errno));
    char block[4096];
    size_t size;
    while ((size = fread(block, 1, sizeof(block), stream)) > 0)
        of_buffer_append(text, block, size);
    if (ferror(stream))
        return of_fail(error, OF_INPUT, "%s: %s", file, strerror(errno));
    return of_buffer_check(text, file, error);
}

/* A place within the statement to one of the file. */
static struct ksql_place in_file(const struct ksql_piece *piece, int line, int column)
{
    return (struct ksql_place){.line = piece->place.line + line - 1,
        .column = line == 1 ? piece->place.column + column - 1 : column};
}

static int fail_at(
    const struct script *script, struct ksql_place place, int class, struct of_error *error)
{
    OF_FREE char *message = of_strdup(error->message);
    return of_error_set(error, (enum of_error_class) class, error->origin, "%s:%d:%d: %s",
        script->file, place.line, place.column, message);
}

static void print_line(
    const struct script *script, const struct ksql_piece *piece, const char *result)
{
    fprintf(script->out, "%s:%d: %s\n", script->file, piece->place.line, *result ? result : "done");
    fflush(script->out);
}

/* An INSERT whose query runs already, with this very text: done by a run before. */
static int is_done(
    const struct script *script, const struct ksql_piece *piece, bool *done, struct of_error *error)
{
    *done = false;
    OF_CLEANUP(of_buffer_release) struct of_buffer text;
    of_buffer_init(&text, KSQL_STATEMENT_MAX);
    int result = ksql_session_substitute(script->session, piece->text, piece->length, &text, error);
    if (result < 0)
        return result;
    OF_FREE char *id = ksql_compare_query_id((const char *)text.data, text.length);
    if (!id)
        return OF_OK;
    OF_FREE char *running = NULL;
    result = ksql_remote_query(script->remote, id, &running, error);
    if (result == OF_OK && running)
        *done = ksql_compare_same(running, strlen(running), (const char *)text.data, text.length);
    return result;
}

static int refuse(const struct script *script, const struct ksql_piece *piece,
    const struct ksql_answer *answer, struct of_error *error)
{
    int line = 1, column = 1;
    ksql_answer_place(answer->message, &line, &column);
    of_fail(error, OF_INPUT, "%s", answer->message);
    return fail_at(script, in_file(piece, line, column), OF_INPUT, error);
}

static int post(const struct script *script, const struct ksql_piece *piece, struct of_error *error)
{
    OF_CLEANUP(ksql_answer_release) struct ksql_answer answer = {.sequence = -1};
    int result = ksql_remote_post(
        script->remote, script->session, piece->text, piece->length, &answer, error);
    if (result < 0)
        return fail_at(script, piece->place, result, error);
    if (!answer.refused) {
        print_line(script, piece, answer.line);
        return OF_OK;
    }
    bool done;
    struct of_error ignored; /* the refusal is the better news */
    if (is_done(script, piece, &done, &ignored) < 0 || !done)
        return refuse(script, piece, &answer, error);
    print_line(script, piece, "the same query runs already");
    return OF_OK;
}

static int apply_piece(
    const struct script *script, const struct ksql_piece *piece, struct of_error *error)
{
    OF_FREE char *what = NULL;
    struct ksql_place place = {.line = 1, .column = 1};
    int result =
        ksql_session_take(script->session, piece->text, piece->length, &what, &place, error);
    if (result < 0)
        return fail_at(script, in_file(piece, place.line, place.column), result, error);
    if (result == 1) {
        print_line(script, piece, what);
        return OF_OK;
    }
    return post(script, piece, error);
}

int ksql_apply_file(struct ksql_remote *remote, struct ksql_session *session, const char *file,
    FILE *out, struct of_error *error)
{
    const struct script script = {remote, session, file, out};
    OF_CLEANUP(of_buffer_release) struct of_buffer text;
    of_buffer_init(&text, KSQL_TEXT_MAX);
    if (read_file(file, &text, error) < 0)
        return OF_INPUT;
    OF_CLEANUP(ksql_pieces_release) struct ksql_pieces pieces = {0};
    if (ksql_split((const char *)text.data, text.length, &pieces, error) < 0) {
        OF_FREE char *message = of_strdup(error->message);
        return of_fail(error, OF_INPUT, "%s:%s", file, message);
    }
    int result = OF_OK;
    for (size_t i = 0; i < pieces.count && result == OF_OK; i++)
        result = apply_piece(&script, &pieces.items[i], error);
    return result;
}
