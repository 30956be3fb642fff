/* Topics and schemas are lists; a query reads its topics from where it stood. No partitions: what
 * is in a topic is in one order. */
#include "ksqld/cases/world.h"

#include "ksqld/serde/base64.h"
#include "ksqld/serde/side.h"

#include "base/clock.h"
#include "base/memory.h"
#include "ksqld/exec/record.h"
#include "ksqld/lang/parser.h"
#include "ksqld/plan/with.h"

#include <stdlib.h>

#define SCHEMA_TEXT_MAX (1024u * 1024)
#define DEFAULT_PARTITIONS 4 /* of topics that a case doesn't describe, as in ksqlDB's tests */

struct ksql_world_query {
    char *id;
    struct ksql_run *run;
    struct ksql_world_topic *inputs[KSQL_QUERY_SOURCES_MAX];
    size_t positions[KSQL_QUERY_SOURCES_MAX];
    size_t input_count;
    struct ksql_world_topic *sink;
};

/* ---- topics and schemas ---- */

struct ksql_world_topic *ksql_world_find(const struct ksql_world *world, const char *name)
{
    for (size_t i = 0; i < world->topic_count; i++) {
        if (strcmp(world->topics[i]->name, name) == 0)
            return world->topics[i];
    }
    return NULL;
}

struct ksql_world_topic *ksql_world_topic(struct ksql_world *world, const char *name)
{
    struct ksql_world_topic *topic = ksql_world_find(world, name);
    if (topic)
        return topic;
    topic = ksql_arena_new(&world->arena, sizeof(*topic));
    topic->name = ksql_arena_strdup(&world->arena, name);
    topic->partitions = DEFAULT_PARTITIONS;
    *ksql_arena_append(&world->arena, world->topics, world->topic_count) = topic;
    return topic;
}

int32_t ksql_world_register(struct ksql_world *world, struct ksql_world_topic *topic, bool key,
    const struct of_schema *schema, int32_t id)
{
    enum of_schema_type known;
    for (size_t i = 0; !id && i < world->schema_count; i++) {
        if (world->schema_types[i] == schema->type && strcmp(world->schemas[i], schema->text) == 0)
            id = world->schema_ids[i];
    }
    if (!id)
        id = (int32_t)world->schema_count + 1;
    if (!ksql_world_schema(world, id, &known)) {
        size_t ids = world->schema_count, types = world->schema_count;
        *ksql_arena_append(&world->arena, world->schema_ids, ids) = id;
        *ksql_arena_append(&world->arena, world->schema_types, types) = schema->type;
        *ksql_arena_append(&world->arena, world->schemas, world->schema_count) =
            ksql_arena_strdup(&world->arena, schema->text);
    }
    topic->ids[key] = id;
    return id;
}

const char *ksql_world_schema(const struct ksql_world *world, int32_t id, enum of_schema_type *type)
{
    for (size_t i = 0; i < world->schema_count; i++) {
        if (world->schema_ids[i] != id)
            continue;
        *type = world->schema_types[i];
        return world->schemas[i];
    }
    return NULL;
}

static int ask_schema(void *context, const char *topic, bool key, int32_t id,
    struct of_schema *schema, struct of_error *error)
{
    (void)error;
    const struct ksql_world *world = context;
    const struct ksql_world_topic *found = ksql_world_find(world, topic);
    int32_t asked = id >= 0 ? id : found ? found->ids[key] : 0;
    schema->text = ksql_world_schema(world, asked, &schema->type);
    schema->size = schema->text ? strlen(schema->text) : 0;
    return 0;
}

static int ask_topic(
    void *context, const char *name, struct ksql_topic *answer, struct of_error *error)
{
    (void)error;
    const struct ksql_world_topic *topic = ksql_world_find(context, name);
    *answer = (struct ksql_topic){
        .exists = topic, .partitions = topic ? topic->partitions : 0, .replicas = 1};
    return 0;
}

static int run_schema(void *context, int32_t id, enum of_schema_type type, const char **text,
    size_t *size, struct of_error *error)
{
    enum of_schema_type found;
    *text = ksql_world_schema(context, id, &found);
    if (!*text)
        return of_fail(error, OF_INPUT, "schema id %d is unknown", id);
    if (found != type)
        return of_fail(error, OF_INPUT, "schema id %d is %s, not %s", id,
            of_schema_type_name(found), of_schema_type_name(type));
    *size = strlen(*text);
    return 0;
}

void ksql_world_init(struct ksql_world *world)
{
    *world = (struct ksql_world){0};
    world->engine = ksql_engine_new(&(struct ksql_callbacks){.context = world,
        .topic = ask_topic,
        .schema = ask_schema,
        .keeps_state = true,
        .declares_protobuf = true});
}

