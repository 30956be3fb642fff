/* The export's peer: files of a size, each written under another name, synced and renamed, and the
 * folder synced every so often. No broker. Prints files and seconds as JSON. */
#include "base/clock.h"
#include "base/memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void fail(const char *path)
{
    perror(path);
    exit(1);
}

static void write_one(const char *folder, long number, const char *bytes, size_t size)
{
    OF_FREE char *hidden = of_asprintf("%s/.order-%ld", folder, number);
    OF_FREE char *path = of_asprintf("%s/order-%ld.json", folder, number);
    OF_CLEANUP(of_cleanup_fd) int fd = open(hidden, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || fsync(fd) < 0 ||
        rename(hidden, path) < 0)
        fail(path);
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: bare-files FOLDER FILES BYTES FILES-A-FOLDER-SYNC\n");
        return 2;
    }
    long files = strtol(argv[2], NULL, 10), often = strtol(argv[4], NULL, 10);
    size_t size = (size_t)strtol(argv[3], NULL, 10);
    OF_FREE char *bytes = of_alloc(size + 1);
    memset(bytes, 'x', size);
    OF_CLEANUP(of_cleanup_fd) int folder = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 || often < 1)
        fail(argv[1]);
    int64_t began = of_clock_monotonic_ns();
    for (long i = 1; i <= files; i++) {
        write_one(argv[1], i, bytes, size);
        if ((i % often == 0 || i == files) && fsync(folder) < 0)
            fail(argv[1]);
    }
    printf("{\"files\":%ld,\"seconds\":%.6f}\n", files,
        (double)(of_clock_monotonic_ns() - began) / 1e9);
    return 0;
}
