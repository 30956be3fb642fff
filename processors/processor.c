/* The program around a processor's transform. */
#include "processors/processor.h"

#include "base/clock.h"
#include "base/config.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/signals.h"
#include "kafka/payload.h"
#include "kafka/stage.h"
#include "order/event.h"
#include "telemetry/server.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_SIZE 24
#define STALL_MS (5 * OF_MINUTE) /* max.poll.interval.ms of librdkafka */
#define REGISTRY_PAUSE_MS 500
#define HANDLING_STREAM 0x68616e64 /* random numbers of the simulated handling time */

struct options {
    struct of_common_options common;
    int64_t seed, batch_records, batch_ms;
    bool handling_time;
};

struct output {
    char *topic;
    int32_t schema_id;
};

struct runner {
    const struct of_processor *processor;
    struct options options;
    struct of_config *config;
    struct of_metrics *metrics;
    struct of_health *health;
    struct of_telemetry *telemetry;
    struct of_registry *registry;
    struct of_wire_reader *reader;
    struct of_order order;
    struct of_buffer value;
    struct output outputs[OF_ORDER_TOPIC_COUNT]; /* those that a transition leads to */
    struct output events;                        /* without a topic: none are wanted */
    char *input_topic, *dead_letter_topic;
};

static void release(struct runner *runner)
{
    of_telemetry_free(runner->telemetry);
    if (runner->reader)
        of_wire_reader_free(runner->reader);
    if (runner->registry)
        of_registry_free(runner->registry);
    for (size_t i = 0; i < OF_ORDER_TOPIC_COUNT; i++)
        free(runner->outputs[i].topic);
    free(runner->events.topic);
    free(runner->input_topic);
    free(runner->dead_letter_topic);
    of_order_release(&runner->order);
    of_buffer_release(&runner->value);
    if (runner->health)
        of_health_free(runner->health);
    if (runner->metrics)
        of_metrics_free(runner->metrics);
    if (runner->config)
        of_config_free(runner->config);
}

/* ---- one order ---- */

