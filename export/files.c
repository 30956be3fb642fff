/* Files that appear whole. What is in them is document.c's. */
#include "files.h"

#include "base/clock.h"
#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COMPARE_BYTES 65536

OF_DEFINE_CLEANUP(cleanup_dir, DIR *, closedir)

static int step(struct files *files, enum files_step which)
{
    int failure = files->before ? files->before(files->context, which) : 0;
    errno = failure;
    return failure;
}

static int fail(enum of_error_class class, const char *path, struct of_error *error)
{
    return of_fail(error, class, "%s: %s", path, strerror(errno));
}

static int sync_folder(struct files *files, const char *path, struct of_error *error)
{
    if (step(files, FILES_SETTLE))
        return fail(OF_RETRY, path, error);
    OF_CLEANUP(of_cleanup_fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 || fsync(fd) < 0 ? fail(OF_RETRY, path, error) : OF_OK;
}

/* ---- opening ---- */

/* Half-written files are named ".INSTANCE.order-..."; see make_name. */
static void sweep(const char *path, const char *instance)
{
    OF_CLEANUP(cleanup_dir) DIR *dir = opendir(path);
    size_t length = strlen(instance);
    struct dirent *entry;
    while (dir && (entry = readdir(dir)) != NULL) {
        const char *name = entry->d_name;
        if (name[0] == '.' && strncmp(name + 1, instance, length) == 0 &&
            strncmp(name + 1 + length, ".order-", 7) == 0)
            unlinkat(dirfd(dir), name, 0);
    }
}

static int sweep_days(const char *folder, const char *instance, struct of_error *error)
{
    OF_CLEANUP(cleanup_dir) DIR *dir = opendir(folder);
    struct dirent *entry;
    if (!dir)
        return fail(OF_FATAL, folder, error);
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        OF_FREE char *path = of_asprintf("%s/%s", folder, entry->d_name);
        sweep(path, instance);
    }
    return OF_OK;
}

int files_open(
    struct files *files, const char *folder, const char *instance, struct of_error *error)
{
    *files = (struct files){.folder = folder, .instance = instance};
    if (strchr(instance, '/') || strlen(instance) > NAME_MAX / 2)
        return of_fail(
            error, OF_INPUT, "the instance name '%s' cannot be part of a file's name", instance);
    if (mkdir(folder, 0777) < 0 && errno != EEXIST)
        return fail(OF_FATAL, folder, error);
    if (access(folder, R_OK | W_OK | X_OK) < 0)
        return fail(OF_FATAL, folder, error);
    return sweep_days(folder, instance, error);
}

/* ---- one file ---- */

static const char *print_day(int64_t date, char day[FILES_DAY_SIZE])
{
    char text[OF_ISO8601_SIZE];
    const char *time = strchr(of_iso8601_print(date, text), 'T');
    snprintf(day, FILES_DAY_SIZE, "%.*s", (int)(time - text), text);
    return day;
}

void files_name(int64_t order_id, int64_t date, char name[FILES_NAME_SIZE])
{
    char day[FILES_DAY_SIZE];
    snprintf(name, FILES_NAME_SIZE, "%s/order-%" PRId64 ".json", print_day(date, day), order_id);
}

