/* The program around a processor's transform. */
#include "processors/processor.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "kafka/payload.h"
#include "kafka/service.h"
#include "order/cancels.h"
#include "order/event.h"
#include "order/live.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_SIZE 24
#define HANDLING_STREAM 0x68616e64 /* random numbers of the simulated handling time */

struct options {
    struct of_common_options common;
    struct of_batch_options batch;
    int64_t seed;
    bool handling_time, log_orders;
};

struct runner {
    const struct of_processor *processor;
    struct options options;
    struct of_service service;
    struct of_wire_reader *reader;
    struct of_order order;
    struct of_buffer value;
    struct of_service_output outputs[OF_ORDER_TOPIC_COUNT]; /* those that a transition leads to */
    struct of_service_output events;                        /* without a topic: none are wanted */
    enum of_order_topic input;
    char *input_topic;
    struct of_cancels *cancels; /* NULL: nobody can ask for one */
    bool cancelled;             /* the order at hand, because somebody asked */
};

static void release(struct runner *runner)
{
    of_cancels_free(runner->cancels);
    if (runner->reader)
        of_wire_reader_free(runner->reader);
    for (size_t i = 0; i < OF_ORDER_TOPIC_COUNT; i++)
        of_service_output_release(&runner->outputs[i]);
    of_service_output_release(&runner->events);
    free(runner->input_topic);
    of_order_release(&runner->order);
    of_buffer_release(&runner->value);
    of_service_release(&runner->service);
}

/* ---- one order ---- */

/* Where the order goes now, by the table of legal transitions. */
static const struct of_service_output *choose_output(const struct runner *runner,
    enum of_status before, const struct of_order *order, struct of_error *error)
{
    enum of_order_topic topic;
    enum of_status after;
    if (of_status_parse(order->shipping_info.order_status, &after, error) < 0 ||
        of_order_topic(order, &topic, error) < 0)
        return NULL;
    if (of_transition_is_legal(runner->input, before, topic, after))
        return &runner->outputs[topic];
    of_fail(error, OF_INPUT, "order %" PRId64 ": no step leads from %s in %s to %s in %s",
        order->order_id, of_status_text(before).data, of_order_topic_name(runner->input),
        of_status_text(after).data, of_order_topic_name(topic));
    return NULL;
}

static void simulate_handling(const struct runner *runner, const struct of_order *order)
{
    const int64_t *range = runner->processor->handling_ms[order->shipping_info.express_shipping];
    struct of_random random =
        of_random_make((uint64_t)runner->options.seed, HANDLING_STREAM, (uint64_t)order->order_id);
    of_sleep(of_random_between(&random, range[0], range[1]));
}

static int read_order(struct runner *runner, const struct of_record *record, struct of_error *error)
{
    const uint8_t *body;
    size_t size;
    int result = of_payload_body(runner->reader, record, &body, &size, error);
    if (result < 0)
        return result;
    result = of_order_decode(&runner->order, body, size, error);
    return result < 0 ? of_error_kind(error, "decode") : OF_OK;
}

static int emit(struct runner *runner, struct of_stage *stage,
    const struct of_service_output *output, struct of_text key, struct of_error *error)
{
    const struct of_message message =
        of_service_message(output, key.data, key.length, &runner->value);
    return of_stage_emit(stage, &message, error);
}

static int emit_order(struct runner *runner, struct of_stage *stage,
    const struct of_service_output *output, struct of_text key, struct of_error *error)
{
    of_buffer_clear(&runner->value);
    if (of_wire_begin(&runner->value, output->schema_id) < 0)
        return of_buffer_check(&runner->value, "an order", error);
    if (of_order_encode(&runner->order, &runner->value, error) < 0)
        return of_error_kind(error, "encode");
    return emit(runner, stage, output, key, error);
}

static int emit_event(struct runner *runner, struct of_stage *stage, struct of_text key,
    struct of_text reason, struct of_error *error)
{
    struct of_order_status event;
    if (of_event_make(&runner->order, runner->processor->name, of_clock_now(), &event, error) < 0)
        return of_error_kind(error, "encode");
    if (runner->cancelled)
        reason = OF_TEXT("on request");
    if (reason.length > 0) {
        event.has_reason = true;
        event.reason = reason;
    }
    if (of_event_encode(&event, runner->events.schema_id, &runner->value, error) < 0)
        return of_error_kind(error, "encode");
    return emit(runner, stage, &runner->events, key, error);
}

