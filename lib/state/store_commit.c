/* A store and the transactions of Kafka: what is prepared, what becomes of it, and whether the
 * state and the committed offsets belong together. */
#include "base/memory.h"
#include "state/store_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#define TOPIC_MAX 249 /* Kafka's */
#define NOTHING (-1)  /* no offset */

static const char prepared_key[] = {(char)KSQL_STORE_OWN, 'p'};

size_t ksql_store_uncommitted(const struct ksql_store *store)
{
    return ksql_state_memory_used(store->fresh);
}

/* ---- offsets, as entries ---- */

struct offset_key {
    char bytes[2 + TOPIC_MAX + 1 + sizeof(int32_t)];
    size_t size;
};

static void make_offset_key(const char *topic, int32_t partition, struct offset_key *key)
{
    size_t length = strnlen(topic, TOPIC_MAX);
    key->bytes[0] = (char)KSQL_STORE_OWN;
    key->bytes[1] = 'o';
    memcpy(key->bytes + 2, topic, length);
    key->bytes[2 + length] = '\0';
    memcpy(key->bytes + 3 + length, &partition, sizeof(partition));
    key->size = 3 + length + sizeof(partition);
}

/* What the state has read of the partition. */
static int get_offset(struct ksql_store *store, const struct ksql_store_position *position,
    int64_t *offset, struct of_error *error)
{
    struct offset_key key;
    char *message = NULL;
    size_t size = 0;
    make_offset_key(position->topic, position->partition, &key);
    OF_CLEANUP(of_cleanup_rocksdb_text)
    char *found = rocksdb_get(store->db, store->reading, key.bytes, key.size, &size, &message);
    if (ksql_store_fail(store, message, "reading the state", error))
        return OF_FATAL;
    *offset = NOTHING;
    if (found && size == sizeof(*offset))
        memcpy(offset, found, sizeof(*offset));
    return 0;
}

/* ---- preparing ---- */

static int check_disk(struct ksql_store *store, struct of_error *error)
{
    uint64_t tables = 0, buffers = 0, more = ksql_store_uncommitted(store);
    struct statvfs disk;
    rocksdb_property_int(store->db, "rocksdb.total-sst-files-size", &tables);
    rocksdb_property_int(store->db, "rocksdb.cur-size-all-mem-tables", &buffers);
    if (tables + buffers + more > store->disk_max)
        return of_fail(error, OF_FATAL,
            "%s: the state takes more than the %" PRIu64 " bytes that it may "
            "(ksqld.state.max.bytes)",
            store->folder, store->disk_max);
    if (statvfs(store->folder, &disk) < 0)
        return of_fail(error, OF_FATAL, "%s: %s", store->folder, strerror(errno));
    /* What is prepared is written twice. */
    if ((uint64_t)disk.f_bavail * disk.f_frsize < store->disk_free + 2 * more)
        return of_fail(error, OF_FATAL,
            "%s: less than %" PRIu64 " bytes are free on the disk (ksqld.state.min.free.bytes)",
            store->folder, store->disk_free);
    return 0;
}

static bool add_write(
    void *context, const struct ksql_state_bytes *key, const struct ksql_state_bytes *marked)
{
    rocksdb_writebatch_t *batch = context;
    const char *bytes = marked->data;
    if (bytes[0] == KSQL_STORE_WRITTEN)
        rocksdb_writebatch_put(batch, key->data, key->size, bytes + 1, marked->size - 1);
    else if (bytes[0] == KSQL_STORE_DELETED)
        rocksdb_writebatch_delete(batch, key->data, key->size);
    return true;
}