/* 1: the same; 0: another content; -1 with errno, ENOENT: there is none. */
static int compare(const char *path, const struct of_buffer *content)
{
    OF_CLEANUP(of_cleanup_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat facts;
    size_t done = 0;
    if (fd < 0 || fstat(fd, &facts) < 0)
        return -1;
    if (facts.st_size != (off_t)content->length)
        return 0;
    OF_FREE uint8_t *bytes = of_alloc(COMPARE_BYTES);
    while (done < content->length) {
        ssize_t size = read(fd, bytes, COMPARE_BYTES);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return -1;
        if (size == 0 || (size_t)size > content->length - done ||
            memcmp(bytes, content->data + done, (size_t)size) != 0)
            return 0;
        done += (size_t)size;
    }
    return 1;
}

static int write_all(struct files *files, int fd, const struct of_buffer *content)
{
    if (step(files, FILES_WRITE))
        return -1;
    for (size_t done = 0; done < content->length;) {
        ssize_t written = write(fd, content->data + done, content->length - done);
        if (written < 0 && errno != EINTR)
            return -1;
        done += written > 0 ? (size_t)written : 0;
    }
    return step(files, FILES_SYNC) || fsync(fd) < 0 ? -1 : 0;
}

/* Under a name that no reader looks at, and no other process has. */
static int write_hidden(struct files *files, char *hidden, const struct of_buffer *content)
{
    if (step(files, FILES_CREATE))
        return -1;
    OF_CLEANUP(of_cleanup_fd) int fd = mkostemp(hidden, O_CLOEXEC);
    if (fd < 0)
        return -1;
    if (write_all(files, fd, content) == 0 && fchmod(fd, 0644) == 0)
        return 0;
    int failure = errno;
    unlink(hidden);
    errno = failure;
    return -1;
}

static int write_file(struct files *files, int64_t order_id, const char *folder, const char *path,
    const struct of_buffer *content, struct of_error *error)
{
    OF_FREE char *hidden =
        of_asprintf("%s/.%s.order-%" PRId64 ".XXXXXX", folder, files->instance, order_id);
    if (write_hidden(files, hidden, content) < 0)
        return fail(OF_RETRY, path, error);
    if (step(files, FILES_RENAME) == 0 && rename(hidden, path) == 0)
        return OF_OK;
    int result = fail(OF_RETRY, path, error);
    unlink(hidden);
    return result;
}

static int make_day(struct files *files, const char *folder, struct of_error *error)
{
    if (step(files, FILES_FOLDER))
        return fail(OF_RETRY, folder, error);
    if (mkdir(folder, 0777) == 0)
        files->folder_dirty = true;
    else if (errno != EEXIST)
        return fail(OF_RETRY, folder, error);
    return OF_OK;
}

/* Files that were there already, too: they may be of a process that died before it synced. */
static int remember(struct files *files, const char *day, struct of_error *error)
{
    for (size_t i = 0; i < files->dirty_count; i++)
        if (strcmp(files->dirty[i], day) == 0)
            return OF_OK;
    if (files->dirty_count == FILES_DIRTY_MAX) {
        int result = files_settle(files, error);
        if (result < 0)
            return result;
    }
    snprintf(files->dirty[files->dirty_count++], FILES_DAY_SIZE, "%s", day);
    return OF_OK;
}

int files_put(struct files *files, int64_t order_id, int64_t date, const struct of_buffer *content,
    bool *written, struct of_error *error)
{
    char day[FILES_DAY_SIZE], name[FILES_NAME_SIZE];
    if (strlen(print_day(date, day)) != strlen("2026-11-21"))
        return of_fail(
            error, OF_INPUT, "order %" PRId64 ": the year of its date is out of range", order_id);
    files_name(order_id, date, name);
    OF_FREE char *folder = of_asprintf("%s/%s", files->folder, day);
    OF_FREE char *path = of_asprintf("%s/%s", files->folder, name);
    int same = compare(path, content);
    if (same == 0) {
        of_fail(error, OF_INPUT, "order %" PRId64 ": %s is there already, with another content",
            order_id, path);
        return of_error_kind(error, "content");
    }
    if (same < 0 && errno != ENOENT)
        return fail(OF_RETRY, path, error);
    int result = same == 1 ? OF_OK : make_day(files, folder, error);
    if (result == OF_OK && same != 1)
        result = write_file(files, order_id, folder, path, content, error);
    if (result == OF_OK)
        result = remember(files, day, error);
    if (result == OF_OK)
        *written = same != 1;
    return result;
}

int files_settle(struct files *files, struct of_error *error)
{
    int result = OF_OK;
    while (files->dirty_count > 0 && result == OF_OK) {
        OF_FREE char *path =
            of_asprintf("%s/%s", files->folder, files->dirty[files->dirty_count - 1]);
        result = sync_folder(files, path, error);
        files->dirty_count -= result == OF_OK;
    }
    if (result == OF_OK && files->folder_dirty)
        result = sync_folder(files, files->folder, error);
    if (result == OF_OK)
        files->folder_dirty = false;
    return result;
}
