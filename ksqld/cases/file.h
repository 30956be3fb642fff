/* Files of test cases, in the format of ksqlDB's own query tests: {"tests": [{name, statements,
 * format, properties, topics, inputs, outputs, expectedException, post}, ...]}. Ours besides, with
 * paths from the file's folder: "scripts", a list of SQL files before the statements; "variables",
 * what they have as ${NAME}; and in "topics" valueSchemaFile instead of valueSchema. */
#ifndef KSQLD_CASES_FILE_H
#define KSQLD_CASES_FILE_H

#include "ksqld/serde/json.h"

#define KSQL_CASE_FILE_MAX (64u * 1024 * 1024) /* bytes of one file */
#define KSQL_CASES_MAX 65536u                  /* of one file, formats expanded */

/* One case for one format: {FORMAT} is replaced in every string of it. */
struct ksql_case {
    const char *name; /* "NAME - FORMAT" when the case has a list of formats */
    const struct ksql_json *body;
    const char *folder; /* of the file */
};

struct ksql_case_file {
    struct ksql_arena arena;
    const char *folder;
    struct ksql_case *cases;
    size_t count;
};

void ksql_case_file_release(struct ksql_case_file *file); /* also for OF_CLEANUP */

/* INPUT: it can't be read, or is no such file; the message begins with the path. */
int ksql_case_file_read(
    struct ksql_case_file *file, const char *path, struct of_error *error) OF_NODISCARD;

/* Text of a file, NUL-terminated, in the arena. INPUT: it can't be read. */
int ksql_case_read_text(struct ksql_arena *arena, const char *folder, const char *path,
    const char **text, size_t *size, struct of_error *error) OF_NODISCARD;

#endif
