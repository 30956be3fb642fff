/* Which letters a command means: those named by position, or all that pass the filters. Pure. */
#ifndef ORDERFLOW_DEADLETTERS_SELECT_H
#define ORDERFLOW_DEADLETTERS_SELECT_H

#include "base/error.h"
#include "base/options.h"
#include "handled.h"
#include "letter.h"

#define SELECT_NAMED_MAX 1000 /* letters on one command line */
#define SELECT_NO_SINCE INT64_MIN
#define SELECT_NO_UNTIL INT64_MAX

struct selection {
    struct of_option_list stages, classes; /* any of them; empty: all */
    int64_t since, until;                  /* of the letter, ms: since <= time < until */
    struct letter_position *named;         /* sorted; none: the filters decide alone */
    bool *found;                           /* by index of `named` */
    size_t named_count;
};

void selection_release(struct selection *selection); /* also for OF_CLEANUP */

/* Takes the positions of `words`; one named twice counts once. INPUT names the word. */
int selection_name(struct selection *selection, const char *topic, int word_count, char **words,
    struct of_error *error) OF_NODISCARD;

/* True if a filter was given. */
bool selection_filters(const struct selection *selection);

/* Marks a named letter as found, whether or not the filters want it. */
bool selection_wants(struct selection *selection, const struct letter *letter);

/* INPUT names the first letter that was named but not found. */
int selection_check_found(
    const struct selection *selection, const char *topic, struct of_error *error) OF_NODISCARD;

/* Offsets of a partition that can hold wanted letters; false: none. */
bool selection_bounds(
    const struct selection *selection, int32_t partition, int64_t *start, int64_t *end);

#endif
