/* The command `test`: files of cases, their verdicts, their sum. */
#ifndef KSQLD_CASES_CASES_H
#define KSQLD_CASES_CASES_H

#include "base/error.h"

#include <stdbool.h>
#include <stdio.h>

#define KSQL_CASE_FILES_MAX 65536u /* of one folder */

struct ksql_case_sum {
    size_t passed, refused, wrong;
};

/* Runs a file, or all *.json of a folder in the order of their names: a line a file and, for each
 * case that is wrong (with `verbose`, also for each that is refused), its reason. INPUT: a file
 * can't be read. */
int ksql_cases_run(const char *path, bool verbose, FILE *out, struct ksql_case_sum *sum,
    struct of_error *error) OF_NODISCARD;

#endif
