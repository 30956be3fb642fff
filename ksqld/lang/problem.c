/* Messages about a statement; which error code they travel under is the engine's business. */
#include "ksqld/lang/problem.h"

#include "base/memory.h"

#include <stdlib.h>

void ksql_problem_release(struct ksql_problem *problem)
{
    free(problem->message);
    *problem = (struct ksql_problem){0};
}

static void keep(
    struct ksql_problem *problem, const struct ksql_place *place, struct of_buffer *message)
{
    if (problem->class != OF_OK)
        return;
    problem->class = OF_INPUT;
    problem->message = of_strndup((const char *)message->data, message->length);
    if (place)
        problem->place = *place;
}

int ksql_problem_set(
    struct ksql_problem *problem, const struct ksql_place *place, const char *format, ...)
{
    struct of_buffer message OF_CLEANUP(of_buffer_release);
    of_buffer_init(&message, KSQL_PROBLEM_MAX);
    va_list arguments;
    va_start(arguments, format);
    if (of_buffer_vappendf(&message, format, arguments))
        of_buffer_append_text(&message, "The statement is wrong, in more words than fit here.");
    va_end(arguments);
    keep(problem, place, &message);
    return OF_INPUT;
}

int ksql_problem_unsupported(
    struct ksql_problem *problem, const struct ksql_place *place, const char *feature, ...)
{
    struct of_buffer message OF_CLEANUP(of_buffer_release);
    of_buffer_init(&message, KSQL_PROBLEM_MAX);
    if (place && place->line)
        of_buffer_appendf(&message, "Line: %d, Col: %d: ", place->line, place->column);
    va_list arguments;
    va_start(arguments, feature);
    of_buffer_vappendf(&message, feature, arguments);
    va_end(arguments);
    of_buffer_append_text(&message, " is not supported by this runner.");
    bool first = problem->class == OF_OK;
    keep(problem, place, &message);
    if (first)
        problem->not_supported = true;
    return OF_INPUT;
}

int ksql_problem_prefix(struct ksql_problem *problem, const char *text)
{
    if (!problem->not_supported && problem->class == OF_INPUT) {
        char *message = of_asprintf("%s%s", text, problem->message);
        free(problem->message);
        problem->message = message;
    }
    return problem->class;
}
