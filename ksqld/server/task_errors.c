/* The last errors of a query. What becomes of the query is task.c's. */
#include "ksqld/server/task_errors.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

void ksql_task_errors_init(struct ksql_task_errors *errors)
{
    *errors = (struct ksql_task_errors){.count = 0};
    pthread_mutex_init(&errors->lock, NULL);
}

void ksql_task_errors_release(struct ksql_task_errors *errors)
{
    for (size_t i = 0; i < errors->count; i++)
        free(errors->items[i].message);
    errors->count = 0;
    pthread_mutex_destroy(&errors->lock);
}

void ksql_task_errors_add(struct ksql_task_errors *errors, const struct of_error *error)
{
    pthread_mutex_lock(&errors->lock);
    if (errors->count == KSQL_TASK_ERRORS_MAX) {
        free(errors->items[0].message);
        errors->count--;
        memmove(&errors->items[0], &errors->items[1], errors->count * sizeof(errors->items[0]));
    }
    errors->items[errors->count++] =
        (struct ksql_task_error){of_clock_now(), error->class, of_strdup(error->message)};
    pthread_mutex_unlock(&errors->lock);
}

static const char *type_of(enum of_error_class class)
{
    return class == OF_INPUT ? "USER" : class == OF_RETRY ? "SYSTEM" : "UNKNOWN";
}

json_t *ksql_task_errors_json(struct ksql_task_errors *errors)
{
    json_t *list = json_array();
    pthread_mutex_lock(&errors->lock);
    for (size_t i = 0; i < errors->count; i++) {
        const struct ksql_task_error *item = &errors->items[i];
        json_t *message = json_string(item->message); /* NULL: it is no text */
        json_array_append_new(list,
            json_pack("{s:I, s:o, s:s}", "timestamp", (json_int_t)item->time, "errorMessage",
                message ? message : json_string("the message is no UTF-8; see the server's log"),
                "type", type_of(item->class)));
    }
    pthread_mutex_unlock(&errors->lock);
    return list;
}
