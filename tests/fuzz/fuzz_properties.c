/* The properties parser: names and values come out as text, with a line that the file has. */
#include "fuzz.h"

#include "base/buffer.h"
#include "base/properties.h"

#include <sys/mman.h>
#include <unistd.h>

static int visit(
    void *context, const char *name, const char *value, int line, struct of_error *error)
{
    (void)error;
    const int *lines = context;
    PROMISE(name[0] && strlen(name) <= OF_PROPERTIES_LINE_MAX);
    PROMISE(strlen(value) <= OF_PROPERTIES_LINE_MAX);
    PROMISE(line >= 1 && line <= *lines);
    return OF_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    static char path[64];
    if (fd < 0) {
        fd = memfd_create("fuzz", MFD_CLOEXEC);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    }
    int lines = 1;
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    PROMISE(fd >= 0 && ftruncate(fd, 0) == 0);
    PROMISE(pwrite(fd, data, size, 0) == (ssize_t)size);
    struct of_error error;
    if (of_properties_read(path, visit, &lines, &error) < 0)
        PROMISE(error.class == OF_INPUT && strstr(error.message, path));
    return 0;
}
