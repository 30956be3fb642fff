/* Statements, then inputs in their order, then what came out beside what should have. */
#include "ksqld/cases/run.h"

#include "base/memory.h"
#include "ksqld/cases/tree.h"

#include <stdlib.h>
#include <strings.h>

#define RECORD_MAX (16u * 1024 * 1024)
#define PROPERTIES_MAX 1024u
#define REASON_MAX (256u * 1024)

static enum ksql_verdict wrong(struct ksql_case_state *state, const char *text)
{
    of_buffer_append_text(state->reason, text);
    return KSQL_CASE_WRONG;
}

/* ---- statements ---- */

static void set_all(struct ksql_case_state *state, const char *member,
    void (*set)(struct ksql_world *world, const char *name, const char *value))
{
    const struct ksql_json *given = ksql_json_get(state->test->body, member);
    for (size_t i = 0; given && i < given->count && i < PROPERTIES_MAX; i++) {
        struct of_buffer text OF_CLEANUP(of_buffer_release);
        of_buffer_init(&text, RECORD_MAX);
        const struct ksql_json_member *one = &given->members[i];
        if (one->value->kind == KSQL_JSON_STRING)
            of_buffer_append(&text, one->value->text.data, one->value->text.length);
        else
            ksql_json_print(one->value, &text);
        set(&state->world, ksql_arena_strndup(&state->arena, one->name.data, one->name.length),
            of_buffer_text(&text));
    }
}

/* Functions that only ksqlDB's test suite has. Any other that is not known is a mistake. */
static bool is_test_function(const char *message)
{
    static const char *const names[] = {"WHENCONDITION", "WHENRESULT", "TOSTRUCT"};
    static const char *const ends[] = {"_UDF", "_UDTF", "_UDAF", "_ARG"};
    static const char unknown[] = "find any functions with the name '";
    const char *name = strstr(message, unknown);
    if (!name)
        return false;
    name += strlen(unknown);
    size_t length = strcspn(name, "'");
    for (size_t i = 0; i < OF_COUNT(names); i++) {
        if (length == strlen(names[i]) && strncasecmp(name, names[i], length) == 0)
            return true;
    }
    for (size_t i = 0; i < OF_COUNT(ends); i++) {
        size_t size = strlen(ends[i]);
        if (length > size && strncasecmp(name + length - size, ends[i], size) == 0)
            return true;
    }
    return false;
}

static enum ksql_verdict judge_failure(
    struct ksql_case_state *state, const struct ksql_failure *failure, size_t statement)
{
    const struct ksql_json *expected = ksql_json_get(state->test->body, "expectedException");
    const char *message = ksql_case_string(&state->arena, expected, "message");
    of_buffer_appendf(state->reason, "statement %zu: %s", statement + 1, failure->message);
    if (failure->not_supported || failure->error_code == 40002 ||
        is_test_function(failure->message))
        return KSQL_CASE_REFUSED;
    /* What behind this stands in old cases is no part of the error, but what caused it. */
    const char *end = message ? strstr(message, "\nStatement: ") : NULL;
    const char *wanted = !message ? ""
                                  : ksql_arena_strndup(&state->arena, message,
                                        end ? (size_t)(end - message) : strlen(message));
    if (expected && strstr(failure->message, wanted)) {
        of_buffer_clear(state->reason);
        return KSQL_CASE_PASSED;
    }
    if (expected)
        of_buffer_appendf(state->reason, "\n  expected the error: %s", message);
    return KSQL_CASE_WRONG;
}

/* One statement, as if `lines` stood before it. */
static int execute(struct ksql_case_state *state, const struct ksql_piece *piece, size_t lines,
    struct ksql_failure *failure)
{
    struct of_buffer text OF_CLEANUP(of_buffer_release);
    of_buffer_init(&text, KSQL_STATEMENT_MAX);
    for (size_t i = 0; i < lines; i++)
        of_buffer_append_text(&text, "\n");
    for (int i = 1; i < piece->place.column; i++)
        of_buffer_append_text(&text, " ");
    of_buffer_append(&text, piece->text, piece->length);
    if (text.full)
        return ksql_world_execute(&state->world, piece->text, piece->length, failure);
    return ksql_world_execute(&state->world, (const char *)text.data, text.length, failure);
}

static size_t count_lines(const char *text, const char *end)
{
    size_t lines = 0;
    while (text < end)
        lines += *text++ == '\n';
    return lines;
}

/* Text of one or several statements; `index` counts them for messages, in which places follow
 * `lines` before the text. */
static enum ksql_verdict run_text(struct ksql_case_state *state, const struct of_text *all,
    size_t index, size_t lines, bool *failed)
{
    const char *text = all->data;
    size_t size = all->length;
    struct ksql_pieces pieces OF_CLEANUP(ksql_pieces_release) = {0};
    struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
    struct of_error error;
    *failed = true;
    if (ksql_split(text, size, &pieces, &error)) {
        failure.message = of_strdup(error.message);
        return judge_failure(state, &failure, index);
    }
    for (size_t i = 0; i < pieces.count; i++) {
        const struct ksql_piece *piece = &pieces.items[i];
        if (execute(state, piece, lines + count_lines(text, piece->text), &failure))
            return judge_failure(state, &failure, index + i);
    }
    *failed = false;
    return KSQL_CASE_PASSED;
}

