/* Clocks by lane, and which lane a key is in. */
#include "ksqld/exec/lanes.h"

#include "base/memory.h"

#include <stdlib.h>

struct head {
    int64_t records;
    int64_t partitions;
    int64_t count;
};

void ksql_lanes_release(struct ksql_lanes *lanes)
{
    free(lanes->times);
    lanes->times = NULL;
    lanes->count = 0;
}

int64_t ksql_lane_time(const struct ksql_lanes *lanes, int32_t lane)
{
    return (size_t)lane < lanes->count ? lanes->times[lane] : -1;
}

int ksql_lane_advance(struct ksql_lanes *lanes, int32_t lane, int64_t time, struct of_error *error)
{
    if (lane < 0 || lane >= KSQL_LANES_MAX)
        return of_fail(
            error, OF_INPUT, "partition %d: windows are kept of %d at most", lane, KSQL_LANES_MAX);
    if ((size_t)lane >= lanes->count) {
        size_t count = (size_t)lane + 1;
        lanes->times = of_realloc_array(lanes->times, count, sizeof(*lanes->times));
        while (lanes->count < count)
            lanes->times[lanes->count++] = -1;
    }
    if (lanes->times[lane] < time)
        lanes->times[lane] = time;
    return 0;
}

/* ---- keys ---- */

#define MIX 0x5bd1e995u

static uint32_t mix(uint32_t word)
{
    word *= MIX;
    word ^= word >> 24;
    return word * MIX;
}

/* Kafka's (Utils.murmur2). */
static uint32_t murmur2(const uint8_t *bytes, size_t size)
{
    uint32_t hash = 0x9747b28cu ^ (uint32_t)size;
    size_t words = size / 4;
    for (size_t i = 0; i < words; i++) {
        const uint8_t *at = bytes + 4 * i;
        uint32_t word =
            (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
        hash = hash * MIX ^ mix(word);
    }
    const uint8_t *tail = bytes + 4 * words;
    size_t left = size % 4;
    for (size_t i = left; i > 0; i--)
        hash ^= (uint32_t)tail[i - 1] << (8 * (i - 1));
    if (left)
        hash *= MIX;
    hash ^= hash >> 13;
    hash *= MIX;
    return hash ^ hash >> 15;
}

int32_t ksql_lane_of_key(const struct ksql_lanes *lanes, const void *key, size_t size)
{
    if (lanes->partitions <= 1)
        return 0;
    return (int32_t)((murmur2(key, size) & 0x7fffffffu) % (uint32_t)lanes->partitions);
}

/* ---- the entry ---- */

int ksql_lanes_save(const struct ksql_lanes *lanes, int64_t records, struct ksql_state *state,
    struct of_error *error)
{
    static const uint8_t name = KSQL_STATE_LANES;
    const struct ksql_state_bytes key = {&name, sizeof(name)};
    const struct head head = {records, lanes->partitions, (int64_t)lanes->count};
    struct of_buffer value OF_CLEANUP(of_buffer_release);
    of_buffer_init(&value, sizeof(head) + KSQL_LANES_MAX * sizeof(*lanes->times));
    of_buffer_append(&value, &head, sizeof(head));
    of_buffer_append(&value, lanes->times, lanes->count * sizeof(*lanes->times));
    const struct ksql_state_bytes bytes = {value.data, value.length};
    return ksql_state_put(state, &key, &bytes, error);
}

int ksql_lanes_load(
    struct ksql_lanes *lanes, int64_t *records, struct ksql_state *state, struct of_error *error)
{
    static const uint8_t name = KSQL_STATE_LANES;
    const struct ksql_state_bytes key = {&name, sizeof(name)};
    struct ksql_state_bytes found;
    struct head head;
    lanes->count = 0;
    *records = 0;
    if (!ksql_state_get(state, &key, &found))
        return ksql_state_check(state, error);
    if (found.size < sizeof(head))
        return of_fail(error, OF_FATAL, "the clocks of the state can't be read");
    memcpy(&head, found.data, sizeof(head));
    size_t bytes = found.size - sizeof(head);
    if (head.count < 0 || head.count > KSQL_LANES_MAX ||
        bytes != (size_t)head.count * sizeof(*lanes->times))
        return of_fail(error, OF_FATAL, "the clocks of the state can't be read");
    lanes->partitions = (int32_t)head.partitions;
    lanes->times = of_realloc_array(lanes->times, (size_t)head.count + 1, sizeof(*lanes->times));
    memcpy(lanes->times, (const uint8_t *)found.data + sizeof(head), bytes);
    lanes->count = (size_t)head.count;
    *records = head.records;
    return 0;
}
