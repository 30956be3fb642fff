/* How rows go through a query: from the reader of a topic to the writer of the sink, step by
 * step. Each takes a change, and hands what comes of it to the next one before it returns; so
 * all that belongs to one record is done when the reader returns.
 *
 *     reader -> [join] -> WHERE -> [table functions] -> [GROUP BY -> HAVING] -> SELECT -> writer
 *
 * A row of a stream is a change that has no `before`. Of a table, `before` is what the row was: the
 * steps that need it (filters, GROUP BY) get it from a reader that keeps its table in the
 * state. Values live in the record's arena, or in the state until it is written. */
#ifndef KSQLD_EXEC_FLOW_H
#define KSQLD_EXEC_FLOW_H

#include "ksqld/engine.h"
#include "ksqld/exec/evaluate.h"
#include "ksqld/plan/plan.h"
#include "ksqld/serde/window.h"
#include "state/state.h"

/* One value a slot: columns of the step's schema, pseudo columns, table functions. Slots of key
 * columns are filled in any case. */
struct ksql_row {
    struct ksql_value *slots; /* NULL: no such row is known */
    bool present;             /* has a value; else a tombstone, or not there yet */
};

struct ksql_change {
    struct ksql_row now, before;
    bool keyed; /* the record has a key */
    int64_t timestamp;
    int32_t lane;              /* see lanes.h */
    struct ksql_window window; /* of the key, where it has one */
};

/* Times of rows, by lane: see lanes.h. */
struct ksql_lanes {
    int64_t *times; /* the latest seen; -1: none */
    size_t count;
    int32_t partitions; /* of what is written by a new key */
};

/* First bytes of the state's entries; below them are the numbers of the kept inputs. */
enum { KSQL_STATE_GROUPS = 0x80, KSQL_STATE_SINK = 0xc0, KSQL_STATE_LANES = 0xf0 };

/* What the steps of a run share. */
struct ksql_flow {
    const struct ksql_plan *plan;
    struct ksql_arena setup;  /* what lasts as long as the run */
    struct ksql_arena record; /* values, until the next record */
    struct ksql_frame frame;  /* its row is set by who evaluates */
    struct ksql_state *state; /* NULL: nothing is kept */
    int64_t records;          /* processed; gives each its number in their order */
    struct ksql_lanes lanes;
    int32_t key_id; /* of the sink's key's schema */
    ksql_emit *emit;
    void *emit_context;
    /* See trouble.h. */
    ksql_tell_trouble *trouble;
    void *trouble_context;
    bool trouble_rows, faulty_key;
    int fault;   /* enum ksql_fault: what failed the record at hand */
    size_t told; /* of the record at hand */
};

/* INPUT: an expression met what this runner refuses, or there was not enough memory for values. */
int ksql_flow_check(const struct ksql_flow *flow, struct of_error *error) OF_NODISCARD;

struct ksql_step;
typedef int ksql_process(struct ksql_step *step, struct ksql_flow *flow,
    const struct ksql_change *change, struct of_error *error);

struct ksql_step {
    ksql_process *process;
    void (*free)(struct ksql_step *step); /* what is not in the flow's arena; or NULL */
    struct ksql_step *next;
};

static inline int ksql_forward(struct ksql_step *step, struct ksql_flow *flow,
    const struct ksql_change *change, struct of_error *error)
{
    return step->next->process(step->next, flow, change, error);
}

/* ---- the steps; each lives in the flow's arena ---- */

/* WHERE and HAVING. A row of a table that no longer passes becomes a tombstone. */
struct ksql_step *ksql_filter_new(
    struct ksql_flow *flow, const struct ksql_expression *condition, bool table);
struct ksql_step *ksql_explode_new(struct ksql_flow *flow);
/* SELECT and the writer of the sink. */
struct ksql_step *ksql_project_new(struct ksql_flow *flow, int32_t key_id, int32_t value_id);
#define KSQL_ANSWER_ROW_MAX (64u * 1024 * 1024) /* bytes of one row as JSON */
/* SELECT of an ephemeral query: a record whose value is the row as a JSON array. Where a row of a
 * table is gone, the value is NULL, and the key is the row with what is left of it. */
struct ksql_step *ksql_answer_new(struct ksql_flow *flow);

/* Reads one of the query's inputs. */
struct ksql_reader;
struct ksql_reader *ksql_reader_new(struct ksql_flow *flow, size_t input,
    const struct ksql_run_callbacks *callbacks, struct ksql_step *next);
void ksql_reader_set_next(struct ksql_reader *reader, struct ksql_step *next);
/* The table that it keeps, or NULL. */
struct ksql_table;
struct ksql_table *ksql_reader_table(const struct ksql_reader *reader);
void ksql_reader_release(struct ksql_reader *reader);
int ksql_reader_process(struct ksql_reader *reader, struct ksql_flow *flow,
    const struct ksql_record_in *record, struct of_error *error) OF_NODISCARD;
/* See ksql_run_time. Uses the record's arena. */
int64_t ksql_reader_time(
    struct ksql_reader *reader, struct ksql_flow *flow, const struct ksql_record_in *record);

/* ---- shared by them ---- */

/* The time that a column has. -1: none that a record can have; 1: this runner can't tell, see
 * *refusal. */
int ksql_flow_time(struct ksql_flow *flow, const struct ksql_timing *timing,
    const struct ksql_value *value, int64_t *ms, const char **refusal);

/* Whether the condition holds for the row; a failure counts as no. */
bool ksql_flow_holds(struct ksql_flow *flow, const struct ksql_expression *condition,
    const struct ksql_value *slots);

#endif
