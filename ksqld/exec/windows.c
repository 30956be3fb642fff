/* GROUP BY in windows, as Kafka Streams aggregates: tumbling and hopping ones each in a cell of its
 * own, and all sessions of a group in one entry of the state. */
#include "ksqld/exec/group.h"

#define DAY_MS 86400000
#define TIME_MAX (INT64_MAX / 4) /* a time and a duration, which is no longer, are added safely */

/* A day with the window unless it is said. */
int64_t ksql_window_grace(const struct ksql_window_clause *window)
{
    if (window->grace_ms >= 0)
        return window->grace_ms;
    return window->size_ms < DAY_MS ? DAY_MS - window->size_ms : 0;
}

int64_t ksql_window_retention(const struct ksql_window_clause *window)
{
    int64_t least = window->size_ms + ksql_window_grace(window);
    return window->retention_ms > least ? window->retention_ms : least;
}

bool ksql_window_is_over(const struct ksql_window_clause *clause, const struct ksql_lanes *lanes,
    int32_t lane, const struct ksql_window *window)
{
    int64_t time = clause->session ? window->end : window->start;
    return time <= ksql_lane_time(lanes, lane) - ksql_window_retention(clause);
}

/* The row's group, its lane, and the time there. */
static int begin(struct ksql_group *group, struct ksql_flow *flow, const struct ksql_change *change,
    bool *counts, struct of_error *error)
{
    *counts = change->timestamp >= 0 && change->timestamp <= TIME_MAX && change->now.present &&
              ksql_group_keys(group, flow, &change->now);
    if (!*counts)
        return 0;
    ksql_group_find_lane(group, flow, change);
    if (ksql_lane_advance(&flow->lanes, group->lane, change->timestamp, error))
        return OF_INPUT;
    group->stream_time = ksql_lane_time(&flow->lanes, group->lane);
    return 0;
}

/* ---- tumbling and hopping ---- */

static int add_to_window(struct ksql_group *group, struct ksql_flow *flow,
    const struct ksql_change *change, const struct ksql_window *window, struct of_error *error)
{
    ksql_group_begin_key(group);
    of_buffer_append(&group->key, &window->start, sizeof(window->start));
    return ksql_group_add(group, flow, change, window, error);
}

static int add_to_windows(struct ksql_step *step, struct ksql_flow *flow,
    const struct ksql_change *change, struct of_error *error)
{
    struct ksql_group *group = (struct ksql_group *)step;
    const struct ksql_window_clause *clause = group->grouping->window;
    int64_t size = clause->size_ms, advance = clause->advance_ms, time = change->timestamp;
    bool counts;
    if (begin(group, flow, change, &counts, error))
        return OF_INPUT;
    if (!counts)
        return 0;
    int64_t close = group->stream_time - ksql_window_grace(clause);
    int64_t first = time - size + advance;
    for (int64_t start = (first > 0 ? first : 0) / advance * advance; start <= time;
         start += advance) {
        const struct ksql_window window = {start, start + size};
        if (window.end > close && add_to_window(group, flow, change, &window, error))
            return OF_INPUT;
    }
    return 0;
}

/* ---- sessions ---- */

struct session {
    struct ksql_window window;
    struct ksql_cell cell;
};

struct sessions {
    struct session *items; /* in the order of time */
    size_t count;
};

static int read_sessions(struct ksql_group *group, struct ksql_flow *flow,
    struct sessions *sessions, struct of_error *error)
{
    struct of_text bytes;
    *sessions = (struct sessions){0};
    if (ksql_group_load(group, flow, &bytes, error))
        return OF_INPUT;
    if (bytes.length >= sizeof(int64_t)) { /* see write_sessions */
        bytes.data += sizeof(int64_t);
        bytes.length -= sizeof(int64_t);
    }
    while (bytes.length) {
        struct session session;
        if (!of_text_take(&bytes, &session.window, sizeof(session.window)) ||
            !ksql_cell_read(group, flow, &bytes, &session.cell))
            return of_fail(error, OF_INPUT, "the sessions of the state can't be read");
        *ksql_arena_append(&flow->record, sessions->items, sessions->count) = session;
    }
    return 0;
}

/* The end of the last one goes first, for ksql_expiry. Those that no row can come to any more are
 * forgotten. */
