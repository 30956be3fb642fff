/* Why a query stopped or waited: its last errors, for those who ask what is the matter. */
#ifndef KSQLD_SERVER_TASK_ERRORS_H
#define KSQLD_SERVER_TASK_ERRORS_H

#include "base/error.h"

#include <jansson.h>
#include <pthread.h>

#define KSQL_TASK_ERRORS_MAX 10u /* as ksqlDB keeps; then the oldest goes */

struct ksql_task_errors {
    pthread_mutex_t lock;
    struct ksql_task_error {
        int64_t time;
        enum of_error_class class;
        char *message;
    } items[KSQL_TASK_ERRORS_MAX]; /* the oldest first */
    size_t count;
};

void ksql_task_errors_init(struct ksql_task_errors *errors);
void ksql_task_errors_release(struct ksql_task_errors *errors);

/* From any thread, like the next. */
void ksql_task_errors_add(struct ksql_task_errors *errors, const struct of_error *error);
/* ksqlDB's queryErrors: SYSTEM where another try may help, else USER. */
json_t *ksql_task_errors_json(struct ksql_task_errors *errors);

#endif
