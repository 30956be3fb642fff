/* Where a record failed, in ksqlDB's words. What becomes of it is the steps' business. */
#include "ksqld/exec/trouble.h"

#include "ksqld/lang/lexer.h"
#include "ksqld/lang/node.h"
#include "ksqld/serde/api_writer.h"

#include <stddef.h>
#include <stdio.h>

static bool is_within(const struct ksql_expression *root, const struct ksql_expression *wanted)
{
    if (!root || root == wanted)
        return root;
    for (size_t i = 0; i < root->count; i++) {
        if (is_within(root->items[i], wanted))
            return true;
    }
    return false;
}

static bool is_among(struct ksql_expression *const *roots, size_t count,
    const struct ksql_expression *wanted, size_t *index)
{
    for (*index = 0; *index < count; (*index)++) {
        if (is_within(roots[*index], wanted))
            return true;
    }
    return false;
}

/* ---- texts ---- */

/* Cut at KSQL_TROUBLE_TEXT_MAX bytes; half a character at the end is for the writer of JSON. */
static const char *cut(struct of_buffer *text)
{
    if (text->length > KSQL_TROUBLE_TEXT_MAX) {
        text->length = KSQL_TROUBLE_TEXT_MAX - 3;
        of_buffer_append_text(text, "...");
    }
    return of_buffer_text(text);
}

static void append_expression(const struct ksql_pipeline *pipeline,
    const struct ksql_expression *expression, struct of_buffer *text)
{
    struct of_buffer whole OF_CLEANUP(of_buffer_release);
    of_buffer_init(&whole, KSQL_STATEMENT_MAX);
    if (!expression->node)
        of_buffer_append_text(&whole, "a part of it");
    else
        ksql_node_format(expression->node, pipeline->feed_count > 1, false, &whole);
    size_t left = text->length < KSQL_TROUBLE_TEXT_MAX ? KSQL_TROUBLE_TEXT_MAX - text->length : 0;
    bool fits = whole.length <= left;
    of_buffer_append(text, whole.data, fits ? whole.length : left);
    if (!fits)
        of_buffer_append_text(text, "...");
}

static const char *reason_of(const struct ksql_expression *failed)
{
    switch (failed->kind) {
    case KSQL_NODE_AND:
    case KSQL_NODE_OR:
    case KSQL_NODE_NOT:
    case KSQL_NODE_CASE:
        return "a condition is NULL";
    case KSQL_NODE_CAST:
        return "the value cannot be cast";
    case KSQL_NODE_CALL:
        return "the function fails on these values";
    case KSQL_NODE_SIGN:
        return "the value is NULL";
    default:
        return "it has no value for this row";
    }
}

/* Which expression it is, and where it stands. Yields the step. */
static const char *name_expression(const struct ksql_pipeline *pipeline,
    const struct ksql_expression *expression, struct of_buffer *text)
{
    const struct ksql_grouping *grouping = pipeline->grouping;
    size_t index, keys = ksql_schema_key_count(&pipeline->output);
    for (size_t i = 0; i < pipeline->output.count; i++) {
        if (!is_within(pipeline->outputs[i].expression, expression))
            continue;
        bool key = pipeline->partitioned && pipeline->outputs[i].key;
        of_buffer_append_text(
            text, key ? "Error computing new key from expression " : "Error computing expression ");
        append_expression(pipeline, expression, text);
        if (!key)
            of_buffer_appendf(text, " for column %.*s with index %zu", 256,
                pipeline->output.columns[i].name, i < keys ? i : i - keys);
        return key ? "PartitionBy" : grouping ? "Aggregate.Project" : "Project";
    }
    if (is_within(pipeline->where, expression) ||
        (grouping && is_within(grouping->having, expression))) {
        of_buffer_append_text(text, "Error evaluating predicate ");
        append_expression(pipeline, expression, text);
        return is_within(pipeline->where, expression) ? "WhereFilter" : "Aggregate.HavingFilter";
    }
    if (grouping && is_among(grouping->keys, grouping->key_count, expression, &index)) {
        of_buffer_appendf(text, "Error calculating group-by column with index %zu: ", index);
        append_expression(pipeline, expression, text);
        return "Aggregate.GroupBy";
    }
    of_buffer_append_text(text, "Error computing expression ");
    append_expression(pipeline, expression, text);
    if (is_among(pipeline->tables, pipeline->table_count, expression, &index))
        return "FlatMap";
    for (size_t i = 0; i < pipeline->joint_count; i++) {
        if (is_within(pipeline->joints[i].left, expression))
            return "Join";
    }
    return grouping ? "Aggregate.Prepare" : "Project";
}

/* ---- rows ---- */

/* The row that the expression worked on, as a JSON array. */
static void write_row(const struct ksql_flow *flow, const char *step, struct of_buffer *out)
{
    const struct ksql_pipeline *pipeline = &flow->plan->pipeline;
    bool grouped = pipeline->grouping && (strcmp(step, "Aggregate.Project") == 0 ||
                                             strcmp(step, "Aggregate.HavingFilter") == 0);
    const struct ksql_schema *schema = grouped ? &pipeline->grouping->row : &pipeline->input;
    of_buffer_append_byte(out, '[');
    for (size_t i = 0; i < schema->count; i++) {
        if (i)
            of_buffer_append_byte(out, ',');
        ksql_api_write(schema->columns[i].type, &flow->frame.row[i], out);
    }
    of_buffer_append_byte(out, ']');
}

/* ---- telling ---- */

