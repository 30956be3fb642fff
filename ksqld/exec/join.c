/* A stream looks its keys up in tables, one after the other; a change of a table meets the rows of
 * the others under its key. What is forwarded when, and with which timestamp, is as in Kafka
 * Streams. */
#include "ksqld/exec/join.h"

#define KEY_SLOT 0 /* of the joined row */

struct entry {
    struct ksql_step step;
    struct ksql_join_step *join;
    size_t input;
};

struct ksql_join_step {
    struct ksql_step step; /* only its `next` is used */
    const struct ksql_pipeline *pipeline;
    struct ksql_table *tables[KSQL_QUERY_SOURCES_MAX];
    struct ksql_value *now, *before; /* joined rows */
    int32_t lane;                    /* of the change at hand */
};

/* A joined value on its way through the joins. */
struct meeting {
    bool now, before; /* whether there is one */
    int64_t timestamp;
};

/* The columns of one input, NULL where it has no row. */
static void fill(const struct ksql_join_step *join, struct ksql_value *row, size_t input,
    const struct ksql_row *from, int64_t timestamp)
{
    const struct ksql_feed *feed = &join->pipeline->feeds[input];
    for (size_t i = 0; i < feed->schema.count; i++)
        row[feed->offset + i] = from->present ? from->slots[i] : KSQL_VALUE_NULL;
    row[feed->time_offset] =
        from->present ? (struct ksql_value){.number = timestamp} : KSQL_VALUE_NULL;
}