/* Length, topic, partition, offset; an empty topic ends the list. */
static void write_positions(
    const struct ksql_store_position *positions, size_t count, struct of_buffer *out)
{
    uint32_t length;
    for (size_t i = 0; i < count; i++) {
        length = (uint32_t)strnlen(positions[i].topic, TOPIC_MAX);
        of_buffer_append(out, &length, sizeof(length));
        of_buffer_append(out, positions[i].topic, length);
        of_buffer_append(out, &positions[i].partition, sizeof(positions[i].partition));
        of_buffer_append(out, &positions[i].offset, sizeof(positions[i].offset));
    }
    length = 0;
    of_buffer_append(out, &length, sizeof(length));
}

static rocksdb_writebatch_t *make_batch(
    struct ksql_store *store, const struct ksql_store_position *positions, size_t count)
{
    static const struct ksql_state_bytes all = {"", 0};
    rocksdb_writebatch_t *batch = rocksdb_writebatch_create();
    ksql_state_scan(store->fresh, &all, NULL, add_write, batch);
    for (size_t i = 0; i < count; i++) {
        struct offset_key key;
        make_offset_key(positions[i].topic, positions[i].partition, &key);
        rocksdb_writebatch_put(batch, key.bytes, key.size, (const char *)&positions[i].offset,
            sizeof(positions[i].offset));
    }
    rocksdb_writebatch_delete(batch, prepared_key, sizeof(prepared_key));
    return batch;
}

int ksql_store_prepare(struct ksql_store *store, const struct ksql_store_position *positions,
    size_t count, struct of_error *error)
{
    if (ksql_state_check(&store->state, error))
        return OF_FATAL;
    if (!store->settled)
        return of_fail(error, OF_FATAL, "%s: the state has not been settled", store->folder);
    if (count > KSQL_STORE_POSITIONS_MAX)
        return of_fail(
            error, OF_FATAL, "a query reads %u partitions at most", KSQL_STORE_POSITIONS_MAX);
    if (check_disk(store, error))
        return OF_FATAL;
    OF_CLEANUP(of_cleanup_rocksdb_batch)
    rocksdb_writebatch_t *batch = make_batch(store, positions, count);
    size_t size;
    char *message = NULL;
    const char *bytes = rocksdb_writebatch_data(batch, &size);
    of_buffer_clear(&store->scratch);
    write_positions(positions, count, &store->scratch);
    of_buffer_append(&store->scratch, bytes, size);
    if (of_buffer_check(&store->scratch, "what a transaction writes", error))
        return of_error_set(error, OF_FATAL, error->origin, "%s", error->message);
    store->settled = false; /* until it is known what has become of it */
    rocksdb_put(store->db, store->syncing, prepared_key, sizeof(prepared_key),
        (const char *)store->scratch.data, store->scratch.length, &message);
    if (ksql_store_fail(store, message, "preparing a transaction", error))
        return OF_FATAL;
    store->prepared = OF_TAKE(batch);
    return 0;
}

static void drop_prepared(struct ksql_store *store)
{
    if (store->prepared)
        rocksdb_writebatch_destroy(store->prepared);
    store->prepared = NULL;
}

int ksql_store_commit(struct ksql_store *store, struct of_error *error)
{
    char *message = NULL;
    if (!store->prepared)
        return of_fail(error, OF_FATAL, "%s: nothing is prepared", store->folder);
    rocksdb_write(store->db, store->writing, store->prepared, &message);
    if (ksql_store_fail(store, message, "committing to the state", error))
        return OF_FATAL;
    drop_prepared(store);
    ksql_store_forget(store);
    store->settled = true;
    return 0;
}

void ksql_store_abort(struct ksql_store *store)
{
    drop_prepared(store);
    ksql_store_forget(store);
    store->settled = false;
}

/* ---- settling ---- */

struct prepared {
    char *bytes; /* of the entry; NULL: nothing is prepared */
    struct of_text batch;
    struct ksql_store_position *positions; /* topics borrow from `topics` */
    char (*topics)[TOPIC_MAX + 1];
    size_t count;
};

static void release_prepared(struct prepared *prepared)
{
    rocksdb_free(prepared->bytes);
    free(prepared->positions);
    free(prepared->topics);
}

