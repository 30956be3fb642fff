/* A case that is being run, and the parts of its run. */
#ifndef KSQLD_CASES_STATE_H
#define KSQLD_CASES_STATE_H

#include "ksqld/cases/codec.h"
#include "ksqld/cases/file.h"
#include "ksqld/cases/world.h"
#include "ksqld/serde/window.h"

enum ksql_verdict {
    KSQL_CASE_PASSED,
    KSQL_CASE_REFUSED, /* needs what this runner says it doesn't support */
    KSQL_CASE_WRONG,
};

struct ksql_case_state {
    const struct ksql_case *test;
    struct ksql_world world;
    struct ksql_arena arena; /* what is compared */
    struct of_buffer *reason;
};

/* KSQL_CASE_REFUSED; the reason names what is not supported. */
enum ksql_verdict ksql_case_refuse(struct ksql_case_state *state, const char *what);
/* Topics that ksqlDB makes inside of queries, and this runner doesn't. */
bool ksql_case_is_internal(const char *topic);

/* Topics and schemas that the case describes. */
enum ksql_verdict ksql_case_topics(struct ksql_case_state *state);
/* "inputs", one after the other. */
enum ksql_verdict ksql_case_send_inputs(struct ksql_case_state *state);
/* "outputs": topics that none of them names are not looked at. */
enum ksql_verdict ksql_case_compare_outputs(struct ksql_case_state *state);
/* "post": sources and topics as they are in the end. */
enum ksql_verdict ksql_case_post(struct ksql_case_state *state);
/* The first source over a topic, or NULL. */
const struct ksql_source *ksql_case_source(const struct ksql_case_state *state, const char *topic);
/* How a side of a topic is written: as its source says, or the case. */
struct ksql_codec ksql_case_codec(
    const struct ksql_case_state *state, const struct ksql_world_topic *topic, bool key);
/* {"start": ..., "end": ..., "type": "time" or "session"}. False: it has no start and end. */
bool ksql_case_read_window(const struct ksql_json *json, struct ksql_window *window, bool *session);

#endif
