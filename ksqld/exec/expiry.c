/* Looks through groups and the sink's rows for windows that are over. Each call looks at several
 * times more entries than come in between two of them, so that what is over does not pile up. */
#include "ksqld/exec/expiry.h"

#include "ksqld/exec/sink.h"

struct walk {
    struct ksql_flow *flow;
    const struct ksql_window_clause *clause;
    struct of_buffer *next;
    struct ksql_state_bytes *over; /* keys, copied */
    size_t over_count, seen;
};

void ksql_expiry_init(struct ksql_expiry *expiry)
{
    of_buffer_init(&expiry->next, KSQL_STATE_KEY_MAX);
}

void ksql_expiry_release(struct ksql_expiry *expiry)
{
    of_buffer_release(&expiry->next);
}

/* A group's key has its lane in front, and its window's start at the end; sessions begin with the
 * end of the last one. */
static bool group_is_over(const struct walk *walk, const struct ksql_state_bytes *key,
    const struct ksql_state_bytes *value)
{
    const uint8_t *bytes = key->data;
    int64_t time;
    if (key->size < 5 + sizeof(time) || value->size < sizeof(time))
        return false;
    int32_t lane = (int32_t)((uint32_t)bytes[1] << 24 | (uint32_t)bytes[2] << 16 |
                             (uint32_t)bytes[3] << 8 | bytes[4]);
    const void *from = walk->clause->session ? value->data : bytes + key->size - sizeof(time);
    memcpy(&time, from, sizeof(time));
    const struct ksql_window window = {time, time};
    return ksql_window_is_over(walk->clause, &walk->flow->lanes, lane, &window);
}

static bool look_at(
    void *context, const struct ksql_state_bytes *key, const struct ksql_state_bytes *value)
{
    struct walk *walk = context;
    bool group = *(const uint8_t *)key->data == KSQL_STATE_GROUPS;
    if (walk->seen++ == KSQL_EXPIRY_ENTRIES) {
        of_buffer_append(walk->next, key->data, key->size);
        return false;
    }
    if (group ? group_is_over(walk, key, value)
              : ksql_sink_row_is_over(walk->clause, &walk->flow->lanes, key, value)) {
        void *copy = ksql_arena_take(&walk->flow->record, key->size + 1);
        memcpy(copy, key->data, key->size);
        *ksql_arena_append(&walk->flow->record, walk->over, walk->over_count) =
            (struct ksql_state_bytes){copy, key->size};
    }
    return true;
}

int ksql_expiry_go_on(struct ksql_expiry *expiry, struct ksql_flow *flow, struct of_error *error)
{
    static const uint8_t prefixes[] = {KSQL_STATE_GROUPS, KSQL_STATE_SINK};
    const struct ksql_grouping *grouping = flow->plan->pipeline.grouping;
    if (!grouping || !grouping->window)
        return 0;
    struct walk walk = {.flow = flow, .clause = grouping->window, .next = &expiry->next};
    struct of_buffer from OF_CLEANUP(of_buffer_release);
    of_buffer_init(&from, KSQL_STATE_KEY_MAX);
    of_buffer_append(&from, expiry->next.data, expiry->next.length);
    of_buffer_clear(&expiry->next);
    for (size_t i = 0; i < sizeof(prefixes) && !expiry->next.length; i++) {
        const struct ksql_state_bytes prefix = {&prefixes[i], 1};
        const struct ksql_state_bytes start = {from.data, from.length};
        if (from.length && from.data[0] > prefixes[i])
            continue;
        bool inside = from.length && from.data[0] == prefixes[i];
        ksql_state_scan(flow->state, &prefix, inside ? &start : NULL, look_at, &walk);
    }
    for (size_t i = 0; i < walk.over_count; i++) {
        if (ksql_state_delete(flow->state, &walk.over[i], error))
            return OF_INPUT;
    }
    return 0;
}
