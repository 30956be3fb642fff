/* A store's life: its folder, RocksDB's settings, who made it. What is in it is store_state.c's and
 * store_commit.c's. */
#include "state/store.h"

#include "base/memory.h"
#include "state/store_parts.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* Memory of one store: two write buffers, and a share of the cache that all stores have together.
 * What a query needs again and again is in the buffers. */
#define WRITE_BUFFER_BYTES ((size_t)2 * 1024 * 1024)
#define WRITE_BUFFERS 2
#define CACHE_BYTES ((size_t)4 * 1024 * 1024)
#define WAL_BYTES ((uint64_t)32 * 1024 * 1024)
#define OPEN_FILES 64
#define BLOOM_BITS 10
#define LOG_BYTES ((size_t)1024 * 1024)
#define LOG_FILES 2
#define LOG_WARNINGS 2
#define LAYOUT "1" /* of the entries; a state of another one is refused */

int ksql_store_fail(
    const struct ksql_store *store, char *message, const char *doing, struct of_error *error)
{
    if (!message)
        return 0;
    int result = of_fail(error, OF_FATAL, "%s: %s: %s", store->folder, doing, message);
    rocksdb_free(message);
    return result;
}

/* ---- settings ---- */

static rocksdb_cache_t *cache;

/* One for all stores, until the process ends. */
static void make_cache(void)
{
    cache = rocksdb_cache_create_lru(CACHE_BYTES);
}

static rocksdb_options_t *make_options(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_cache);
    rocksdb_options_t *options = rocksdb_options_create();
    rocksdb_block_based_table_options_t *table = rocksdb_block_based_options_create();
    rocksdb_block_based_options_set_block_cache(table, cache);
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1);
    rocksdb_block_based_options_set_filter_policy(
        table, rocksdb_filterpolicy_create_bloom_full(BLOOM_BITS));
    rocksdb_options_set_block_based_table_factory(options, table);
    rocksdb_block_based_options_destroy(table);
    rocksdb_options_set_create_if_missing(options, 1);
    rocksdb_options_set_write_buffer_size(options, WRITE_BUFFER_BYTES);
    rocksdb_options_set_max_write_buffer_number(options, WRITE_BUFFERS);
    rocksdb_options_set_max_total_wal_size(options, WAL_BYTES);
    rocksdb_options_set_max_open_files(options, OPEN_FILES);
    rocksdb_options_set_compression(options, rocksdb_lz4_compression);
    rocksdb_options_set_level_compaction_dynamic_level_bytes(options, 1);
    rocksdb_options_set_stats_dump_period_sec(options, 0);
    rocksdb_options_set_stats_persist_period_sec(options, 0);
    rocksdb_options_set_skip_stats_update_on_db_open(options, 1);
    rocksdb_options_set_info_log_level(options, LOG_WARNINGS);
    rocksdb_options_set_max_log_file_size(options, LOG_BYTES);
    rocksdb_options_set_keep_log_file_num(options, LOG_FILES);
    return options;
}

/* ---- opening ---- */

/* With the folders above it. */
static int make_folder(const char *folder, struct of_error *error)
{
    OF_FREE char *path = of_strdup(folder);
    for (char *c = path + 1; *c; c++) {
        if (*c != '/')
            continue;
        *c = '\0';
        if (mkdir(path, 0700) < 0 && errno != EEXIST)
            return of_fail(error, OF_FATAL, "%s: %s", path, strerror(errno));
        *c = '/';
    }
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return of_fail(error, OF_FATAL, "%s: %s", path, strerror(errno));
    return 0;
}

static int open_db(struct ksql_store *store, struct of_error *error)
{
    char *message = NULL;
    store->db = rocksdb_open(store->options, store->folder, &message);
    return ksql_store_fail(store, message, "opening the state", error);
}

static const char maker_key[] = {(char)KSQL_STORE_OWN, 'm'};
static const char id_key[] = {(char)KSQL_STORE_OWN, 'i'};

static int make_id(struct ksql_store *store, struct of_error *error)
{
    uint8_t random[KSQL_STORE_ID_SIZE / 2];
    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return of_fail(error, OF_FATAL, "no random numbers: %s", strerror(errno));
    for (size_t i = 0; i < sizeof(random); i++)
        snprintf(store->id + 2 * i, 3, "%02x", random[i]);
    return 0;
}