/* False: behind the last one, or broken, which `good` tells. */
static bool take_position(struct prepared *prepared, bool *good)
{
    struct of_text *bytes = &prepared->batch;
    struct ksql_store_position position = {.topic = NULL};
    uint32_t length;
    *good = of_text_take(bytes, &length, sizeof(length)) && length <= TOPIC_MAX &&
            prepared->count <= KSQL_STORE_POSITIONS_MAX;
    if (!*good || !length)
        return false;
    prepared->topics =
        of_realloc_array(prepared->topics, prepared->count + 1, sizeof(*prepared->topics));
    prepared->positions =
        of_realloc_array(prepared->positions, prepared->count + 1, sizeof(*prepared->positions));
    char *topic = prepared->topics[prepared->count];
    topic[length] = '\0';
    *good = of_text_take(bytes, topic, length) &&
            of_text_take(bytes, &position.partition, sizeof(position.partition)) &&
            of_text_take(bytes, &position.offset, sizeof(position.offset));
    prepared->positions[prepared->count++] = position;
    return *good;
}

static int read_prepared(
    struct ksql_store *store, struct prepared *prepared, struct of_error *error)
{
    char *message = NULL;
    size_t size = 0;
    bool good = true;
    prepared->bytes =
        rocksdb_get(store->db, store->reading, prepared_key, sizeof(prepared_key), &size, &message);
    if (ksql_store_fail(store, message, "reading the state", error))
        return OF_FATAL;
    if (!prepared->bytes)
        return 0;
    prepared->batch = (struct of_text){prepared->bytes, size};
    while (take_position(prepared, &good))
        ;
    for (size_t i = 0; i < prepared->count; i++)
        prepared->positions[i].topic = prepared->topics[i];
    return good ? 0
                : of_fail(
                      error, OF_FATAL, "%s: the prepared transaction can't be read", store->folder);
}

static bool same_partition(const struct ksql_store_position *a, const struct ksql_store_position *b)
{
    return a->partition == b->partition && strcmp(a->topic, b->topic) == 0;
}

static const struct ksql_store_position *find(const struct ksql_store_position *positions,
    size_t count, const struct ksql_store_position *wanted)
{
    for (size_t i = 0; i < count; i++) {
        if (same_partition(&positions[i], wanted))
            return &positions[i];
    }
    return NULL;
}

static bool is_ours(const struct ksql_store *store, const struct ksql_store_position *position)
{
    return position->id && position->id_size == KSQL_STORE_ID_SIZE &&
           memcmp(position->id, store->id, KSQL_STORE_ID_SIZE) == 0;
}

/* Says why the two don't belong together. */
static int refuse(const struct ksql_store *store, const struct ksql_store_position *position,
    int64_t mine, struct of_error *error)
{
    const char *topic = position->topic, *folder = store->folder;
    int32_t partition = position->partition;
    if (position->offset == NOTHING)
        return of_fail(error, OF_FATAL,
            "%s[%d]: no offset is committed, but the state in %s has read up to %" PRId64
            ": the group's offsets are gone; terminate the query and create it anew",
            topic, partition, folder, mine);
    if (mine == NOTHING)
        return of_fail(error, OF_FATAL,
            "%s[%d]: the query has read up to %" PRId64 ", but its state is not in %s: bring the "
            "folder back, or terminate the query and create it anew",
            topic, partition, position->offset, folder);
    if (!is_ours(store, position))
        return of_fail(error, OF_FATAL,
            "%s[%d]: the committed offset %" PRId64 " is not that of the state in %s, which has "
            "read up to %" PRId64 ": terminate the query and create it anew",
            topic, partition, position->offset, folder, mine);
    return of_fail(error, OF_FATAL,
        "%s[%d]: the state in %s has read up to %" PRId64 ", which is %s the committed offset "
        "%" PRId64 "; terminate the query and create it anew",
        topic, partition, folder, mine, mine > position->offset ? "beyond" : "before",
        position->offset);
}

