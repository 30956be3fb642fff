/* Allocation that aborts instead of returning NULL; every input has a limit, so this is safe. */
#ifndef OF_BASE_MEMORY_H
#define OF_BASE_MEMORY_H

#include "base/macros.h"

void *of_alloc(size_t size) __attribute__((malloc, returns_nonnull)); /* zeroed */
void *of_realloc(void *memory, size_t size)
    __attribute__((returns_nonnull)); /* new part not zeroed */
void *of_realloc_array(void *memory, size_t count, size_t size) __attribute__((returns_nonnull));
char *of_strdup(const char *text) __attribute__((malloc, returns_nonnull));
char *of_strndup(const char *text, size_t length) __attribute__((malloc, returns_nonnull));
char *of_asprintf(const char *format, ...) OF_PRINTF(1, 2) __attribute__((malloc, returns_nonnull));

/* OF_CLEANUP(of_cleanup_free) for any pointer from the functions above (or malloc). */
void of_cleanup_free(void *owner);
#define OF_FREE OF_CLEANUP(of_cleanup_free)

/* FILE * and file descriptors: OF_CLEANUP(of_cleanup_file), OF_CLEANUP(of_cleanup_fd) (-1 = none).
 */
void of_cleanup_file(void *owner);
void of_cleanup_fd(int *owner);

#endif