static void drop_query(struct ksql_world *world, size_t index)
{
    ksql_run_free(world->queries[index].run);
    free(world->queries[index].id);
    memmove(&world->queries[index], &world->queries[index + 1],
        (world->query_count - index - 1) * sizeof(*world->queries));
    world->query_count--;
}

void ksql_world_release(struct ksql_world *world)
{
    while (world->query_count)
        drop_query(world, 0);
    free(world->queries);
    ksql_engine_free(world->engine);
    ksql_arena_release(&world->arena);
    *world = (struct ksql_world){0};
}

/* ---- settings ---- */

static void set(struct ksql_world *world, struct ksql_property **items, size_t *count,
    const char *name, const char *value)
{
    struct ksql_property made = {
        ksql_arena_strdup(&world->arena, name), ksql_arena_strdup(&world->arena, value), true};
    for (size_t i = 0; i < *count; i++) {
        if (strcmp((*items)[i].name, name) == 0) {
            (*items)[i] = made;
            return;
        }
    }
    *ksql_arena_append(&world->arena, *items, *count) = made;
}

static void unset(struct ksql_property *items, size_t *count, const char *name)
{
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(items[i].name, name) == 0) {
            memmove(&items[i], &items[i + 1], (*count - i - 1) * sizeof(*items));
            (*count)--;
            return;
        }
    }
}

void ksql_world_set(struct ksql_world *world, const char *name, const char *value)
{
    set(world, &world->properties, &world->property_count, name, value);
}

void ksql_world_define(struct ksql_world *world, const char *name, const char *value)
{
    set(world, &world->variables, &world->variable_count, name, value);
}

/* ---- statements ---- */

static const void *keep(struct ksql_world *world, const void *bytes, size_t size)
{
    if (!bytes)
        return NULL;
    void *kept = ksql_arena_take(&world->arena, size + 1);
    memcpy(kept, bytes, size);
    return kept;
}

static int32_t register_text(struct ksql_world *world, struct ksql_world_topic *topic, bool key,
    const char *text, const char *format)
{
    const struct of_schema schema = {ksql_side_schema_type(format), text, strlen(text)};
    return ksql_world_register(world, topic, key, &schema, 0);
}

static int start_query(
    struct ksql_world *world, const struct ksql_query *query, struct of_error *error)
{
    struct ksql_world_query made = {.input_count = query->source_count};
    struct ksql_run_callbacks callbacks = {.context = world, .schema = run_schema};
    made.sink = ksql_world_topic(world, query->sink_topic);
    int32_t ids[2] = {0};
    if (query->sink_value_schema)
        ids[0] = register_text(
            world, made.sink, false, query->sink_value_schema, query->sink_value_format);
    if (query->sink_key_schema)
        ids[1] =
            register_text(world, made.sink, true, query->sink_key_schema, query->sink_key_format);
    for (size_t i = 0; i < query->source_count; i++)
        made.inputs[i] = ksql_world_topic(world, query->source_topics[i]);
    if (ksql_run_new(query, &callbacks, ids[1], ids[0], &made.run, error))
        return OF_INPUT;
    made.id = of_strdup(query->id);
    world->queries =
        of_realloc_array(world->queries, world->query_count + 1, sizeof(*world->queries));
    world->queries[world->query_count++] = made;
    return 0;
}

static void stop_queries(struct ksql_world *world, const struct ksql_statement *statement)
{
    for (size_t i = 0; i < statement->stop_count; i++) {
        for (size_t j = world->query_count; j-- > 0;) {
            if (strcmp(world->queries[j].id, statement->stops[i]) == 0)
                drop_query(world, j);
        }
    }
}

static void register_side(struct ksql_world *world, const struct ksql_source *source, bool key)
{
    struct ksql_world_topic *topic = ksql_world_topic(world, source->topic);
    struct of_buffer text OF_CLEANUP(of_buffer_release);
    struct ksql_problem problem OF_CLEANUP(ksql_problem_release) = {0};
    of_buffer_init(&text, SCHEMA_TEXT_MAX);
    if (!topic->ids[key] &&
        ksql_write_source_schema(&world->arena, source, &source->schema, key, &text, &problem) ==
            0 &&
        text.length)
        register_text(world, topic, key, of_buffer_text(&text),
            key ? source->key_format : source->value_format);
}

/* The columns that a statement declares are what ksqlDB's tests register for its topic. */
static void register_source(struct ksql_world *world, const struct ksql_source *source)
{
    register_side(world, source, false);
    if (ksql_schema_key_count(&source->schema))
        register_side(world, source, true);
}

