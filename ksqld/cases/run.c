/* Statements, then inputs in their order, then what came out beside what should have. */
#include "ksqld/cases/run.h"

#include "base/memory.h"
#include "ksqld/cases/codec.h"
#include "ksqld/cases/compare.h"
#include "ksqld/serde/number.h"

#include <stdlib.h>
#include <strings.h>

#define RECORD_MAX (16u * 1024 * 1024)
#define PROPERTIES_MAX 1024u

const char *ksql_case_string(
    struct ksql_arena *arena, const struct ksql_json *object, const char *name)
{
    const struct ksql_json *member = ksql_json_get(object, name);
    if (!member || member->kind != KSQL_JSON_STRING)
        return NULL;
    return ksql_arena_strndup(arena, member->text.data, member->text.length);
}

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

/* Functions that only ksqlDB's test suite has. */
static bool is_test_function(const char *message)
{
    static const char *const names[] = {"TEST_UDF", "TEST_UDTF", "TEST_UDAF", "WHENCONDITION",
        "WHENRESULT", "TOSTRUCT", "BAD_UDF", "BAD_TEST_UDTF", "MULTI_ARG", "VAR_ARG", "MID_VAR_ARG",
        "OBJ_COL_ARG", "GENERIC_VAR_ARG", "FIVE_ARG", "FOUR_ARG", "THREE_ARG"};
    static const char unknown[] = "find any functions with the name '";
    const char *name = strstr(message, unknown);
    for (size_t i = 0; name && i < OF_COUNT(names); i++) {
        size_t length = strlen(names[i]);
        const char *start = name + strlen(unknown);
        if (strncasecmp(start, names[i], length) == 0 && start[length] == '\'')
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
    if (expected && (!message || strstr(failure->message, message))) {
        of_buffer_clear(state->reason);
        return KSQL_CASE_PASSED;
    }
    if (expected)
        of_buffer_appendf(state->reason, "\n  expected the error: %s", message);
    return KSQL_CASE_WRONG;
}

/* Text of one or several statements; `index` counts them for messages. */
static enum ksql_verdict run_text(
    struct ksql_case_state *state, const char *text, size_t size, size_t index, bool *failed)
{
    struct ksql_pieces pieces OF_CLEANUP(ksql_pieces_release) = {0};
    struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
    struct of_error error;
    *failed = true;
    if (ksql_split(text, size, &pieces, &error)) {
        failure.message = of_strdup(error.message);
        return judge_failure(state, &failure, index);
    }
    for (size_t i = 0; i < pieces.count; i++) {
        if (ksql_world_execute(
                &state->world, pieces.items[i].text, pieces.items[i].length, &failure))
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
        verdict = run_text(state, text, size, 0, failed);
        if (verdict)
            of_buffer_appendf(state->reason, "\n  in %.*s", (int)name->length, name->data);
    }
    return verdict;
}

static enum ksql_verdict run_statements(struct ksql_case_state *state, bool *failed)
{
    const struct ksql_json *statements = ksql_json_get(state->test->body, "statements");
    *failed = false;
    enum ksql_verdict verdict = run_scripts(state, failed);
    for (size_t i = 0; statements && i < statements->count && !verdict && !*failed; i++) {
        const struct of_text *text = &statements->members[i].value->text;
        verdict = run_text(state, text->data, text->length, i, failed);
    }
    return verdict;
}

/* ---- records ---- */

static const struct ksql_source *source_of(const struct ksql_case_state *state, const char *topic)
{
    const struct ksql_engine *engine = state->world.engine;
    for (size_t i = 0; i < ksql_engine_source_count(engine); i++) {
        const struct ksql_source *source = ksql_engine_source(engine, i);
        if (strcmp(source->topic, topic) == 0)
            return source;
    }
    return NULL;
}

static struct ksql_codec codec_of(
    const struct ksql_case_state *state, const struct ksql_world_topic *topic, bool key)
{
    const struct ksql_source *source = source_of(state, topic->name);
    struct ksql_codec codec = {.key = key, .id = topic->ids[key], .format = topic->formats[key]};
    if (source) {
        codec.schema = &source->schema;
        codec.format = key ? source->key_format : source->value_format;
    }
    if (!codec.format)
        codec.format = key ? "KAFKA" : "JSON";
    codec.avro = ksql_world_schema(&state->world, codec.id);
    return codec;
}

static int encode(struct ksql_case_state *state, const struct ksql_world_topic *topic,
    const struct ksql_json *json, bool key, const void **bytes, size_t *size,
    struct of_error *error)
{
    struct of_buffer out OF_CLEANUP(of_buffer_release);
    of_buffer_init(&out, RECORD_MAX);
    *bytes = NULL;
    *size = 0;
    struct ksql_codec codec = codec_of(state, topic, key);
    if (!json || json->kind == KSQL_JSON_NULL || strcmp(codec.format, "NONE") == 0)
        return 0;
    if (ksql_codec_write(&codec, json, &out, error))
        return of_error_context(error, "%s for %s", key ? "key" : "value", topic->name);
    void *copy = ksql_arena_take(&state->world.arena, out.length + 1);
    if (out.length)
        memcpy(copy, out.data, out.length);
    *bytes = copy;
    *size = out.length;
    return 0;
}

static int send_input(
    struct ksql_case_state *state, const struct ksql_json *input, struct of_error *error)
{
    const char *name = ksql_case_string(&state->arena, input, "topic");
    const struct ksql_json *timestamp = ksql_json_get(input, "timestamp");
    struct ksql_world_record record = {.headers = ksql_json_get(input, "headers")};
    if (!name)
        return of_fail(error, OF_INPUT, "the record has no topic");
    if (ksql_json_get(input, "window"))
        return of_fail(error, OF_INPUT, "windowed keys are not supported by this runner");
    if (timestamp && !ksql_number_integer(timestamp->text, INT64_MIN, INT64_MAX, &record.timestamp))
        return of_fail(error, OF_INPUT, "its timestamp is no number");
    struct ksql_world_topic *topic = ksql_world_topic(&state->world, name);
    if (encode(state, topic, ksql_json_get(input, "key"), true, &record.key, &record.key_size,
            error) ||
        encode(state, topic, ksql_json_get(input, "value"), false, &record.value,
            &record.value_size, error))
        return OF_INPUT;
    return ksql_world_send(&state->world, topic, &record, error);
}

static enum ksql_verdict send_inputs(struct ksql_case_state *state)
{
    const struct ksql_json *inputs = ksql_json_get(state->test->body, "inputs");
    for (size_t i = 0; inputs && i < inputs->count; i++) {
        struct of_error error;
        if (send_input(state, inputs->members[i].value, &error) == 0)
            continue;
        of_buffer_appendf(state->reason, "input %zu: %s", i + 1, error.message);
        return strstr(error.message, "not supported by this runner") ? KSQL_CASE_REFUSED
                                                                     : KSQL_CASE_WRONG;
    }
    return KSQL_CASE_PASSED;
}

/* ---- what came out ---- */

static const struct ksql_json null_json = {.kind = KSQL_JSON_NULL};

static const struct ksql_json *decode(struct ksql_case_state *state,
    const struct ksql_world_topic *topic, bool key, const void *bytes, size_t size)
{
    const struct ksql_json *json = &null_json;
    struct of_error error;
    struct ksql_codec codec = codec_of(state, topic, key);
    if (!bytes)
        return json;
    if (ksql_codec_read(&codec, &state->arena, bytes, size, &json, &error) == 0)
        return json;
    struct ksql_json *broken = ksql_arena_new(&state->arena, sizeof(*broken));
    const char *text = ksql_arena_printf(&state->arena, "(unreadable: %s)", error.message);
    ksql_json_set_text(broken, (struct of_text){text, strlen(text)});
    return broken;
}

static bool is_json(
    const struct ksql_case_state *state, const struct ksql_world_topic *topic, bool key)
{
    return strcmp(codec_of(state, topic, key).format, "JSON") == 0;
}

static void show(struct ksql_case_state *state, const char *what, const struct ksql_json *json)
{
    of_buffer_appendf(state->reason, " %s ", what);
    ksql_json_print(json, state->reason);
}

static enum ksql_verdict compare_record(struct ksql_case_state *state,
    const struct ksql_world_topic *topic, size_t index, const struct ksql_json *expected)
{
    const struct ksql_world_record *record = &topic->records[index];
    const struct ksql_json *key = ksql_json_get(expected, "key");
    const struct ksql_json *value = ksql_json_get(expected, "value");
    const struct ksql_json *timestamp = ksql_json_get(expected, "timestamp");
    const struct ksql_json *headers = ksql_json_get(expected, "headers");
    const struct ksql_json *actual_headers = record->headers ? record->headers : &null_json;
    struct ksql_json time = {0};
    ksql_json_set_number(&time, &state->arena, record->timestamp);
    const struct ksql_json *actual_key = decode(state, topic, true, record->key, record->key_size);
    const struct ksql_json *actual_value =
        decode(state, topic, false, record->value, record->value_size);
    key = key ? key : &null_json;
    value = value ? value : &null_json;
    if (ksql_case_same(key, actual_key, is_json(state, topic, true)) &&
        ksql_case_same(value, actual_value, is_json(state, topic, false)) &&
        (!timestamp || ksql_case_same(timestamp, &time, false)) &&
        (!headers || ksql_case_same(headers, actual_headers, false)))
        return KSQL_CASE_PASSED;
    of_buffer_appendf(state->reason, "%s, record %zu:\n  expected", topic->name, index + 1);
    show(state, "key", key);
    show(state, "value", value);
    if (timestamp)
        show(state, "timestamp", timestamp);
    if (headers)
        show(state, "headers", headers);
    of_buffer_append_text(state->reason, "\n  actual  ");
    show(state, "key", actual_key);
    show(state, "value", actual_value);
    if (timestamp)
        show(state, "timestamp", &time);
    if (headers)
        show(state, "headers", actual_headers);
    return KSQL_CASE_WRONG;
}

/* Records of one topic are compared in their order; topics that no output names are not looked at.
 */
static enum ksql_verdict compare_outputs(struct ksql_case_state *state)
{
    const struct ksql_json *outputs = ksql_json_get(state->test->body, "outputs");
    size_t *seen = ksql_arena_new_array(&state->arena, state->world.topic_count + 1, sizeof(*seen));
    for (size_t i = 0; outputs && i < outputs->count; i++) {
        const struct ksql_json *expected = outputs->members[i].value;
        const char *name = ksql_case_string(&state->arena, expected, "topic");
        size_t at = 0;
        while (name && at < state->world.topic_count &&
               strcmp(state->world.topics[at]->name, name) != 0)
            at++;
        if (!name || at == state->world.topic_count)
            return wrong(state, "an output's topic does not exist");
        if (ksql_json_get(expected, "window")) {
            of_buffer_append_text(state->reason, "windowed keys are not supported by this runner");
            return KSQL_CASE_REFUSED;
        }
        const struct ksql_world_topic *topic = state->world.topics[at];
        if (seen[at] == topic->count) {
            of_buffer_appendf(state->reason, "%s: record %zu is missing, only %zu came:", name,
                seen[at] + 1, topic->count);
            show(state, "\n  expected value",
                ksql_json_get(expected, "value") ? ksql_json_get(expected, "value") : &null_json);
            return KSQL_CASE_WRONG;
        }
        if (compare_record(state, topic, seen[at]++, expected))
            return KSQL_CASE_WRONG;
    }
    for (size_t i = 0; i < state->world.topic_count; i++) {
        const struct ksql_world_topic *topic = state->world.topics[i];
        if (!seen[i] || seen[i] == topic->count)
            continue;
        const struct ksql_world_record *more = &topic->records[seen[i]];
        of_buffer_appendf(state->reason,
            "%s: %zu records expected, but %zu came; the next:", topic->name, seen[i],
            topic->count);
        show(state, "key", decode(state, topic, true, more->key, more->key_size));
        show(state, "value", decode(state, topic, false, more->value, more->value_size));
        return KSQL_CASE_WRONG;
    }
    return KSQL_CASE_PASSED;
}

/* ---- the case ---- */

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
    const char *planner = ksql_case_string(&state->arena,
        ksql_json_get(state->test->body, "properties"), "ksql.new.query.planner.enabled");
    if (planner && strcmp(planner, "true") == 0) {
        of_buffer_append_text(
            state->reason, "ksql.new.query.planner.enabled=true is not supported by this runner");
        return KSQL_CASE_REFUSED;
    }
    enum ksql_verdict verdict = ksql_case_topics(state);
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
    verdict = send_inputs(state);
    if (!verdict)
        verdict = compare_outputs(state);
    return verdict ? verdict : ksql_case_post(state);
}

enum ksql_verdict ksql_case_run(const struct ksql_case *test, struct of_buffer *reason)
{
    struct ksql_case_state state = {.test = test, .reason = reason};
    of_buffer_clear(reason);
    ksql_world_init(&state.world);
    enum ksql_verdict verdict = run(&state);
    ksql_world_release(&state.world);
    ksql_arena_release(&state.arena);
    return verdict;
}
