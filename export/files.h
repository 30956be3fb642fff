/* Documents as files, a folder a day:
 *
 *     FOLDER/2026-11-21/order-34421.json
 *
 * A file appears whole or not at all: it is written under a hidden name, synced, then renamed, and
 * its folder is synced before files_settle returns. The day is that of the order's date, so that an
 * order that comes again, after a crash or for whatever reason, finds its file. */
#ifndef EXPORT_FILES_H
#define EXPORT_FILES_H

#include "base/buffer.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define FILES_DIRTY_MAX 64 /* folders with files that are not settled; more are synced at once */
#define FILES_DAY_SIZE 16
#define FILES_NAME_SIZE 64

enum files_step { FILES_FOLDER, FILES_CREATE, FILES_WRITE, FILES_SYNC, FILES_RENAME, FILES_SETTLE };

struct files {
    const char *folder, *instance; /* borrowed */
    char dirty[FILES_DIRTY_MAX][FILES_DAY_SIZE];
    size_t dirty_count;
    bool folder_dirty; /* a day was added */
    /* For tests: called before each step; an answer other than 0 is taken as its errno. */
    int (*before)(void *context, enum files_step step);
    void *context;
};

/* Makes the folder where it is missing and clears away what an earlier process of the same instance
 * name left half-written. FATAL: it cannot be used. INPUT: the instance's name cannot be part of a
 * file's. */
int files_open(struct files *files, const char *folder, const char *instance,
    struct of_error *error) OF_NODISCARD;

/* "2026-11-21/order-34421.json" of an order of that date (ms). */
void files_name(int64_t order_id, int64_t date, char name[FILES_NAME_SIZE]);

/* The file stands when this returns, but only files_settle makes sure that it outlives a loss of
 * power. One that is there with the same content stays as it is (*written: false). INPUT: it is
 * there with another content, and stays. RETRY: the disk is full or fails; nothing is left. */
int files_put(struct files *files, int64_t order_id, int64_t date, const struct of_buffer *content,
    bool *written, struct of_error *error) OF_NODISCARD;

/* Syncs the folders of all files put so far. RETRY: one cannot be. */
int files_settle(struct files *files, struct of_error *error) OF_NODISCARD;

#endif