static enum ksql_verdict run_scripts(struct ksql_case_state *state, bool *failed)
{
    const struct ksql_json *scripts = ksql_json_get(state->test->body, "scripts");
    enum ksql_verdict verdict = KSQL_CASE_PASSED;
    for (size_t i = 0; scripts && i < scripts->count && !*failed; i++) {
        const struct of_text *name = &scripts->members[i].value->text;
        const char *text;
        size_t size;
        struct of_error error;
        if (ksql_case_read_text(&state->arena, state->test->folder,
                ksql_arena_strndup(&state->arena, name->data, name->length), &text, &size, &error))
            return wrong(state, error.message);
        verdict = run_text(state, &(struct of_text){text, size}, 0, 0, failed);
        if (verdict)
            of_buffer_appendf(state->reason, "\n  in %.*s", (int)name->length, name->data);
    }
    return verdict;
}

static enum ksql_verdict run_statements(struct ksql_case_state *state, bool *failed)
{
    const struct ksql_json *statements = ksql_json_get(state->test->body, "statements");
    size_t lines = 0; /* ksqlDB's tests read all statements as one text */
    *failed = false;
    enum ksql_verdict verdict = run_scripts(state, failed);
    for (size_t i = 0; statements && i < statements->count && !verdict && !*failed; i++) {
        const struct of_text *text = &statements->members[i].value->text;
        verdict = run_text(state, text, i, lines, failed);
        lines += count_lines(text->data, text->data + text->length) + 1;
    }
    return verdict;
}

/* ---- the case ---- */

/* Properties that change what a query gives are known to the core, or to this table: one that
 * nobody knows must not be passed over. */
static bool is_known_property(
    struct ksql_arena *arena, const struct ksql_json *properties, size_t i)
{
    static const struct {
        const char *name, *value; /* NULL: any */
    } known[] = {
        {"ksql.functions.collect_list.limit", NULL},
        {"ksql.functions.collect_set.limit", NULL},
        {"ksql.functions.substring.legacy.args", "false"},
        {"ksql.new.query.planner.enabled", "false"},
        {"ksql.output.topic.name.prefix", NULL},
        {"ksql.persistence.default.format.key", NULL},
        {"ksql.persistence.default.format.value", NULL},
        {"ksql.persistence.wrap.single.values", NULL},
        {"ksql.timestamp.throw.on.invalid", NULL},
    };
    const struct ksql_json_member *member = &properties->members[i];
    const char *name = ksql_arena_strndup(arena, member->name.data, member->name.length);
    const char *value = ksql_case_string(arena, properties, name);
    if (!value && member->value->kind == KSQL_JSON_BOOLEAN)
        value = member->value->truth ? "true" : "false";
    if (strncmp(name, "ksql.", 5) != 0 || strncmp(name, "ksql.streams.", 13) == 0)
        return true; /* of Kafka's clients and Streams: how, not what */
    for (size_t k = 0; k < OF_COUNT(known); k++) {
        if (strcmp(name, known[k].name) == 0)
            return !known[k].value || (value && strcasecmp(value, known[k].value) == 0);
    }
    return false;
}

static enum ksql_verdict check_properties(struct ksql_case_state *state)
{
    const struct ksql_json *properties = ksql_json_get(state->test->body, "properties");
    for (size_t i = 0; properties && i < properties->count; i++) {
        const struct of_text *name = &properties->members[i].name;
        if (is_known_property(&state->arena, properties, i))
            continue;
        of_buffer_appendf(state->reason,
            "The property %.*s, as the case has it, is not supported by "
            "this runner.",
            (int)name->length, name->data);
        return KSQL_CASE_REFUSED;
    }
    return KSQL_CASE_PASSED;
}

static enum ksql_verdict run(struct ksql_case_state *state)
{
    bool failed;
    const struct ksql_json *enabled = ksql_json_get(state->test->body, "enabled");
    if (enabled && enabled->kind == KSQL_JSON_BOOLEAN && !enabled->truth) {
        of_buffer_append_text(state->reason, "the case itself says that it is not enabled");
        return KSQL_CASE_REFUSED;
    }
    set_all(state, "properties", ksql_world_set);
    set_all(state, "variables", ksql_world_define);
    enum ksql_verdict verdict = check_properties(state);
    if (!verdict)
        verdict = ksql_case_topics(state);
    if (verdict)
        return verdict;
    verdict = run_statements(state, &failed);
    if (verdict || failed)
        return verdict;
    if (ksql_json_get(state->test->body, "expectedException")) {
        const char *message = ksql_case_string(
            &state->arena, ksql_json_get(state->test->body, "expectedException"), "message");
        of_buffer_appendf(
            state->reason, "nothing failed\n  expected the error: %s", message ? message : "(any)");
        return KSQL_CASE_WRONG;
    }
    verdict = ksql_case_send_inputs(state);
    if (!verdict)
        verdict = ksql_case_compare_outputs(state);
    return verdict ? verdict : ksql_case_post(state);
}

static enum ksql_verdict run_once(
    const struct ksql_case *test, bool by_query, size_t *queries, struct of_buffer *reason)
{
    struct ksql_case_state state = {.test = test, .reason = reason};
    of_buffer_clear(reason);
    ksql_world_init(&state.world);
    state.world.by_query = by_query;
    enum ksql_verdict verdict = run(&state);
    *queries = state.world.query_count;
    ksql_world_release(&state.world);
    ksql_arena_release(&state.arena);
    return verdict;
}

/* Between queries nothing says whose records come first: each of two orders may be meant. */
enum ksql_verdict ksql_case_run(const struct ksql_case *test, struct of_buffer *reason)
{
    size_t queries;
    enum ksql_verdict verdict = run_once(test, false, &queries, reason);
    if (verdict != KSQL_CASE_WRONG || queries < 2)
        return verdict;
    struct of_buffer other OF_CLEANUP(of_buffer_release);
    of_buffer_init(&other, REASON_MAX);
    enum ksql_verdict second = run_once(test, true, &queries, &other);
    if (second == KSQL_CASE_WRONG)
        return verdict;
    of_buffer_clear(reason);
    of_buffer_append(reason, other.data, other.length);
    return second;
}