/* The order, and that it has come there. */
static int send_on(struct runner *runner, struct of_stage *stage,
    const struct of_service_output *output, struct of_text reason, struct of_error *error)
{
    char text[KEY_SIZE];
    int size = snprintf(text, sizeof(text), "%" PRId64, runner->order.order_id);
    struct of_text key = {text, (size_t)size};
    int result = emit_order(runner, stage, output, key, error);
    return result == OF_OK && runner->events.topic ? emit_event(runner, stage, key, reason, error)
                                                   : result;
}

/* Every order, the delivery's with the price that was just made. Thousands a second would drown
 * what else the log tells: they are not at level info unless asked for. */
static void log_order(const struct runner *runner)
{
    const struct of_order *order = &runner->order;
    enum of_log_level level = runner->options.log_orders ? OF_LOG_INFO : OF_LOG_DEBUG;
    struct of_text status = order->shipping_info.order_status;
    enum of_status after;
    struct of_error ignored;
    if (!of_log_enabled(level) || of_status_parse(status, &after, &ignored) < 0)
        return;
    status = of_status_text(after); /* which ends in a NUL */
    if (order->has_execution_price)
        of_log(level, "order executed", OF_F_INT("order", order->order_id),
            OF_F_TEXT("status", status.data), OF_F_INT("price_centavos", order->execution_price));
    else
        of_log(level, "order sent on", OF_F_INT("order", order->order_id),
            OF_F_TEXT("status", status.data));
}

/* What becomes of the order: by its seed, or by what the processor knows besides; unless somebody
 * wants it cancelled, which is asked as late as can be: up to here the order is held. */
static int decide(struct runner *runner, const struct of_record *record, struct of_verdict *verdict,
    struct of_error *error)
{
    const struct of_processor *processor = runner->processor;
    int64_t at;
    runner->cancelled = of_cancels_find(runner->cancels, runner->order.order_id, &at);
    if (runner->cancelled)
        return of_live_cancel(
            &runner->order, runner->input, (uint64_t)runner->options.seed, at, error);
    return processor->decide
               ? processor->decide(processor->context, record, &runner->order, verdict, error)
               : processor->transform(&runner->order, (uint64_t)runner->options.seed, error);
}

static int transform(
    void *context, struct of_stage *stage, const struct of_record *record, struct of_error *error)
{
    struct runner *runner = context;
    int result = read_order(runner, record, error);
    if (result < 0)
        return result;
    enum of_status before;
    struct of_verdict verdict = {.detour = NULL};
    if (of_status_parse(runner->order.shipping_info.order_status, &before, error) < 0)
        return of_error_kind(error, "state");
    if (runner->options.handling_time)
        simulate_handling(runner, &runner->order);
    result = decide(runner, record, &verdict, error);
    if (result < 0)
        return result == OF_INPUT ? of_error_kind(error, "state") : result;
    if (verdict.end_batch)
        of_stage_end_batch(stage);
    if (verdict.detour)
        return emit_order(runner, stage, verdict.detour, verdict.key, error);
    const struct of_service_output *output = choose_output(runner, before, &runner->order, error);
    if (!output)
        return of_error_kind(error, "state");
    log_order(runner);
    return send_on(runner, stage, output, verdict.reason, error);
}

/* ---- starting ---- */

static int prepare_outputs(struct runner *runner, struct of_error *error)
{
    struct of_config *config = runner->service.config;
    for (size_t i = 0; i < of_transition_count; i++) {
        struct of_service_output *output = &runner->outputs[of_transitions[i].to];
        if (of_transitions[i].from != runner->input || output->topic)
            continue;
        int result = of_service_find(&runner->service,
            of_config_topic(config, of_order_topic_name(of_transitions[i].to)), of_order_schema,
            of_order_schema_size, output, error);
        if (result < 0)
            return result;
    }
    char *events = of_event_topic(config);
    return events ? of_service_find(&runner->service, events, of_order_status_schema,
                        of_order_status_schema_size, &runner->events, error)
                  : OF_OK;
}

