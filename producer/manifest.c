/* Lines to disk, and back to what is committed. What they say is inject.c's. */
#include "manifest.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct of_manifest {
    const char *path;
    int fd;
    struct of_buffer pending;
};

static int fail(const struct of_manifest *manifest, struct of_error *error)
{
    return of_fail(error, OF_FATAL, "%s: %s", manifest->path, strerror(errno));
}

int of_manifest_open(const char *path, struct of_manifest **out, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_manifest) struct of_manifest *manifest = of_alloc(sizeof(*manifest));
    of_buffer_init(&manifest->pending, OF_MANIFEST_PENDING_MAX);
    manifest->path = path;
    manifest->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (manifest->fd < 0)
        return fail(manifest, error);
    *out = OF_TAKE(manifest);
    return OF_OK;
}

void of_manifest_free(struct of_manifest *manifest)
{
    if (manifest->fd >= 0)
        close(manifest->fd);
    of_buffer_release(&manifest->pending);
    free(manifest);
}

/* Where the lines end that are to be kept: a line of a later order begins there, or one that was
 * cut off by a crash. */
static int find_end(struct of_manifest *manifest, FILE *file, int64_t last_order_id, off_t *end,
    struct of_error *error)
{
    char line[OF_MANIFEST_LINE_MAX];
    int number = 0;
    *end = 0;
    while (fgets(line, sizeof(line), file)) {
        int64_t id;
        size_t length = strlen(line);
        number++;
        if (line[length - 1] != '\n' && length + 1 < sizeof(line))
            return OF_OK;
        if (line[length - 1] != '\n' || sscanf(line, "{\"order_id\":%" SCNd64 ",", &id) != 1)
            return of_fail(
                error, OF_FATAL, "%s:%d is no line of a manifest", manifest->path, number);
        if (id > last_order_id)
            return OF_OK;
        *end += (off_t)length;
    }
    return ferror(file) ? fail(manifest, error) : OF_OK;
}

int of_manifest_resume(struct of_manifest *manifest, int64_t last_order_id, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_file) FILE *file = fopen(manifest->path, "re");
    off_t end;
    of_buffer_clear(&manifest->pending);
    if (!file)
        return fail(manifest, error);
    int result = find_end(manifest, file, last_order_id, &end, error);
    if (result < 0)
        return result;
    return ftruncate(manifest->fd, end) < 0 ? fail(manifest, error) : OF_OK;
}

struct of_buffer *of_manifest_pending(struct of_manifest *manifest)
{
    return &manifest->pending;
}

int of_manifest_write(struct of_manifest *manifest, struct of_error *error)
{
    struct of_buffer *pending = &manifest->pending;
    if (of_buffer_check(pending, "the manifest's lines", error) < 0)
        return of_error_set(error, OF_FATAL, error->origin, "%s: %s", manifest->path,
            "too much trouble in one transaction");
    if (pending->length == 0)
        return OF_OK;
    for (size_t done = 0; done < pending->length;) {
        ssize_t written = write(manifest->fd, pending->data + done, pending->length - done);
        if (written < 0 && errno != EINTR)
            return fail(manifest, error);
        done += written > 0 ? (size_t)written : 0;
    }
    of_buffer_clear(pending);
    return fdatasync(manifest->fd) < 0 ? fail(manifest, error) : OF_OK;
}
