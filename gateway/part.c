/* A pid file and /proc. */
#include "gateway/part.h"

#include "base/macros.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

#define LINE_SIZE 1024
#define START_FIELD 22 /* of /proc/PID/stat, from 1; see proc(5) */

OF_DEFINE_CLEANUP(cleanup_file, FILE *, fclose)

static bool read_line(const char *path, char line[LINE_SIZE])
{
    OF_CLEANUP(cleanup_file) FILE *file = fopen(path, "re");
    return file && fgets(line, LINE_SIZE, file);
}

/* Behind the name in parentheses, which may hold anything, comes the state; Z is dead. */
static bool started_at(const char *stat, unsigned long long start)
{
    const char *field = strrchr(stat, ')');
    if (!field || field[1] != ' ' || field[2] == 'Z')
        return false;
    for (int number = 2; number < START_FIELD; number++) {
        field = strchr(field + 1, ' ');
        if (!field)
            return false;
    }
    unsigned long long found;
    return sscanf(field, " %llu", &found) == 1 && found == start;
}

bool part_runs(const char *pid_file)
{
    char line[LINE_SIZE], path[64];
    int pid;
    unsigned long long start;
    if (!pid_file || !read_line(pid_file, line) || sscanf(line, "%d %llu", &pid, &start) != 2 ||
        pid <= 0)
        return false;
    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    return read_line(path, line) && started_at(line, start);
}
