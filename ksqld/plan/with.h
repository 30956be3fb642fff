/* Properties of a WITH clause: which there are, and their values. */
#ifndef KSQLD_PLAN_WITH_H
#define KSQLD_PLAN_WITH_H

#include "ksqld/plan/plan.h"

enum ksql_with_use { KSQL_WITH_CREATE = 1, KSQL_WITH_CREATE_AS = 2, KSQL_WITH_INSERT = 4 };

/* INPUT: a name that the statement doesn't know, a value of the wrong type, a property that this
 * runner doesn't support. CLEANUP_POLICY passes only in a replay: ksqlDB writes it itself. */
int ksql_with_check(const struct ksql_with *with, enum ksql_with_use use, bool replay,
    struct ksql_problem *problem) OF_NODISCARD;

/* FORMAT, KEY_FORMAT and VALUE_FORMAT name formats of ksqlDB. */
int ksql_with_check_formats(
    const struct ksql_with *with, struct ksql_problem *problem) OF_NODISCARD;

/* INPUT, as Kafka has it: no topic can have that name. */
int ksql_check_topic_name(
    const char *name, const struct ksql_place *place, struct ksql_problem *problem) OF_NODISCARD;

/* NULL when the property is not there. */
const char *ksql_with_string(const struct ksql_with *with, const char *name);
/* False when the property is not there. */
bool ksql_with_number(const struct ksql_with *with, const char *name, int64_t *number);

void ksql_with_set_string(
    struct ksql_arena *arena, struct ksql_with *with, const char *name, const char *value);
void ksql_with_set_number(
    struct ksql_arena *arena, struct ksql_with *with, const char *name, int64_t value);

/* WINDOW_TYPE and WINDOW_SIZE of a checked clause. */
struct ksql_windows ksql_with_windows(const struct ksql_with *with);

/* The canonical name of a format, or NULL: ksqlDB has no such format. */
const char *ksql_format_find(const char *name);

#endif