/* Which of the two the committed offsets are those of. */
struct fit {
    bool now, prepared;
    const struct ksql_store_position *odd; /* the first that is not `now` */
    int64_t mine;
};

static int compare(struct ksql_store *store, const struct ksql_store_position *positions,
    size_t count, const struct prepared *prepared, struct fit *fit, struct of_error *error)
{
    *fit = (struct fit){.now = true, .prepared = prepared->bytes};
    for (size_t i = 0; i < count; i++) {
        const struct ksql_store_position *position = &positions[i];
        const struct ksql_store_position *next =
            find(prepared->positions, prepared->count, position);
        int64_t mine;
        if (get_offset(store, position, &mine, error))
            return OF_FATAL;
        bool foreign = position->offset != NOTHING && !is_ours(store, position);
        bool now = position->offset == mine && !foreign;
        if (!now && !fit->odd) {
            fit->odd = position;
            fit->mine = mine;
        }
        fit->now = fit->now && now;
        fit->prepared =
            fit->prepared && position->offset == (next ? next->offset : mine) && !foreign;
    }
    return 0;
}

/* Of partitions that are not among those given, nobody knows what is committed. */
static int check_given(const struct ksql_store *store, const struct ksql_store_position *positions,
    size_t count, const struct prepared *prepared, struct of_error *error)
{
    for (size_t i = 0; i < prepared->count; i++) {
        const struct ksql_store_position *one = &prepared->positions[i];
        if (!find(positions, count, one))
            return of_fail(error, OF_FATAL,
                "%s[%d]: the state in %s has read it, but it is not among the partitions that the "
                "query was given",
                one->topic, one->partition, store->folder);
    }
    return 0;
}

static int carry_out(
    struct ksql_store *store, const struct prepared *prepared, struct of_error *error)
{
    char *message = NULL;
    OF_CLEANUP(of_cleanup_rocksdb_batch)
    rocksdb_writebatch_t *batch =
        rocksdb_writebatch_create_from(prepared->batch.data, prepared->batch.length);
    rocksdb_write(store->db, store->writing, batch, &message);
    return ksql_store_fail(store, message, "committing to the state", error);
}

static int throw_away(struct ksql_store *store, struct of_error *error)
{
    char *message = NULL;
    rocksdb_delete(store->db, store->writing, prepared_key, sizeof(prepared_key), &message);
    return ksql_store_fail(store, message, "writing the state", error);
}

int ksql_store_settle(struct ksql_store *store, const struct ksql_store_position *positions,
    size_t count, struct of_error *error)
{
    struct prepared prepared OF_CLEANUP(release_prepared) = {.bytes = NULL};
    struct fit fit;
    ksql_store_abort(store);
    if (read_prepared(store, &prepared, error) ||
        check_given(store, positions, count, &prepared, error) ||
        compare(store, positions, count, &prepared, &fit, error))
        return OF_FATAL;
    int result = 0;
    if (fit.prepared && !fit.now)
        result = carry_out(store, &prepared, error);
    else if (!fit.now)
        result = refuse(store, fit.odd, fit.mine, error);
    else if (prepared.bytes)
        result = throw_away(store, error);
    store->settled = result == 0;
    return result;
}

int ksql_store_check(struct ksql_store *store, const struct ksql_store_position *positions,
    size_t count, struct of_error *error)
{
    struct prepared prepared OF_CLEANUP(release_prepared) = {.bytes = NULL};
    struct fit fit;
    if (read_prepared(store, &prepared, error) ||
        compare(store, positions, count, &prepared, &fit, error))
        return OF_FATAL;
    if (prepared.bytes)
        return of_fail(error, OF_FATAL,
            "%s: it is not known whether the last transaction was committed", store->folder);
    return fit.now ? 0 : refuse(store, fit.odd, fit.mine, error);
}
