/* Attributes and cleanup helpers that every other header builds on.
 *
 * Ownership rule of the project: one owner an object. A local owner carries OF_CLEANUP(function),
 * where function takes a pointer to the variable, and is handed out on success with OF_TAKE. */
#ifndef OF_BASE_MACROS_H
#define OF_BASE_MACROS_H

#include <stddef.h>

#define OF_NODISCARD __attribute__((warn_unused_result))
#define OF_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define OF_CLEANUP(function) __attribute__((cleanup(function)))
#define OF_UNUSED __attribute__((unused))

/* Yields the pointer and clears the variable, so that its cleanup finds NULL. */
#define OF_TAKE(pointer)                                                                           \
    ({                                                                                             \
        __typeof__(pointer) of_taken_ = (pointer);                                                 \
        (pointer) = NULL;                                                                          \
        of_taken_;                                                                                 \
    })

#define OF_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Defines static void NAME(TYPE *owner) for OF_CLEANUP: calls FREE(*owner) unless it is NULL. */
#define OF_DEFINE_CLEANUP(name, type, free_function)                                               \
    OF_UNUSED static inline void name(type *owner)                                                 \
    {                                                                                              \
        if (*owner)                                                                                \
            free_function(*owner);                                                                 \
    }

#endif