static int64_t latest(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int look_up(struct ksql_join_step *join, struct ksql_flow *flow, size_t input,
    const struct ksql_value *key, struct ksql_row *row, int64_t *timestamp, struct of_error *error)
{
    return ksql_table_get(join->tables[input], flow, key, join->lane, row, timestamp, error);
}

static int forward(struct ksql_join_step *join, struct ksql_flow *flow,
    const struct ksql_change *change, struct of_error *error)
{
    return ksql_forward(&join->step, flow, change, error);
}

/* ---- a stream ---- */

/* What is not looked up yet is NULL: the row is told when a key of a table can't be computed. */
static void begin_row(struct ksql_join_step *join, const struct ksql_change *change)
{
    const struct ksql_row none = {0};
    join->now[KEY_SLOT] = KSQL_VALUE_NULL;
    fill(join, join->now, 0, &change->now, change->timestamp);
    for (size_t i = 1; i < join->pipeline->feed_count; i++)
        fill(join, join->now, i, &none, 0);
}

static int join_stream(struct ksql_step *step, struct ksql_flow *flow,
    const struct ksql_change *change, struct of_error *error)
{
    struct ksql_join_step *join = ((struct entry *)step)->join;
    const struct ksql_pipeline *pipeline = join->pipeline;
    struct ksql_change joined = {.now = {.slots = join->now, .present = true},
        .timestamp = change->timestamp,
        .lane = change->lane};
    join->lane = change->lane;
    if (!change->now.present)
        return 0;
    begin_row(join, change);
    for (size_t i = 0; i < pipeline->joint_count; i++) {
        struct ksql_value key;
        struct ksql_row row = {0};
        int64_t timestamp = 0;
        flow->frame.row = join->now;
        ksql_evaluate_or_null(&flow->frame, pipeline->joints[i].left, &key);
        if (!key.null && look_up(join, flow, i + 1, &key, &row, &timestamp, error))
            return OF_INPUT;
        if (!row.present && pipeline->joints[i].kind == KSQL_JOIN_INNER)
            return 0;
        fill(join, join->now, i + 1, &row, timestamp);
        join->now[KEY_SLOT] = key;
        joined.keyed = !key.null;
    }
    return forward(join, flow, &joined, error);
}

/* A table that a stream looks into changes without anything going on. */
static int keep_table(struct ksql_step *step, struct ksql_flow *flow,
    const struct ksql_change *change, struct of_error *error)
{
    (void)step;
    (void)flow;
    (void)change;
    (void)error;
    return 0;
}

/* ---- tables ---- */

/* The value of the joins before `input`, under the key, into both rows. */
static int get_left(struct ksql_join_step *join, struct ksql_flow *flow, size_t input,
    const struct ksql_value *key, struct meeting *left, struct of_error *error)
{
    *left = (struct meeting){.now = true};
    for (size_t i = 0; i < input; i++) {
        struct ksql_row row;
        int64_t timestamp = 0;
        if (look_up(join, flow, i, key, &row, &timestamp, error))
            return OF_INPUT;
        fill(join, join->now, i, &row, timestamp);
        fill(join, join->before, i, &row, timestamp);
        if (row.present)
            left->timestamp = i ? latest(left->timestamp, timestamp) : timestamp;
        else if (!i || join->pipeline->joints[i - 1].kind == KSQL_JOIN_INNER)
            left->now = false;
    }
    return 0;
}

/* The right side has changed. False: nothing goes on. */
static bool meet_left(enum ksql_join_kind kind, const struct meeting *left, struct meeting *change)
{
    bool something = change->now || change->before;
    if (!left->now && (kind == KSQL_JOIN_INNER || kind == KSQL_JOIN_LEFT || !something))
        return false;
    if (kind == KSQL_JOIN_LEFT || kind == KSQL_JOIN_FULL) {
        change->now = change->now || left->now;
        change->before = change->before || left->now;
    }
    if (left->now)
        change->timestamp = latest(change->timestamp, left->timestamp);
    return true;
}

/* The left side has changed, be it by a join before. */
static bool meet_right(enum ksql_join_kind kind, const struct ksql_row *right, int64_t timestamp,
    struct meeting *change)
{
    bool something = change->now || change->before;
    if (!right->present && (kind == KSQL_JOIN_INNER || kind == KSQL_JOIN_RIGHT || !something))
        return false;
    if (kind == KSQL_JOIN_RIGHT || kind == KSQL_JOIN_FULL) {
        change->now = change->now || right->present;
        change->before = change->before || right->present;
    }
    if (right->present)
        change->timestamp = latest(change->timestamp, timestamp);
    return true;
}

static void fill_change(
    const struct ksql_join_step *join, size_t input, const struct ksql_change *change)
{
    const struct ksql_value *pseudo =
        change->before.present ? change->before.slots + join->pipeline->feeds[input].schema.count
                               : NULL;
    fill(join, join->now, input, &change->now, change->timestamp);
    fill(join, join->before, input, &change->before, pseudo ? pseudo[KSQL_ROWTIME].number : 0);
}

static const struct ksql_value *key_of(
    const struct ksql_join_step *join, size_t input, const struct ksql_change *change)
{
    const struct ksql_schema *schema = &join->pipeline->feeds[input].schema;
    size_t slot = 0;
    while (!schema->columns[slot].key)
        slot++;
    return &change->now.slots[slot];
}

static int join_table(struct ksql_step *step, struct ksql_flow *flow,
    const struct ksql_change *change, struct of_error *error)
{
    struct ksql_join_step *join = ((struct entry *)step)->join;
    size_t input = ((struct entry *)step)->input;
    const struct ksql_joint *joints = join->pipeline->joints;
    const struct ksql_value key = *key_of(join, input, change);
    struct meeting meeting = {change->now.present, change->before.present, change->timestamp};
    struct meeting left;
    join->lane = change->lane;
    if (input && get_left(join, flow, input, &key, &left, error))
        return OF_INPUT;
    fill_change(join, input, change);
    if (input && !meet_left(joints[input - 1].kind, &left, &meeting))
        return 0;
    for (size_t i = input; i < join->pipeline->joint_count; i++) {
        struct ksql_row row;
        int64_t timestamp = 0;
        if (look_up(join, flow, i + 1, &key, &row, &timestamp, error))
            return OF_INPUT;
        fill(join, join->now, i + 1, &row, timestamp);
        fill(join, join->before, i + 1, &row, timestamp);
        if (!meet_right(joints[i].kind, &row, timestamp, &meeting))
            return 0;
    }
    join->now[KEY_SLOT] = join->before[KEY_SLOT] = key;
    const struct ksql_change joined = {.now = {join->now, meeting.now},
        .before = {join->before, meeting.before},
        .keyed = true,
        .timestamp = meeting.timestamp,
        .lane = change->lane};
    return forward(join, flow, &joined, error);
}

/* ---- setting up ---- */

struct ksql_join_step *ksql_join_new(struct ksql_flow *flow, struct ksql_step *next)
{
    const struct ksql_pipeline *pipeline = &flow->plan->pipeline;
    size_t slots = pipeline->input.count + KSQL_PSEUDO_COUNT + pipeline->table_count;
    struct ksql_join_step *join = ksql_arena_new(&flow->setup, sizeof(*join));
    join->step.next = next;
    join->pipeline = pipeline;
    join->now = ksql_arena_new_array(&flow->setup, slots, sizeof(*join->now));
    join->before = ksql_arena_new_array(&flow->setup, slots, sizeof(*join->before));
    return join;
}

struct ksql_step *ksql_join_entry(
    struct ksql_join_step *join, struct ksql_flow *flow, size_t input, struct ksql_table *kept)
{
    struct entry *entry = ksql_arena_new(&flow->setup, sizeof(*entry));
    bool tables = join->pipeline->feeds[0].table;
    entry->step.process = tables ? join_table : input ? keep_table : join_stream;
    entry->join = join;
    entry->input = input;
    join->tables[input] = kept;
    return &entry->step;
}
