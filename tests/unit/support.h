/* What several unit tests need: cmocka's includes in their order, files of a given content, and
 * what a call prints. */
#ifndef TESTS_UNIT_SUPPORT_H
#define TESTS_UNIT_SUPPORT_H

#include "base/error.h"
#include "base/memory.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define assert_contains(text, part) assert_contains_(text, part, __FILE__, __LINE__)

OF_UNUSED static inline void assert_contains_(
    const char *text, const char *part, const char *file, int line)
{
    if (strstr(text, part))
        return;
    print_error("\"%s\"\ndoes not hold \"%s\"\n", text, part);
    _fail(file, line);
}

OF_UNUSED static inline void assert_lacks(const char *text, const char *part)
{
    if (strstr(text, part)) {
        print_error("\"%s\"\nholds \"%s\"\n", text, part);
        fail();
    }
}

/* A file that its cleanup removes. */
struct temporary {
    char path[64];
};

OF_UNUSED static inline void temporary_make(
    struct temporary *file, const void *content, size_t size)
{
    snprintf(file->path, sizeof(file->path), "/tmp/orderflow-test-XXXXXX");
    int fd = mkstemp(file->path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, size), (ssize_t)size);
    close(fd);
}

OF_UNUSED static inline void temporary_remove(struct temporary *file)
{
    unlink(file->path);
}

#define TEMPORARY OF_CLEANUP(temporary_remove) struct temporary

/* Sends a descriptor's output to a file until capture_end, which yields it as a string. */
struct capture {
    int fd, saved, file;
};

OF_UNUSED static inline struct capture capture_begin(int fd)
{
    fflush(NULL);
    char path[] = "/tmp/orderflow-test-XXXXXX";
    struct capture capture = {fd, dup(fd), mkstemp(path)};
    assert_true(capture.saved >= 0 && capture.file >= 0);
    unlink(path);
    dup2(capture.file, fd);
    return capture;
}

OF_UNUSED static inline char *capture_end(struct capture *capture)
{
    fflush(NULL);
    dup2(capture->saved, capture->fd);
    close(capture->saved);
    off_t size = lseek(capture->file, 0, SEEK_END);
    char *text = of_alloc((size_t)size + 1);
    assert_int_equal(pread(capture->file, text, (size_t)size, 0), size);
    close(capture->file);
    return text;
}

/* True when the function ends its process by abort, as a broken invariant does. */
OF_UNUSED static inline bool aborts(void (*function)(void))
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        if (!freopen("/dev/null", "w", stderr))
            _exit(2);
        function();
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

#endif