/* The record that INSERT INTO ... VALUES makes; queries find it in its topic. */
static int insert(
    struct ksql_world *world, const struct ksql_insertion *insertion, struct of_error *error)
{
    struct ksql_world_topic *topic = ksql_world_topic(world, insertion->target.topic);
    struct ksql_record_writer writer OF_CLEANUP(ksql_record_writer_release);
    struct ksql_record_out out = {.timestamp = insertion->timestamp};
    for (int key = 0; key < 2; key++) {
        enum of_schema_type type;
        const char *known = ksql_world_schema(world, topic->ids[key], &type);
        if (insertion->schemas[key] && (!known || strcmp(known, insertion->schemas[key]) != 0))
            return of_fail(error, OF_INPUT,
                "INSERT ... VALUES with a schema that is not ksqlDB's own is not supported by this "
                "runner.");
    }
    ksql_record_writer_init(&writer, &insertion->target, topic->ids);
    if (ksql_record_write(&writer, insertion->values, &out, error))
        return OF_INPUT;
    struct ksql_world_record record = {.key = keep(world, out.key, out.key_size),
        .value = keep(world, out.value, out.value_size),
        .key_size = out.key_size,
        .value_size = out.value_size,
        .timestamp = insertion->timed ? insertion->timestamp : of_clock_now()};
    return ksql_world_send(world, topic, &record, error);
}

static int carry_out(
    struct ksql_world *world, const struct ksql_statement *statement, struct of_error *error)
{
    switch (statement->effect) {
    case KSQL_EFFECT_CREATE_SOURCE:
        register_source(world, statement->source);
        return 0;
    case KSQL_EFFECT_CREATE_QUERY:
    case KSQL_EFFECT_INSERT_QUERY:
        if (statement->create_topic)
            ksql_world_topic(world, statement->topic.name)->partitions =
                statement->topic.partitions;
        return start_query(world, statement->query, error);
    case KSQL_EFFECT_DROP:
    case KSQL_EFFECT_TERMINATE:
        stop_queries(world, statement);
        return 0;
    case KSQL_EFFECT_SET:
        ksql_world_set(world, statement->name, statement->value);
        return 0;
    case KSQL_EFFECT_UNSET:
        unset(world->properties, &world->property_count, statement->name);
        return 0;
    case KSQL_EFFECT_DEFINE:
        ksql_world_define(world, statement->name, statement->value);
        return 0;
    case KSQL_EFFECT_UNDEFINE:
        unset(world->variables, &world->variable_count, statement->name);
        return 0;
    case KSQL_EFFECT_INSERT_VALUES:
        return insert(world, statement->insertion, error);
    default:
        return 0;
    }
}

/* ksqlDB's tests make the topic of each CREATE, in the shape that it asks for. */
static void make_topic(struct ksql_world *world, const char *text, size_t length)
{
    struct ksql_arena arena OF_CLEANUP(ksql_arena_release) = {0};
    struct ksql_problem problem OF_CLEANUP(ksql_problem_release) = {0};
    struct ksql_parsed parsed = {0};
    int64_t partitions;
    if (ksql_parse(&arena, text, length, &parsed, &problem) || parsed.kind != KSQL_STATEMENT_CREATE)
        return;
    const char *name = ksql_with_string(&parsed.with, "KAFKA_TOPIC");
    if (!name)
        return;
    struct ksql_world_topic *topic = ksql_world_topic(world, name);
    if (!topic->declared && ksql_with_number(&parsed.with, "PARTITIONS", &partitions) &&
        partitions > 0 && partitions <= INT32_MAX)
        topic->partitions = (int)partitions;
}

int ksql_world_execute(
    struct ksql_world *world, const char *text, size_t length, struct ksql_failure *failure)
{
    struct ksql_prepare_options options = {.properties = world->properties,
        .property_count = world->property_count,
        .variables = world->variables,
        .variable_count = world->variable_count};
    struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) = NULL;
    make_topic(world, text, length);
    int status = ksql_engine_prepare(world->engine, text, length, &options, &statement, failure);
    if (status)
        return status;
    struct of_error error;
    status = ksql_engine_apply(world->engine, statement, world->sequence++, &error);
    if (!status)
        status = carry_out(world, statement, &error);
    if (status)
        *failure = (struct ksql_failure){.message = of_strdup(error.message),
            .not_supported = strstr(error.message, "not supported by this runner")};
    return status;
}

/* ---- records ---- */

struct emission {
    struct ksql_world *world;
    struct ksql_world_topic *sink;
    const struct ksql_json *headers;
};

static int append(struct ksql_world *world, struct ksql_world_topic *topic,
    const struct ksql_world_record *record, struct of_error *error)
{
    if (++world->record_count > KSQL_WORLD_RECORDS_MAX)
        return of_fail(error, OF_INPUT, "more than %u records", KSQL_WORLD_RECORDS_MAX);
    *ksql_arena_append(&world->arena, topic->records, topic->count) = *record;
    return 0;
}