static int sign(struct ksql_store *store, const char *maker, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_rocksdb_batch) rocksdb_writebatch_t *batch = rocksdb_writebatch_create();
    char *message = NULL;
    if (make_id(store, error))
        return OF_FATAL;
    rocksdb_writebatch_put(batch, maker_key, sizeof(maker_key), maker, strlen(maker));
    rocksdb_writebatch_put(batch, id_key, sizeof(id_key), store->id, KSQL_STORE_ID_SIZE);
    rocksdb_write(store->db, store->syncing, batch, &message);
    return ksql_store_fail(store, message, "writing the state", error);
}

/* A new store takes the maker's name, one that is there must have it. */
static int check_maker(struct ksql_store *store, const char *maker, struct of_error *error)
{
    size_t size = 0, id_size = 0;
    char *message = NULL;
    OF_CLEANUP(of_cleanup_rocksdb_text)
    char *found =
        rocksdb_get(store->db, store->reading, maker_key, sizeof(maker_key), &size, &message);
    if (ksql_store_fail(store, message, "reading the state", error))
        return OF_FATAL;
    if (!found)
        return sign(store, maker, error);
    if (size != strlen(maker) || memcmp(found, maker, size) != 0)
        return of_fail(error, OF_FATAL,
            "%s: this is the state of another query or version; remove the folder if it is not "
            "needed any more",
            store->folder);
    OF_CLEANUP(of_cleanup_rocksdb_text)
    char *id = rocksdb_get(store->db, store->reading, id_key, sizeof(id_key), &id_size, &message);
    if (ksql_store_fail(store, message, "reading the state", error))
        return OF_FATAL;
    if (id_size != KSQL_STORE_ID_SIZE)
        return of_fail(error, OF_FATAL, "%s: the state has no id", store->folder);
    memcpy(store->id, id, id_size);
    return 0;
}

int ksql_store_open(
    const struct ksql_store_options *options, struct ksql_store **out, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_ksql_store) struct ksql_store *store = of_alloc(sizeof(*store));
    OF_FREE char *maker = of_asprintf("%s %s", LAYOUT, options->maker);
    store->state.type = &ksql_store_type;
    store->folder = of_strdup(options->folder);
    store->disk_max = options->disk_max;
    store->disk_free = options->disk_free;
    store->options = make_options();
    store->reading = rocksdb_readoptions_create();
    store->writing = rocksdb_writeoptions_create();
    store->syncing = rocksdb_writeoptions_create();
    rocksdb_writeoptions_set_sync(store->syncing, 1);
    of_buffer_init(&store->scratch, KSQL_STORE_UNCOMMITTED_MAX + KSQL_STORE_BATCH_BYTES);
    ksql_store_forget(store);
    int result = make_folder(store->folder, error);
    if (!result)
        result = open_db(store, error);
    if (!result)
        result = check_maker(store, maker, error);
    if (result)
        return result;
    *out = OF_TAKE(store);
    return 0;
}

void ksql_store_close(struct ksql_store *store)
{
    if (!store)
        return;
    ksql_state_free(store->fresh);
    if (store->prepared)
        rocksdb_writebatch_destroy(store->prepared);
    if (store->db)
        rocksdb_close(store->db);
    rocksdb_writeoptions_destroy(store->syncing);
    rocksdb_writeoptions_destroy(store->writing);
    rocksdb_readoptions_destroy(store->reading);
    rocksdb_options_destroy(store->options);
    of_buffer_release(&store->scratch);
    free(store->folder);
    free(store);
}

struct ksql_state *ksql_store_state(struct ksql_store *store)
{
    return &store->state;
}

const char *ksql_store_id(const struct ksql_store *store)
{
    return store->id;
}

/* ---- removing ---- */

OF_DEFINE_CLEANUP(cleanup_dir, DIR *, closedir)

/* RocksDB keeps no folders inside of its own. */
int ksql_store_remove(const char *folder, struct of_error *error)
{
    OF_CLEANUP(cleanup_dir) DIR *dir = opendir(folder);
    if (!dir)
        return errno == ENOENT ? 0 : of_fail(error, OF_FATAL, "%s: %s", folder, strerror(errno));
    struct dirent *entry;
    while ((entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlinkat(dirfd(dir), entry->d_name, 0) < 0)
            return of_fail(error, OF_FATAL, "%s/%s: %s", folder, entry->d_name, strerror(errno));
    }
    return rmdir(folder) < 0 ? of_fail(error, OF_FATAL, "%s: %s", folder, strerror(errno)) : 0;
}
