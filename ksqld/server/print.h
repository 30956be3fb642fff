/* PRINT: the records of a topic as text, whoever wrote them, in the formats that they look like. */
#ifndef KSQLD_SERVER_PRINT_H
#define KSQLD_SERVER_PRINT_H

#include "base/config.h"
#include "ksqld/engine.h"
#include "registry/registry.h"

struct ksql_topic_print;
/* Config and registry are borrowed until free, the printing for the call. RETRY: no answer. */
int ksql_topic_print_new(const struct of_config *config, struct of_registry *registry,
    const struct ksql_printing *printing, struct ksql_topic_print **print,
    struct of_error *error) OF_NODISCARD;
void ksql_topic_print_free(struct ksql_topic_print *print);

/* Waits up to `wait_ms` for a record and appends its line, behind the formats where they became
 * known. False: the limit is reached. */
bool ksql_topic_print_step(struct ksql_topic_print *print, int wait_ms, struct of_buffer *out);

#endif