/* Where the order goes now, by the table of legal transitions. */
static const struct output *choose_output(const struct runner *runner, enum of_status before,
    const struct of_order *order, struct of_error *error)
{
    enum of_order_topic topic;
    enum of_status after;
    if (of_status_parse(order->shipping_info.order_status, &after, error) < 0 ||
        of_order_topic(order, &topic, error) < 0)
        return NULL;
    if (of_transition_is_legal(runner->processor->input, before, topic, after))
        return &runner->outputs[topic];
    of_fail(error, OF_INPUT, "order %" PRId64 ": no step leads from %s in %s to %s in %s",
        order->order_id, of_status_text(before).data, of_order_topic_name(runner->processor->input),
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

static int emit(struct runner *runner, struct of_stage *stage, const struct output *output,
    struct of_text key, struct of_error *error)
{
    const struct of_message message = {.topic = output->topic,
        .partition = RD_KAFKA_PARTITION_UA,
        .key = key.data,
        .key_size = key.length,
        .value = runner->value.data,
        .value_size = runner->value.length};
    return of_stage_emit(stage, &message, error);
}

static int emit_order(struct runner *runner, struct of_stage *stage, const struct output *output,
    struct of_text key, struct of_error *error)
{
    of_buffer_clear(&runner->value);
    if (of_wire_begin(&runner->value, output->schema_id) < 0)
        return of_buffer_check(&runner->value, "an order", error);
    if (of_order_encode(&runner->order, &runner->value, error) < 0)
        return of_error_kind(error, "encode");
    return emit(runner, stage, output, key, error);
}

static int emit_event(
    struct runner *runner, struct of_stage *stage, struct of_text key, struct of_error *error)
{
    struct of_order_status event;
    if (of_event_make(&runner->order, runner->processor->name, of_clock_now(), &event, error) < 0 ||
        of_event_encode(&event, runner->events.schema_id, &runner->value, error) < 0)
        return of_error_kind(error, "encode");
    return emit(runner, stage, &runner->events, key, error);
}

/* The order, and that it has come there. */
static int send_on(struct runner *runner, struct of_stage *stage, const struct output *output,
    struct of_error *error)
{
    char text[KEY_SIZE];
    int size = snprintf(text, sizeof(text), "%" PRId64, runner->order.order_id);
    struct of_text key = {text, (size_t)size};
    int result = emit_order(runner, stage, output, key, error);
    return result == OF_OK && runner->events.topic ? emit_event(runner, stage, key, error) : result;
}

static int transform(
    void *context, struct of_stage *stage, const struct of_record *record, struct of_error *error)
{
    struct runner *runner = context;
    int result = read_order(runner, record, error);
    if (result < 0)
        return result;
    enum of_status before;
    if (of_status_parse(runner->order.shipping_info.order_status, &before, error) < 0 ||
        runner->processor->transform(&runner->order, (uint64_t)runner->options.seed, error) < 0)
        return of_error_kind(error, "state");
    const struct output *output = choose_output(runner, before, &runner->order, error);
    if (!output)
        return of_error_kind(error, "state");
    if (runner->options.handling_time)
        simulate_handling(runner, &runner->order);
    return send_on(runner, stage, output, error);
}

/* ---- starting ---- */

/* The registry may come up after us. */
static int find_schema_id(const struct runner *runner, struct output *output, const char *schema,
    size_t size, struct of_error *error)
{
    OF_FREE char *subject = of_asprintf("%s-value", output->topic);
    int64_t deadline = of_clock_monotonic() + of_config_int(runner->config, "startup.timeout.ms");
    for (;;) {
        int result = of_registry_id_for_subject(
            runner->registry, subject, schema, size, &output->schema_id, error);
        if (result != OF_RETRY || of_signals_stopping() || of_clock_monotonic() >= deadline)
            return result;
        of_log_error(OF_LOG_WARNING, "waiting for the schema registry", error);
        of_sleep(REGISTRY_PAUSE_MS);
    }
}

static int prepare_outputs(struct runner *runner, struct of_error *error)
{
    for (size_t i = 0; i < of_transition_count; i++) {
        struct output *output = &runner->outputs[of_transitions[i].to];
        if (of_transitions[i].from != runner->processor->input || output->topic)
            continue;
        output->topic = of_config_topic(runner->config, of_order_topic_name(of_transitions[i].to));
        int result = find_schema_id(runner, output, of_order_schema, of_order_schema_size, error);
        if (result < 0)
            return result;
    }
    runner->events.topic = of_event_topic(runner->config);
    return runner->events.topic ? find_schema_id(runner, &runner->events, of_order_status_schema,
                                      of_order_status_schema_size, error)
                                : OF_OK;
}

static int prepare(struct runner *runner, struct of_error *error)
{
    const struct of_common_options *common = &runner->options.common;
    runner->metrics = of_metrics_new();
    runner->health = of_health_new(STALL_MS);
    runner->input_topic =
        of_config_topic(runner->config, of_order_topic_name(runner->processor->input));
    runner->dead_letter_topic = of_config_topic(runner->config, "orders_dlq");
    int result = of_telemetry_start(common->telemetry_address, (uint16_t)common->telemetry_port,
        runner->metrics, runner->health, &runner->telemetry, error);
    if (result == OF_OK)
        result = of_registry_new(runner->config, &runner->registry, error);
    if (result == OF_OK)
        result = prepare_outputs(runner, error);
    if (result == OF_OK)
        result = of_wire_reader_new(runner->registry, of_order_schema, of_order_schema_size,
            OF_ORDER_BYTES_MAX, &runner->reader, error);
    return result;
}

static int exit_code(int result)
{
    if (result == OF_RETRY && of_signals_stopping())
        return OF_EXIT_OK; /* asked to leave while it waited for a server */
    return of_exit_code(result, OF_EXIT_CONFIG, OF_EXIT_FAILURE);
}

static int run(struct runner *runner, struct of_error *error)
{
    const struct options *options = &runner->options;
    const char *const inputs[] = {runner->input_topic, NULL};
    const struct of_stage_spec spec = {.name = runner->processor->name,
        .instance = options->common.instance,
        .inputs = inputs,
        .dead_letter_topic = runner->dead_letter_topic,
        .transform = transform,
        .context = runner,
        /* Handling takes its time: one order a transaction keeps it within its time limit. */
        .batch_records = options->handling_time ? 1 : options->batch_records,
        .batch_ms = options->batch_ms,
        .metrics = runner->metrics,
        .health = runner->health};
    OF_CLEANUP(of_cleanup_stage) struct of_stage *stage = NULL;
    int result = of_stage_new(runner->config, &spec, &stage, error);
    if (result < 0)
        return exit_code(result);
    of_log(OF_LOG_INFO, "started", OF_F_TEXT("input", runner->input_topic),
        OF_F_TEXT("instance", options->common.instance));
    result = of_stage_run(stage, error);
    return of_stage_fenced(stage) ? OF_EXIT_FENCED : exit_code(result);
}

int of_processor_main(const struct of_processor *processor, int argc, char **argv)
{
    OF_CLEANUP(release)
    struct runner runner = {.processor = processor,
        .options = {
            .common = OF_COMMON_DEFAULTS, .seed = 1, .batch_records = 10000, .batch_ms = 100}};
    struct options *options = &runner.options;
    const struct of_option table[] = {
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
        {.name = "batch-records",
            .type = OF_OPTION_INT,
            .target = &options->batch_records,
            .argument = "N",
            .minimum = 1,
            .maximum = 100000,
            .default_text = "10000",
            .help = "most orders in one transaction"},
        {.name = "batch-ms",
            .type = OF_OPTION_INT,
            .target = &options->batch_ms,
            .argument = "N",
            .minimum = 1,
            .maximum = 5000,
            .default_text = "100",
            .help = "longest time between two commits while orders keep coming; without waiting "
                    "orders a transaction ends at once"},
        OF_COMMON_OPTIONS(&options->common),
        {0},
    };
    const struct of_program program = {.name = processor->program,
        .synopsis = "[OPTION...]",
        .summary = processor->summary,
        .description = processor->description,
        .epilogue = "STATUS EVENTS\n"
                    "    If the property order.status.topic names a topic, each order that is sent "
                    "on gives\n"
                    "    an event there, in the same transaction; see orderflow-status.\n",
        .options = table};
    struct of_error error;
    of_order_init(&runner.order);
    of_buffer_init(&runner.value, OF_ORDER_BYTES_MAX + OF_WIRE_HEADER_SIZE);
    int operands = argc;
    int result = of_options_parse(&program, argc, argv, &operands, &error);
    if (result == OF_OK && operands < argc)
        result = of_fail(&error, OF_INPUT, "unexpected operand '%s'", argv[operands]);
    if (result < 0)
        return of_program_complain(&program, &error, OF_EXIT_USAGE);
    if (result > 0)
        return OF_EXIT_OK;
    of_signals_init();
    result = of_common_start(&program, &options->common, &runner.config, &error);
    if (result > 0)
        return OF_EXIT_OK;
    if (result == OF_OK)
        result = prepare(&runner, &error);
    int code = result < 0 ? exit_code(result) : run(&runner, &error);
    if (code != OF_EXIT_OK && !of_signals_stopping())
        of_log_error(OF_LOG_ERROR, "stopped", &error);
    return code;
}
