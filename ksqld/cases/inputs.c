/* Records of a case into its topics. */
#include "ksqld/cases/state.h"
#include "ksqld/cases/tree.h"
#include "ksqld/serde/number.h"

#include <strings.h>

#define RECORD_MAX (16u * 1024 * 1024)

const struct ksql_source *ksql_case_source(const struct ksql_case_state *state, const char *topic)
{
    const struct ksql_engine *engine = state->world.engine;
    for (size_t i = 0; i < ksql_engine_source_count(engine); i++) {
        const struct ksql_source *source = ksql_engine_source(engine, i);
        if (strcmp(source->topic, topic) == 0)
            return source;
    }
    return NULL;
}

struct ksql_codec ksql_case_codec(
    const struct ksql_case_state *state, const struct ksql_world_topic *topic, bool key)
{
    const struct ksql_source *source = ksql_case_source(state, topic->name);
    struct ksql_codec codec = {.key = key, .id = topic->ids[key], .format = topic->formats[key]};
    if (source) {
        codec.schema = &source->schema;
        codec.format = key ? source->key_format : source->value_format;
    }
    if (!codec.format)
        codec.format = key ? "KAFKA" : "JSON";
    codec.schema_text = ksql_world_schema(&state->world, codec.id, &codec.type);
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
    struct ksql_codec codec = ksql_case_codec(state, topic, key);
    if (!json || json->kind == KSQL_JSON_NULL || strcmp(codec.format, "NONE") == 0)
        return 0;
    if (ksql_codec_write(&codec, json, &out, error)) {
        struct of_error cause = *error;
        return of_fail(error, OF_INPUT, "the %s can't be written to %s: %s", key ? "key" : "value",
            topic->name, cause.message);
    }
    void *copy = ksql_arena_take(&state->world.arena, out.length + 1);
    if (out.length)
        memcpy(copy, out.data, out.length);
    *bytes = copy;
    *size = out.length;
    return 0;
}

bool ksql_case_read_window(const struct ksql_json *json, struct ksql_window *window, bool *session)
{
    const struct ksql_json *start = ksql_json_get(json, "start"), *end = ksql_json_get(json, "end");
    const struct ksql_json *type = ksql_json_get(json, "type");
    *session = type && type->kind == KSQL_JSON_STRING && type->text.length == 7 &&
               strncasecmp(type->text.data, "session", 7) == 0;
    return start && end && ksql_number_integer(start->text, 0, INT64_MAX, &window->start) &&
           ksql_number_integer(end->text, 0, INT64_MAX, &window->end);
}

/* The window of an input's key goes behind its bytes. */
static int add_window(struct ksql_case_state *state, const struct ksql_json *json,
    struct ksql_world_record *record, struct of_error *error)
{
    struct of_buffer out OF_CLEANUP(of_buffer_release);
    struct ksql_window window;
    bool session;
    of_buffer_init(&out, RECORD_MAX);
    if (!json)
        return 0;
    if (!ksql_case_read_window(json, &window, &session))
        return of_fail(error, OF_INPUT, "its window has no start and end");
    of_buffer_append(&out, record->key, record->key_size);
    ksql_window_append(session ? KSQL_WINDOW_SESSION : KSQL_WINDOW_TIME, &window, &out);
    record->key = ksql_arena_strndup(&state->world.arena, (const char *)out.data, out.length);
    record->key_size = out.length;
    return of_buffer_check(&out, "a key", error);
}

static int send_input(
    struct ksql_case_state *state, const struct ksql_json *input, struct of_error *error)
{
    const char *name = ksql_case_string(&state->arena, input, "topic");
    const struct ksql_json *timestamp = ksql_json_get(input, "timestamp");
    struct ksql_world_record record = {.headers = ksql_json_get(input, "headers")};
    if (!name)
        return of_fail(error, OF_INPUT, "the record has no topic");
    if (timestamp && !ksql_number_integer(timestamp->text, INT64_MIN, INT64_MAX, &record.timestamp))
        return of_fail(error, OF_INPUT, "its timestamp is no number");
    struct ksql_world_topic *topic = ksql_world_topic(&state->world, name);
    if (encode(state, topic, ksql_json_get(input, "key"), true, &record.key, &record.key_size,
            error) ||
        encode(state, topic, ksql_json_get(input, "value"), false, &record.value,
            &record.value_size, error))
        return OF_INPUT;
    if (record.key && add_window(state, ksql_json_get(input, "window"), &record, error))
        return OF_INPUT;
    return ksql_world_send(&state->world, topic, &record, error);
}

static enum ksql_verdict judge_error(const struct of_error *error)
{
    return strstr(error->message, "not supported by this runner") ? KSQL_CASE_REFUSED
                                                                  : KSQL_CASE_WRONG;
}

enum ksql_verdict ksql_case_send_inputs(struct ksql_case_state *state)
{
    const struct ksql_json *inputs = ksql_json_get(state->test->body, "inputs");
    struct of_error error;
    for (size_t i = 0; inputs && i < inputs->count; i++) {
        if (send_input(state, inputs->members[i].value, &error) == 0)
            continue;
        of_buffer_appendf(state->reason, "input %zu: %s", i + 1, error.message);
        return judge_error(&error);
    }
    if (ksql_world_finish(&state->world, &error) == 0)
        return KSQL_CASE_PASSED;
    of_buffer_append_text(state->reason, error.message);
    return judge_error(&error);
}
