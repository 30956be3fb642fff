/* What came out beside what a case expects. */
#include "ksqld/cases/compare.h"
#include "ksqld/cases/state.h"
#include "ksqld/cases/tree.h"

static enum ksql_verdict wrong(struct ksql_case_state *state, const char *text)
{
    of_buffer_append_text(state->reason, text);
    return KSQL_CASE_WRONG;
}

static const struct ksql_json null_json = {.kind = KSQL_JSON_NULL};
static const struct ksql_json no_headers = {.kind = KSQL_JSON_ARRAY};

static const struct ksql_json *decode(struct ksql_case_state *state,
    const struct ksql_world_topic *topic, bool key, const void *bytes, size_t size)
{
    const struct ksql_json *json = &null_json;
    struct of_error error;
    struct ksql_codec codec = ksql_case_codec(state, topic, key);
    const struct ksql_source *source = ksql_case_source(state, topic->name);
    struct ksql_window window;
    if (!bytes ||
        (key && source && ksql_window_split(&source->windows, &size, bytes, &window, &error)))
        return json;
    if (ksql_codec_read(&codec, &state->arena, bytes, size, &json, &error) == 0)
        return json;
    struct ksql_json *broken = ksql_arena_new(&state->arena, sizeof(*broken));
    const char *text = ksql_arena_printf(&state->arena, "(unreadable: %s)", error.message);
    ksql_json_set_text(broken, (struct of_text){text, strlen(text)});
    return broken;
}

static enum ksql_exactness exactness(
    const struct ksql_case_state *state, const struct ksql_world_topic *topic, bool key)
{
    const struct ksql_json *properties = ksql_json_get(state->test->body, "properties");
    const struct ksql_json *exact =
        properties ? ksql_json_get(properties, "use.exact.numeric.comparison") : NULL;
    if (strncmp(ksql_case_codec(state, topic, key).format, "JSON", strlen("JSON")) != 0)
        return KSQL_BY_VALUE; /* JSON_SR is JSON, too */
    return exact && exact->kind == KSQL_JSON_BOOLEAN && !exact->truth ? KSQL_NEAR : KSQL_EXACT;
}

static void show(struct ksql_case_state *state, const char *what, const struct ksql_json *json)
{
    of_buffer_appendf(state->reason, " %s ", what);
    ksql_json_print(json, state->reason);
}

/* The window of a key as a case writes it; null where there is none. */
static const struct ksql_json *decode_window(struct ksql_case_state *state,
    const struct ksql_world_topic *topic, const struct ksql_world_record *record)
{
    static const char *const names[] = {"start", "end"};
    const struct ksql_source *source = ksql_case_source(state, topic->name);
    struct ksql_window window;
    struct of_error error;
    size_t size = record->key_size;
    if (!source || !source->windowed || !record->key ||
        ksql_window_split(&source->windows, &size, record->key, &window, &error))
        return &null_json;
    struct ksql_json *json = ksql_arena_new(&state->arena, sizeof(*json));
    json->kind = KSQL_JSON_OBJECT;
    for (size_t i = 0; i < OF_COUNT(names); i++) {
        struct ksql_json *number = ksql_arena_new(&state->arena, sizeof(*number));
        ksql_json_set_number(number, &state->arena, i ? window.end : window.start);
        *ksql_arena_append(&state->arena, json->members, json->count) =
            (struct ksql_json_member){{names[i], strlen(names[i])}, number};
    }
    return json;
}

/* Start and end; whether a window is of a session is known from its source. */
static bool same_window(const struct ksql_json *expected, const struct ksql_json *actual)
{
    if (!expected || actual->kind == KSQL_JSON_NULL)
        return !expected && actual->kind == KSQL_JSON_NULL;
    struct ksql_window one, other;
    bool session;
    return ksql_case_read_window(expected, &one, &session) &&
           ksql_case_read_window(actual, &other, &session) && one.start == other.start &&
           one.end == other.end;
}

static enum ksql_verdict compare_record(struct ksql_case_state *state,
    const struct ksql_world_topic *topic, size_t index, const struct ksql_json *expected)
{
    const struct ksql_world_record *record = &topic->records[index];
    const struct ksql_json *key = ksql_json_get(expected, "key");
    const struct ksql_json *value = ksql_json_get(expected, "value");
    const struct ksql_json *timestamp = ksql_json_get(expected, "timestamp");
    const struct ksql_json *headers = ksql_json_get(expected, "headers");
    const struct ksql_json *actual_headers = record->headers ? record->headers : &no_headers;
    struct ksql_json time = {0};
    ksql_json_set_number(&time, &state->arena, record->timestamp);
    const struct ksql_json *actual_key = decode(state, topic, true, record->key, record->key_size);
    const struct ksql_json *actual_value =
        decode(state, topic, false, record->value, record->value_size);
    const struct ksql_json *window = ksql_json_get(expected, "window");
    const struct ksql_json *actual_window = decode_window(state, topic, record);
    key = key ? key : &null_json;
    value = value ? value : &null_json;
    if (same_window(window, actual_window) &&
        ksql_case_same(key, actual_key, exactness(state, topic, true)) &&
        ksql_case_same(value, actual_value, exactness(state, topic, false)) &&
        (!timestamp || ksql_case_same(timestamp, &time, false)) &&
        (!headers || ksql_case_same(headers, actual_headers, false)))
        return KSQL_CASE_PASSED;
    of_buffer_appendf(state->reason, "%s, record %zu:\n  expected", topic->name, index + 1);
    show(state, "key", key);
    show(state, "value", value);
    if (timestamp)
        show(state, "timestamp", timestamp);
    if (window)
        show(state, "window", window);
    if (headers)
        show(state, "headers", headers);
    of_buffer_append_text(state->reason, "\n  actual  ");
    show(state, "key", actual_key);
    show(state, "value", actual_value);
    if (timestamp)
        show(state, "timestamp", &time);
    if (window || actual_window->kind != KSQL_JSON_NULL)
        show(state, "window", actual_window);
    if (headers)
        show(state, "headers", actual_headers);
    return KSQL_CASE_WRONG;
}

/* Records of one topic are compared in their order; topics that no output names are not looked at.
 */
enum ksql_verdict ksql_case_compare_outputs(struct ksql_case_state *state)
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
        if (name && at == state->world.topic_count && ksql_case_is_internal(name))
            return ksql_case_refuse(state, "a topic that only ksqlDB needs inside a query");
        if (!name || at == state->world.topic_count)
            return wrong(state, "an output's topic does not exist");
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
