/* Regular expressions as Java writes them, on PCRE2. What the two understand differently is
 * refused. */
#ifndef KSQLD_FUNCTIONS_PATTERN_H
#define KSQLD_FUNCTIONS_PATTERN_H

#include "avro/binary.h"
#include "ksqld/lang/arena.h"

#define KSQL_PATTERN_GROUPS_MAX 64u
#define KSQL_PATTERN_STEPS_MAX 1000000u /* of one search: beyond it fails */

struct ksql_pattern; /* immutable: threads may share it */

/* In the arena. NULL: no regular expression, or *refusal: not one that is done here. */
const struct ksql_pattern *ksql_pattern_compile(
    struct ksql_arena *arena, struct of_text text, const char **refusal);
/* Why Java would go another way through this text; NULL: it goes the same. */
const char *ksql_pattern_obstacle(const struct ksql_pattern *pattern, struct of_text text);
size_t ksql_pattern_groups(const struct ksql_pattern *pattern);

/* Where it was found: offsets of the whole match and of its groups, SIZE_MAX for one without. */
struct ksql_match_at {
    size_t start[KSQL_PATTERN_GROUPS_MAX + 1], end[KSQL_PATTERN_GROUPS_MAX + 1];
    void *data, *context; /* PCRE2's, for all searches in one text */
};

/* The first in the text. 1: found; 0: not; -1: it takes too many steps. Memory for the search is
 * taken from the arena here, once. */
int ksql_pattern_find(const struct ksql_pattern *pattern, struct ksql_arena *arena,
    struct of_text text, struct ksql_match_at *match);
/* The same behind a match, as Matcher.find goes on: one character further after an empty one. */
int ksql_pattern_next(
    const struct ksql_pattern *pattern, struct of_text text, struct ksql_match_at *match);

#endif