/* The processor's own, or the other one that the configuration names. */
static void choose_input(struct runner *runner)
{
    const struct of_config *config = runner->service.config;
    const char *setting = runner->processor->input_setting;
    const char *wanted = setting ? of_config_get(config, setting) : NULL;
    runner->input = runner->processor->input;
    for (int topic = 0; wanted && topic < OF_ORDER_TOPIC_COUNT; topic++)
        if (strcmp(wanted, of_order_topic_name((enum of_order_topic)topic)) == 0)
            runner->input = (enum of_order_topic)topic;
    runner->input_topic = of_config_topic(config, of_order_topic_name(runner->input));
}

static int prepare(struct runner *runner, struct of_processor_extra *extra, struct of_error *error)
{
    const struct of_processor *processor = runner->processor;
    int result = OF_OK;
    choose_input(runner);
    /* First: what is wrong with its options and files is told without waiting for servers. */
    if (processor->start)
        result = processor->start(
            processor->context, &runner->service, runner->options.common.instance, extra, error);
    if (result == OF_OK)
        result = prepare_outputs(runner, error);
    if (result == OF_OK)
        result = of_wire_reader_new(runner->service.registry, of_order_schema, of_order_schema_size,
            OF_ORDER_BYTES_MAX, &runner->reader, error);
    if (result == OF_OK)
        result = of_cancels_new(
            runner->service.config, runner->service.registry, &runner->cancels, error);
    return result;
}

static int run(struct runner *runner)
{
    const struct options *options = &runner->options;
    struct of_processor_extra extra = {.second_input = NULL};
    struct of_error error;
    int result = prepare(runner, &extra, &error);
    const char *const inputs[] = {runner->input_topic, extra.second_input, NULL};
    const struct of_stage_spec spec = {.name = runner->processor->name,
        .instance = options->common.instance,
        .inputs = inputs,
        .transform = transform,
        .hooks = extra.hooks,
        .context = runner,
        /* Handling takes its time: one order a transaction keeps it within its time limit. */
        .batch_records = options->handling_time ? 1 : options->batch.records,
        .batch_ms = options->batch.ms};
    return of_service_run(&runner->service, &spec, result, &error);
}

/* The processor's own options, then those that all have. */
static void join_options(
    struct of_option *table, const struct of_option *own, const struct of_option *common)
{
    size_t count = 0;
    for (; own && own[count].name; count++) {
        assert(count < OF_PROCESSOR_OPTIONS_MAX);
        table[count] = own[count];
    }
    do
        table[count++] = *common;
    while ((common++)->name);
}

static const char epilogue[] =
    "STATUS EVENTS\n"
    "    If the property order.status.topic names a topic, each order that is sent on gives\n"
    "    an event there, in the same transaction; see orderflow-status.\n" OF_PROCESSOR_CANCELLING;

int of_processor_main(const struct of_processor *processor, int argc, char **argv)
{
    OF_CLEANUP(release)
    struct runner runner = {.processor = processor,
        .options = {.common = OF_COMMON_DEFAULTS, .seed = 1, .batch = OF_BATCH_DEFAULTS}};
    struct options *options = &runner.options;
    const struct of_option common[] = {
        {.name = "seed",
            .type = OF_OPTION_INT,
            .target = &options->seed,
            .argument = "N",
            .default_text = "1",
            .section = "Processing",
            .help = "what becomes of an order depends on this number and the order alone"},
        {.name = "handling-time",
            .type = OF_OPTION_FLAG,
            .target = &options->handling_time,
            .help = "take as long for each order as people would: a second or so"},
        {.name = "log-orders",
            .type = OF_OPTION_FLAG,
            .target = &options->log_orders,
            .help = "log each order that is sent on, with its status and from delivery on its "
                    "execution price, at level info instead of debug"},
        OF_BATCH_OPTIONS(&options->batch),
        OF_COMMON_OPTIONS(&options->common),
        {0},
    };
    struct of_option table[OF_PROCESSOR_OPTIONS_MAX + OF_COUNT(common)];
    join_options(table, processor->options, common);
    const struct of_program program = {.name = processor->program,
        .synopsis = "[OPTION...]",
        .summary = processor->summary,
        .description = processor->description,
        .epilogue = processor->epilogue ? processor->epilogue : epilogue,
        .options = table};
    int code;
    of_order_init(&runner.order);
    of_buffer_init(&runner.value, OF_ORDER_BYTES_MAX + OF_WIRE_HEADER_SIZE);
    return of_service_start(&runner.service, &program, &options->common, argc, argv, &code)
               ? code
               : run(&runner);
}