static int write_sessions(struct ksql_group *group, struct ksql_flow *flow,
    const struct sessions *sessions, struct of_error *error)
{
    const struct ksql_window_clause *clause = group->grouping->window;
    int64_t close = group->stream_time - ksql_window_grace(clause) - clause->size_ms;
    int64_t last = sessions->items[sessions->count - 1].window.end;
    of_buffer_clear(&group->value);
    of_buffer_append(&group->value, &last, sizeof(last));
    for (size_t i = 0; i < sessions->count; i++) {
        const struct session *session = &sessions->items[i];
        if (session->window.end < close - clause->size_ms)
            continue;
        of_buffer_append(&group->value, &session->window, sizeof(session->window));
        ksql_cell_write(group, &session->cell, &group->value);
    }
    if (of_buffer_check(&group->value, "the sessions of a group", error))
        return OF_INPUT;
    const struct ksql_state_bytes key = {group->key.data, group->key.length};
    const struct ksql_state_bytes value = {group->value.data, group->value.length};
    return ksql_state_put(flow->state, &key, &value, error);
}

static int merge(struct ksql_group *group, struct ksql_flow *flow, struct ksql_cell *cell,
    const struct ksql_cell *other, struct of_error *error)
{
    for (size_t i = 0; i < group->grouping->call_count; i++) {
        const struct ksql_aggregate_call *call = &group->grouping->calls[i];
        const struct ksql_aggregate_step step = {
            .site = &call->site, .arena = &flow->record, .sequence = flow->records};
        if (call->function->merge(&step, &cell->states[i], &other->states[i]))
            return of_fail(error, OF_INPUT, "%s of this value is not supported by this runner",
                call->function->name);
    }
    return 0;
}

/* A session that goes into another one leaves a tombstone, unless the new one has its bounds. */
static int retract(struct ksql_group *group, struct ksql_flow *flow, const struct session *session,
    struct of_error *error)
{
    const struct ksql_result result = {
        .before = &session->cell, .timestamp = session->window.end, .window = session->window};
    return ksql_group_forward(group, flow, &result, error);
}

/* Splits into those that the row joins, whose bounds `all` takes in, and the others. */
static int join(struct ksql_group *group, struct ksql_flow *flow, int64_t time,
    const struct sessions *sessions, struct sessions *joined, struct sessions *others,
    struct session *all, struct of_error *error)
{
    int64_t gap = group->grouping->window->size_ms;
    for (size_t i = 0; i < sessions->count; i++) {
        const struct session *one = &sessions->items[i];
        bool apart = one->window.end < time - gap || one->window.start > time + gap;
        struct sessions *list = apart ? others : joined;
        *ksql_arena_append(&flow->record, list->items, list->count) = *one;
        if (apart)
            continue;
        if (merge(group, flow, &all->cell, &one->cell, error))
            return OF_INPUT;
        if (one->window.start < all->window.start)
            all->window.start = one->window.start;
        if (one->window.end > all->window.end)
            all->window.end = one->window.end;
    }
    return 0;
}

static void insert(struct ksql_flow *flow, struct sessions *sessions, const struct session *session)
{
    *ksql_arena_append(&flow->record, sessions->items, sessions->count) = *session;
    for (size_t i = sessions->count - 1;
         i && sessions->items[i - 1].window.start > session->window.start; i--) {
        sessions->items[i] = sessions->items[i - 1];
        sessions->items[i - 1] = *session;
    }
}

static int add_to_session(struct ksql_step *step, struct ksql_flow *flow,
    const struct ksql_change *change, struct of_error *error)
{
    struct ksql_group *group = (struct ksql_group *)step;
    const struct ksql_window_clause *clause = group->grouping->window;
    int64_t time = change->timestamp;
    struct sessions sessions, joined = {0}, others = {0};
    struct session all = {.window = {time, time}};
    bool counts;
    if (begin(group, flow, change, &counts, error))
        return OF_INPUT;
    if (!counts)
        return 0;
    ksql_group_begin_key(group);
    ksql_cell_init(group, flow, &all.cell);
    if (read_sessions(group, flow, &sessions, error) ||
        join(group, flow, time, &sessions, &joined, &others, &all, error))
        return OF_INPUT;
    if (all.window.end < group->stream_time - ksql_window_grace(clause) - clause->size_ms)
        return 0; /* too late */
    bool grown = all.window.start != time || all.window.end != time;
    if (ksql_cell_update(group, flow, &all.cell, &change->now, false, &all.cell, error))
        return OF_INPUT;
    insert(flow, &others, &all);
    if (write_sessions(group, flow, &others, error))
        return OF_INPUT;
    for (size_t i = 0; grown && i < joined.count; i++) {
        if (retract(group, flow, &joined.items[i], error))
            return OF_INPUT;
    }
    const struct ksql_result result = {
        .now = &all.cell, .timestamp = all.window.end, .window = all.window};
    return ksql_group_forward(group, flow, &result, error);
}

struct ksql_step *ksql_windows_new(struct ksql_flow *flow)
{
    struct ksql_group *group = ksql_arena_new(&flow->setup, sizeof(*group));
    ksql_group_init(group, flow);
    group->step.process = group->grouping->window->session ? add_to_session : add_to_windows;
    return &group->step;
}