static int emit(void *context, const struct ksql_record_out *out, struct of_error *error)
{
    struct emission *emission = context;
    struct ksql_world *world = emission->world;
    struct ksql_world_record record = {.key = keep(world, out->key, out->key_size),
        .value = keep(world, out->value, out->value_size),
        .key_size = out->key_size,
        .value_size = out->value_size,
        .timestamp = out->timestamp,
        .headers = out->headerless ? NULL : emission->headers};
    return append(world, emission->sink, &record, error);
}

static struct of_text text_of(const struct ksql_json *object, const char *name, bool *null)
{
    const struct ksql_json *member = ksql_json_get(object, name);
    *null = !member || member->kind != KSQL_JSON_STRING;
    return *null ? (struct of_text){NULL, 0} : member->text;
}

/* [{"KEY": "name", "VALUE": "base64"}], as records have them. */
static void set_headers(
    struct ksql_world *world, const struct ksql_json *json, struct ksql_record_in *in)
{
    if (!json || json->kind != KSQL_JSON_ARRAY)
        return;
    struct ksql_header *headers =
        ksql_arena_new_array(&world->arena, json->count, sizeof(*headers));
    for (size_t i = 0; i < json->count; i++) {
        const struct ksql_json *item = json->members[i].value;
        bool null;
        struct of_text name = text_of(item, "KEY", &null), value;
        headers[i].name = ksql_arena_strndup(&world->arena, name.data, name.length);
        struct of_text encoded = text_of(item, "VALUE", &null);
        if (null || !ksql_base64_decode(&world->arena, encoded, &value))
            continue;
        headers[i].value = value.data ? value.data : "";
        headers[i].size = value.length;
    }
    in->headers = headers;
    in->header_count = json->count;
}

/* One record of one query. What it can't read it skips, as ksqlDB does; what ksqlDB could read ends
 * the case. */
static int step(
    struct ksql_world *world, struct ksql_world_query *query, size_t input, struct of_error *error)
{
    size_t offset = query->positions[input]++;
    const struct ksql_world_record *record = &query->inputs[input]->records[offset];
    struct emission emission = {world, query->sink, record->headers};
    struct ksql_record_in in = {.input = input,
        .offset = (int64_t)offset,
        .timestamp = record->timestamp,
        .key = record->key,
        .key_size = record->key_size,
        .value = record->value,
        .value_size = record->value_size};
    set_headers(world, record->headers, &in);
    struct of_error skipped;
    if (ksql_run_process(query->run, &in, emit, &emission, &skipped) == 0)
        return 0;
    if (world->record_count <= KSQL_WORLD_RECORDS_MAX &&
        !strstr(skipped.message, "not supported by this runner"))
        return 0;
    *error = skipped;
    return OF_INPUT;
}

static int settle(struct ksql_world *world, struct of_error *error)
{
    bool moved = true;
    while (moved) {
        moved = false;
        for (size_t i = 0; i < world->query_count; i++) {
            struct ksql_world_query *query = &world->queries[i];
            for (size_t input = 0; input < query->input_count; input++) {
                while (query->positions[input] < query->inputs[input]->count) {
                    moved = true;
                    if (step(world, query, input, error))
                        return OF_INPUT;
                }
            }
        }
    }
    return 0;
}

int ksql_world_send(struct ksql_world *world, struct ksql_world_topic *topic,
    const struct ksql_world_record *record, struct of_error *error)
{
    struct ksql_world_record sent = *record;
    sent.turn = ++world->sent_count;
    if (append(world, topic, &sent, error))
        return OF_INPUT;
    return world->by_query ? 0 : settle(world, error);
}

/* The input whose next record was sent first; failing that, the first that has one. NULL: none. */
static const struct ksql_world_record *next_record(
    const struct ksql_world_query *query, size_t *input)
{
    const struct ksql_world_record *next = NULL;
    for (size_t i = 0; i < query->input_count; i++) {
        if (query->positions[i] == query->inputs[i]->count)
            continue;
        const struct ksql_world_record *one = &query->inputs[i]->records[query->positions[i]];
        if (next && (!one->turn || (next->turn && next->turn < one->turn)))
            continue;
        next = one;
        *input = i;
    }
    return next;
}

int ksql_world_finish(struct ksql_world *world, struct of_error *error)
{
    bool moved = world->by_query;
    size_t input;
    while (moved) {
        moved = false;
        for (size_t i = 0; i < world->query_count; i++) {
            while (next_record(&world->queries[i], &input)) {
                moved = true;
                if (step(world, &world->queries[i], input, error))
                    return OF_INPUT;
            }
        }
    }
    return 0;
}
