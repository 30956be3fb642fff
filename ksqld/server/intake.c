/* Counting, telling, and saying when it is too much. */
#include "ksqld/server/intake.h"

int ksql_intake_row(void *context, const struct ksql_record_out *record, struct of_error *error)
{
    struct ksql_intake *intake = context;
    if (intake->limited && intake->rows >= intake->limit)
        return OF_OK;
    intake->rows++;
    bool gone = !record->value;
    ksql_tell_row(&intake->telling, gone ? record->key : record->value,
        gone ? record->key_size : record->value_size, gone, &intake->answer);
    intake->limit_reached = intake->limited && intake->rows >= intake->limit;
    if (!intake->answer.full)
        return OF_OK;
    return of_fail(error, OF_FATAL, "the answer is longer than %zu bytes", intake->answer.limit);
}

int ksql_intake_check_time(int64_t now, int64_t deadline, int limit_ms, struct of_error *error)
{
    return now <= deadline
               ? OF_OK
               : of_fail(error, OF_FATAL, "the pull query takes longer than %d ms", limit_ms);
}
