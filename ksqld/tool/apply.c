/* The walk over a script. */
#include "ksqld/tool/apply.h"

#include "base/memory.h"
#include "ksqld/tool/compare.h"
#include "ksqld/tool/trouble.h"

#include <errno.h>

struct script {
    struct ksql_remote *remote;
    struct ksql_session *session;
    struct ksql_script text;
    FILE *out;
};

int ksql_read_file(const char *file, struct of_buffer *text, struct of_error *error)
{
    bool standard = strcmp(file, "-") == 0;
    OF_CLEANUP(of_cleanup_file) FILE *opened = standard ? NULL : fopen(file, "re");
    FILE *stream = standard ? stdin : opened;
    if (!stream)
        return of_fail(error, OF_INPUT, "%s: %s", file, strerror(errno));
    char block[4096];
    size_t size;
    while (!text->full && (size = fread(block, 1, sizeof(block), stream)) > 0)
        of_buffer_append(text, block, size);
    if (ferror(stream))
        return of_fail(error, OF_INPUT, "%s: %s", file, strerror(errno));
    return of_buffer_check(text, file, error);
}

static void print_line(
    const struct script *script, const struct ksql_piece *piece, const char *result)
{
    fprintf(script->out, "%s:%d: %s\n", script->text.name, piece->place.line,
        *result ? result : "done");
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

static int post(const struct script *script, const struct ksql_piece *piece, struct of_error *error)
{
    OF_CLEANUP(ksql_answer_release) struct ksql_answer answer = {.sequence = -1};
    int result = ksql_remote_post(
        script->remote, script->session, piece->text, piece->length, &answer, error);
    if (result < 0)
        return ksql_trouble_at(&script->text, piece->place, result, error);
    if (!answer.refused) {
        print_line(script, piece, answer.line);
        return OF_OK;
    }
    bool done;
    struct of_error ignored; /* the refusal is the better news */
    if (is_done(script, piece, &done, &ignored) < 0 || !done)
        return ksql_trouble_refused(&script->text, script->session, piece, answer.message, error);
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
        return ksql_trouble_at(
            &script->text, ksql_trouble_place(piece, place.line, place.column), result, error);
    if (result == 1) {
        print_line(script, piece, what);
        return OF_OK;
    }
    return post(script, piece, error);
}

int ksql_apply_file(struct ksql_remote *remote, struct ksql_session *session, const char *file,
    FILE *out, struct of_error *error)
{
    OF_CLEANUP(of_buffer_release) struct of_buffer text;
    of_buffer_init(&text, KSQL_TEXT_MAX);
    if (ksql_read_file(file, &text, error) < 0)
        return OF_INPUT;
    const struct script script = {
        remote, session, {file, (const char *)text.data, text.length}, out};
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