/* One more is told, or counted only. */
static bool may_tell(struct ksql_flow *flow)
{
    return flow->trouble && flow->told++ < KSQL_TROUBLES_MAX;
}

static void tell_expression(struct ksql_frame *frame, const struct ksql_expression *expression)
{
    struct ksql_flow *flow =
        (struct ksql_flow *)((char *)frame - offsetof(struct ksql_flow, frame));
    struct of_buffer message OF_CLEANUP(of_buffer_release);
    struct of_buffer cause OF_CLEANUP(of_buffer_release);
    struct of_buffer row OF_CLEANUP(of_buffer_release);
    of_buffer_init(&message, 2 * KSQL_TROUBLE_TEXT_MAX);
    of_buffer_init(&cause, 2 * KSQL_TROUBLE_TEXT_MAX);
    of_buffer_init(&row, KSQL_TROUBLE_ROW_MAX);
    if (frame->refusal || flow->record.full || !may_tell(flow)) /* told as the record's */
        return;
    struct ksql_trouble trouble = {.type = KSQL_TROUBLE_PROCESSING};
    trouble.step = name_expression(&flow->plan->pipeline, expression, &message);
    of_buffer_appendf(&cause, "%s: ", frame->cause ? frame->cause : reason_of(frame->failed));
    append_expression(&flow->plan->pipeline, frame->failed, &cause);
    if (flow->trouble_rows) {
        write_row(flow, trouble.step, &row);
        trouble.row = row.full ? NULL : (const char *)row.data;
        trouble.row_size = row.length;
        trouble.row_left_out = row.full;
    }
    trouble.message = cut(&message);
    trouble.cause = cut(&cause);
    flow->trouble(flow->trouble_context, &trouble);
}

void ksql_trouble_note(struct ksql_flow *flow, enum ksql_fault fault, bool key)
{
    flow->fault = fault;
    flow->faulty_key = key;
}

void ksql_trouble_init(struct ksql_flow *flow, const struct ksql_run_callbacks *callbacks)
{
    flow->trouble = callbacks->trouble;
    flow->trouble_context = callbacks->trouble_context;
    flow->trouble_rows = callbacks->trouble_rows;
    flow->frame.tell = callbacks->trouble ? tell_expression : NULL;
}

/* As ksqlDB's loggers name the readers of sources. */
static const char *reader_step(const struct ksql_flow *flow, size_t input)
{
    if (flow->plan->pipeline.feed_count == 1)
        return "KsqlTopic.Source.deserializer";
    return input ? "KafkaTopic_Right.Source.deserializer" : "KafkaTopic_Left.Source.deserializer";
}

void ksql_trouble_tell_record(
    struct ksql_flow *flow, const struct ksql_record_in *record, const struct of_error *error)
{
    const struct ksql_query *query = &flow->plan->query;
    char message[KSQL_TROUBLE_TEXT_MAX + 1], step[KSQL_TROUBLE_TEXT_MAX + 1];
    struct ksql_trouble trouble = {.message = message, .cause = error->message, .step = step};
    if (!flow->trouble) /* it is told, however much was before it */
        return;
    snprintf(step, sizeof(step), "%s", "Project");
    snprintf(message, sizeof(message), "The record is refused");
    if (flow->fault == KSQL_FAULT_READING) {
        trouble.type = KSQL_TROUBLE_DESERIALIZATION;
        trouble.target = flow->faulty_key ? "key" : "value";
        snprintf(step, sizeof(step), "%s", reader_step(flow, record->input));
        snprintf(message, sizeof(message), "Error deserializing message from topic: %s",
            query->source_topics[record->input]);
    } else if (flow->fault == KSQL_FAULT_WRITING) {
        trouble.type = KSQL_TROUBLE_SERIALIZATION;
        trouble.topic = query->sink_topic;
        trouble.target = flow->faulty_key ? "key" : "value";
        snprintf(step, sizeof(step), "%.*s.serializer", 900, query->sink);
        snprintf(
            message, sizeof(message), "Error serializing message to topic: %s", query->sink_topic);
    } else if (flow->fault == KSQL_FAULT_SENDING) {
        trouble.type = KSQL_TROUBLE_PRODUCTION;
        snprintf(step, sizeof(step), "%.*s", 900, query->sink);
        snprintf(message, sizeof(message), "%s", error->message);
    } else {
        trouble.type = KSQL_TROUBLE_PROCESSING;
    }
    flow->trouble(flow->trouble_context, &trouble);
}

void ksql_trouble_tell_time(struct ksql_flow *flow)
{
    const struct ksql_timing *timing = &flow->plan->pipeline.timing;
    char message[KSQL_TROUBLE_TEXT_MAX + 1];
    const struct ksql_trouble trouble = {.type = KSQL_TROUBLE_PROCESSING,
        .step = "Project",
        .message = message,
        .cause = "it is no time from 1970 on: the row is not written"};
    flow->frame.errors++;
    if (!may_tell(flow))
        return;
    snprintf(message, sizeof(message), "Error extracting timestamp from column %.900s",
        flow->plan->pipeline.output.columns[timing->slot].name);
    flow->trouble(flow->trouble_context, &trouble);
}

void ksql_trouble_end_record(struct ksql_flow *flow)
{
    char message[128];
    const struct ksql_trouble trouble = {.type = KSQL_TROUBLE_PROCESSING,
        .step = "Project",
        .message = message,
        .cause = "too many errors of one record"};
    snprintf(message, sizeof(message), "%zu more errors of this record are left out",
        flow->told - KSQL_TROUBLES_MAX);
    flow->trouble(flow->trouble_context, &trouble);
}
