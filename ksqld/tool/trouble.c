/* Puts messages together; what went wrong is known already. */
#include "ksqld/tool/trouble.h"

#include "base/memory.h"
#include "ksqld/tool/answer.h"
#include "ksqld/tool/cell.h"

struct ksql_place ksql_trouble_place(const struct ksql_piece *piece, int line, int column)
{
    return (struct ksql_place){.line = piece->place.line + line - 1,
        .column = line == 1 ? piece->place.column + column - 1 : column};
}

static int put_together(const char *name, struct ksql_place place, int class,
    struct of_buffer *caret, struct of_error *error)
{
    OF_FREE char *head = name ? of_asprintf("%s:%d:%d: ", name, place.line, place.column)
                              : of_asprintf("%d:%d: ", place.line, place.column);
    OF_FREE char *message = of_strdup(error->message);
    bool fits = strlen(head) + strlen(message) + caret->length + 2 < OF_ERROR_MESSAGE_MAX;
    bool shown = fits && caret->length;
    return of_error_set(error, (enum of_error_class) class, error->origin, "%s%s%s%s", head,
        message, shown ? "\n" : "", shown ? of_buffer_text(caret) : "");
}

int ksql_trouble_at(
    const struct ksql_script *script, struct ksql_place place, int class, struct of_error *error)
{
    OF_CLEANUP(of_buffer_release) struct of_buffer caret;
    of_buffer_init(&caret, OF_ERROR_MESSAGE_MAX);
    ksql_cell_caret(script->text, script->length, place.line, place.column, &caret);
    return put_together(script->name, place, class, &caret, error);
}

int ksql_trouble_refused(const struct ksql_script *script, const struct ksql_session *session,
    const struct ksql_piece *piece, const char *message, struct of_error *error)
{
    int line = 1, column = 1;
    ksql_answer_place(message, &line, &column);
    OF_CLEANUP(of_buffer_release) struct of_buffer sent, caret;
    of_buffer_init(&sent, KSQL_STATEMENT_MAX);
    of_buffer_init(&caret, OF_ERROR_MESSAGE_MAX);
    struct of_error ignored;
    bool known =
        ksql_session_substitute(session, piece->text, piece->length, &sent, &ignored) == OF_OK;
    bool same =
        known && sent.length == piece->length && memcmp(sent.data, piece->text, sent.length) == 0;
    struct ksql_place place = ksql_trouble_place(piece, line, column);
    of_fail(error, OF_INPUT, "%s", message);
    if (same)
        return ksql_trouble_at(script, place, OF_INPUT, error);
    ksql_cell_caret(of_buffer_text(&sent), sent.length, line, column, &caret);
    return put_together(script->name, place, OF_INPUT, &caret, error);
}
