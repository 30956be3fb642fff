/* Walks files and prints; judging is run.c's. */
#include "ksqld/cases/cases.h"

#include "base/memory.h"
#include "ksqld/cases/run.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

#define REASON_MAX (256u * 1024)

static int run_file(
    const char *path, bool verbose, FILE *out, struct ksql_case_sum *sum, struct of_error *error)
{
    struct ksql_case_file file OF_CLEANUP(ksql_case_file_release) = {0};
    struct of_buffer reason OF_CLEANUP(of_buffer_release);
    struct of_buffer details OF_CLEANUP(of_buffer_release);
    struct ksql_case_sum here = {0};
    of_buffer_init(&reason, REASON_MAX);
    of_buffer_init(&details, KSQL_CASE_FILE_MAX);
    if (ksql_case_file_read(&file, path, error))
        return OF_INPUT;
    for (size_t i = 0; i < file.count; i++) {
        enum ksql_verdict verdict = ksql_case_run(&file.cases[i], &reason);
        here.passed += verdict == KSQL_CASE_PASSED;
        here.refused += verdict == KSQL_CASE_REFUSED;
        here.wrong += verdict == KSQL_CASE_WRONG;
        if (verdict == KSQL_CASE_WRONG || (verbose && verdict == KSQL_CASE_REFUSED))
            of_buffer_appendf(&details, "%s: %s: %s\n",
                verdict == KSQL_CASE_WRONG ? "wrong" : "refused", file.cases[i].name,
                of_buffer_text(&reason));
    }
    const char *name = strrchr(path, '/');
    fprintf(out, "%s: %zu passed, %zu refused, %zu wrong\n%s", name ? name + 1 : path, here.passed,
        here.refused, here.wrong, of_buffer_text(&details));
    sum->passed += here.passed;
    sum->refused += here.refused;
    sum->wrong += here.wrong;
    return 0;
}

static int wants_file(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0;
}

int ksql_cases_run(
    const char *path, bool verbose, FILE *out, struct ksql_case_sum *sum, struct of_error *error)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return of_fail(error, OF_INPUT, "%s: no such file or folder", path);
    if (!S_ISDIR(status.st_mode))
        return run_file(path, verbose, out, sum, error);
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, wants_file, alphasort), result = 0;
    if (count < 0)
        return of_fail(error, OF_INPUT, "%s: can't be listed", path);
    if ((unsigned)count > KSQL_CASE_FILES_MAX)
        result = of_fail(error, OF_INPUT, "%s: more than %u files", path, KSQL_CASE_FILES_MAX);
    for (int i = 0; i < count; i++) {
        char *file OF_FREE = of_asprintf("%s/%s", path, entries[i]->d_name);
        if (!result)
            result = run_file(file, verbose, out, sum, error);
        free(entries[i]);
    }
    free(entries);
    return result;
}
