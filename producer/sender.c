/* Kafka as an output of the run, and what is done when a transaction fails: the producer (see
 * kafka/producer.h) makes the outcome definite, the state topic tells it, and the generator starts
 * again behind it. Nothing is remembered from before. */
#include "sender.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/signals.h"
#include "inject.h"
#include "kafka/producer.h"
#include "kafka/topics.h"
#include "order/event.h"
#include "registry/wire.h"
#include "run.h"
#include "state.h"

#include <assert.h>
#include <stdlib.h>

#define BACK_OFF_MS 100
#define BACK_OFF_MAX_MS 5000
#define KEY_MAX 24
#define STAGE "producer" /* in the events */

struct sender {
    const struct of_producer_options *options;
    const struct of_config *config;
    struct of_health *health;
    struct of_registry *registry;
    struct of_wire_reader *reader;
    struct of_producer *producer;
    char *topics[OF_ORDER_TOPIC_COUNT], *state_topic;
    char *event_topic; /* NULL: no events are wanted */
    int32_t schema_ids[OF_ORDER_TOPIC_COUNT], event_schema_id;
    int32_t state_schema_id; /* asked for last; 0: not yet */
    struct of_counter *sent[OF_ORDER_TOPIC_COUNT], *commits, *aborts, *rebuilds, *last_id;
    int64_t counted[OF_ORDER_TOPIC_COUNT]; /* of the transaction at hand */
    struct of_buffer value;
    struct of_injector *injector; /* NULL: no trouble is wanted */
    const struct of_run *run;     /* the attempt at hand */
    int64_t first_id;             /* the last order before this process; set with `started` */
    bool started;                 /* broker and registry have answered */
    int64_t succeeded;            /* monotonic: when something last did */
};

static void cleanup_sender(struct sender *sender)
{
    if (sender->producer)
        of_producer_free(sender->producer);
    if (sender->reader)
        of_wire_reader_free(sender->reader);
    if (sender->registry)
        of_registry_free(sender->registry);
    for (size_t i = 0; i < OF_ORDER_TOPIC_COUNT; i++)
        free(sender->topics[i]);
    free(sender->state_topic);
    free(sender->event_topic);
    of_buffer_release(&sender->value);
    if (sender->injector)
        of_injector_free(sender->injector);
}

/* Only screening fills valid_orders: a pipeline without it need not have it. */
static bool is_ours(size_t topic)
{
    return topic != OF_TOPIC_VALID;
}

static void register_metrics(struct sender *sender, struct of_metrics *metrics)
{
    for (size_t i = 0; i < OF_ORDER_TOPIC_COUNT; i++) {
        if (!is_ours(i))
            continue;
        OF_FREE char *labels = of_asprintf("topic=\"%s\"", sender->topics[i]);
        sender->sent[i] = of_metrics_counter(metrics, "orderflow_records_produced_total",
            "Orders in committed transactions.", labels);
    }
    sender->commits = of_metrics_counter(
        metrics, "orderflow_transactions_committed_total", "Transactions committed.", NULL);
    sender->aborts = of_metrics_counter(
        metrics, "orderflow_transactions_aborted_total", "Transactions aborted.", NULL);
    sender->rebuilds = of_metrics_counter(metrics, "orderflow_producer_rebuilds_total",
        "Times that the Kafka producer was made anew.", NULL);
    sender->last_id = of_metrics_gauge(
        metrics, "orderflow_generator_last_order_id", "Newest committed order number.", NULL);
}

static void update_metrics(struct sender *sender)
{
    struct of_producer_counts counts;
    of_producer_counts(sender->producer, &counts);
    of_counter_set(sender->commits, counts.commits);
    of_counter_set(sender->aborts, counts.aborts);
    of_counter_set(sender->rebuilds, counts.rebuilds);
}

static int ask_registry(struct sender *sender, const char *topic, const char *schema, size_t size,
    int32_t *id, struct of_error *error)
{
    OF_FREE char *subject = of_asprintf("%s-value", topic);
    return of_registry_id_for_subject(sender->registry, subject, schema, size, id, error);
}

static int find_schema_ids(struct sender *sender, struct of_error *error)
{
    int result = OF_OK;
    for (size_t i = 0; i < OF_ORDER_TOPIC_COUNT && result == OF_OK; i++)
        if (is_ours(i))
            result = ask_registry(sender, sender->topics[i], of_order_schema, of_order_schema_size,
                &sender->schema_ids[i], error);
    if (result == OF_OK && sender->event_topic)
        result = ask_registry(sender, sender->event_topic, of_order_status_schema,
            of_order_status_schema_size, &sender->event_schema_id, error);
    if (result == OF_OK)
        result = ask_registry(sender, sender->state_topic, of_generator_state_schema,
            of_generator_state_schema_size, &sender->state_schema_id, error);
    return result;
}

/* One generator for one set of topics: whatever the instance is called, a second one takes over. */
static int start(struct sender *sender, struct of_error *error)
{
    int result = of_registry_new(sender->config, &sender->registry, error);
    if (result == OF_OK)
        result = of_wire_reader_new(sender->registry, of_generator_state_schema,
            of_generator_state_schema_size, 0, &sender->reader, error);
    OF_FREE char *id = of_config_topic(sender->config, "orderflow-producer");
    if (result == OF_OK)
        result = of_producer_new(sender->config, id, &sender->producer, error);
    return result;
}

static struct of_text print_key(int64_t number, char text[static KEY_MAX])
{
    char *first = text + KEY_MAX;
    assert(number >= 0);
    do
        *--first = (char)('0' + number % 10);
    while (number /= 10);
    return (struct of_text){first, (size_t)(text + KEY_MAX - first)};
}

/* Begun as late as can be: while it is young, being fenced means that another took over. Makes the
 * producer anew where that is due. */
static int begin_if_needed(struct sender *sender, struct of_error *error)
{
    return of_producer_in_transaction(sender->producer)
               ? OF_OK
               : of_producer_begin(sender->producer, error);
}

static int send_value(struct sender *sender, const char *topic, struct of_text key,
    const struct of_buffer *value, struct of_error *error)
{
    return of_producer_send(sender->producer,
        &(struct of_message){.topic = topic,
            .partition = RD_KAFKA_PARTITION_UA,
            .key = key.data,
            .key_size = key.length,
            .value = value->data,
            .value_size = value->length},
        error);
}

/* A live order's record, from the injector. */
static int send_live(
    void *context, struct of_text key, const struct of_buffer *value, struct of_error *error)
{
    struct sender *sender = context;
    sender->counted[OF_TOPIC_UNPAID]++;
    return send_value(sender, sender->topics[OF_TOPIC_UNPAID], key, value, error);
}

/* The statuses that the order has passed, with its own dates; of a live one there is just one. */
static int send_events(
    struct sender *sender, const struct of_order *order, struct of_text key, struct of_error *error)
{
    struct of_order_status events[OF_EVENTS_MAX];
    size_t count = 0;
    int result = of_event_history(order, STAGE, events, &count, error);
    for (size_t i = 0; i < count && result == OF_OK; i++) {
        result = of_event_encode(&events[i], sender->event_schema_id, &sender->value, error);
        if (result == OF_OK)
            result = send_value(sender, sender->event_topic, key, &sender->value, error);
    }
    return result;
}

static int send_order(
    void *context, const struct of_order *order, enum of_order_topic topic, struct of_error *error)
{
    struct sender *sender = context;
    char text[KEY_MAX];
    struct of_text key = print_key(order->order_id, text);
    bool trouble = sender->injector && sender->run->state.history_orders >= 0; /* a live order */
    if (trouble)
        order = of_injector_order(sender->injector, order);
    of_buffer_clear(&sender->value);
    if (of_wire_begin(&sender->value, sender->schema_ids[topic]) < 0)
        return of_buffer_check(&sender->value, "a record", error);
    if (of_order_encode(order, &sender->value, error) < 0)
        return OF_INPUT;
    int result = begin_if_needed(sender, error);
    if (result < 0)
        return result;
    if (trouble) {
        result = of_injector_record(sender->injector, key, &sender->value, error);
    } else {
        sender->counted[topic]++;
        result = send_value(sender, sender->topics[topic], key, &sender->value, error);
    }
    return result == OF_OK && sender->event_topic ? send_events(sender, order, key, error) : result;
}

static int send_state(
    struct sender *sender, const struct of_generator_state *state, struct of_error *error)
{
    of_buffer_clear(&sender->value);
    if (of_wire_begin(&sender->value, sender->state_schema_id) < 0)
        return of_buffer_check(&sender->value, "a record", error);
    if (of_generator_state_encode(state, &sender->value, error) < 0)
        return OF_INPUT;
    return of_producer_send(sender->producer,
        &(struct of_message){.topic = sender->state_topic,
            .partition = 0,
            .key = OF_STATE_KEY,
            .key_size = strlen(OF_STATE_KEY),
            .value = sender->value.data,
            .value_size = sender->value.length},
        error);
}

static int commit(void *context, const struct of_generator_state *state, struct of_error *error)
{
    struct sender *sender = context;
    int result = begin_if_needed(sender, error);
    if (result == OF_OK && sender->injector)
        result = of_injector_settle(sender->injector, error);
    if (result == OF_OK)
        result = send_state(sender, state, error);
    if (result == OF_OK)
        result = of_producer_commit(sender->producer, NULL, NULL, error);
    if (result < 0)
        return result;
    sender->succeeded = of_clock_monotonic();
    of_counter_set(sender->last_id, state->last_order_id);
    for (size_t i = 0; i < OF_ORDER_TOPIC_COUNT; i++) {
        if (!is_ours(i))
            continue;
        of_counter_add(sender->sent[i], sender->counted[i]);
        sender->counted[i] = 0;
    }
    update_metrics(sender);
    return OF_OK;
}

/* What is committed; nothing of ours is undecided once a transaction has begun. */
static int read_state(
    struct sender *sender, struct of_generator_state *state, struct of_error *error)
{
    bool found = false;
    int result = begin_if_needed(sender, error);
    if (result == OF_OK)
        result = of_state_read(
            sender->config, sender->state_topic, sender->reader, &found, state, error);
    if (result < 0)
        return result;
    if (found)
        return of_run_check(sender->options, state, error);
    struct of_generator_settings settings = of_run_choose(sender->options, of_clock_now());
    *state = of_run_first_state(&settings);
    return OF_OK;
}

static void log_start(const struct of_generator_state *state)
{
    char until[OF_ISO8601_SIZE];
    of_log(OF_LOG_INFO, state->last_order_id ? "resuming" : "starting",
        OF_F_INT("seed", state->seed), OF_F_TEXT("until", of_iso8601_print(state->until, until)),
        OF_F_INT("last_order_id", state->last_order_id),
        OF_F_INT("history_orders", state->history_orders));
}

static int attempt(struct sender *sender, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_generator) struct of_generator *generator = NULL;
    struct of_run run = {.options = sender->options, .health = sender->health};
    memset(sender->counted, 0, sizeof(sender->counted));
    int result = read_state(sender, &run.state, error);
    if (result == OF_OK)
        result = of_run_resume(&run.state, &generator, error);
    /* Only now: a wrong prefix has been found out and leaves no subjects in the registry. */
    if (result == OF_OK && sender->state_schema_id == 0)
        result = find_schema_ids(sender, error);
    if (result == OF_OK && sender->injector)
        result = of_injector_resume(
            sender->injector, (uint64_t)run.state.seed, run.state.last_order_id, error);
    if (result < 0)
        return result;
    log_start(&run.state);
    if (!sender->started)
        sender->first_id = run.state.last_order_id;
    sender->started = true;
    run.first_id = sender->first_id;
    sender->succeeded = of_clock_monotonic();
    run.generator = generator;
    sender->run = &run;
    run.output = (struct of_output){.context = sender, .send = send_order, .commit = commit};
    if (sender->health)
        of_health_set_ready(sender->health, true);
    int64_t began = of_clock_monotonic();
    result = of_run(&run, error);
    if (result == OF_OK)
        of_log(OF_LOG_INFO, of_signals_stopping() ? "stopped" : "done",
            OF_F_INT("orders", run.made), OF_F_INT("last_order_id", run.state.last_order_id),
            OF_F_INT("milliseconds", of_clock_monotonic() - began));
    return result;
}

static bool should_give_up(const struct sender *sender)
{
    int64_t limit = sender->started ? OF_SENDER_GIVE_UP_MS
                                    : of_config_int(sender->config, "startup.timeout.ms");
    return of_signals_stopping() || of_clock_monotonic() - sender->succeeded > limit;
}

static int attempt_until_done(struct sender *sender, struct of_error *error)
{
    int64_t pause = BACK_OFF_MS, last = sender->succeeded = of_clock_monotonic();
    for (;;) {
        int result = attempt(sender, error);
        update_metrics(sender);
        if (result != OF_RETRY || should_give_up(sender))
            return result;
        of_log_error(OF_LOG_WARNING,
            sender->started ? "going on from what is committed" : "waiting for the servers", error);
        if (sender->health) {
            of_health_set_ready(sender->health, false);
            of_health_beat(sender->health);
        }
        pause = sender->succeeded != last     ? BACK_OFF_MS
                : pause * 2 < BACK_OFF_MAX_MS ? pause * 2
                                              : BACK_OFF_MAX_MS;
        last = sender->succeeded;
        of_sleep(pause);
    }
}

int of_send_orders(const struct of_producer_options *options, const struct of_config *config,
    struct of_metrics *metrics, struct of_health *health, bool *fenced, struct of_error *error)
{
    OF_CLEANUP(cleanup_sender)
    struct sender sender = {.options = options, .config = config, .health = health};
    of_buffer_init(&sender.value, OF_ORDER_BYTES_MAX + OF_WIRE_HEADER_SIZE);
    for (size_t i = 0; i < OF_ORDER_TOPIC_COUNT; i++)
        sender.topics[i] = of_config_topic(config, of_order_topic_name((enum of_order_topic)i));
    sender.state_topic = of_config_topic(config, OF_STATE_TOPIC);
    sender.event_topic = of_event_topic(config);
    register_metrics(&sender, metrics);
    int result = OF_OK;
    if (of_trouble_wanted(&options->trouble))
        result = of_injector_new(&options->trouble, options->manifest, metrics, send_live, &sender,
            &sender.injector, error);
    if (result == OF_OK)
        result = start(&sender, error);
    if (result == OF_OK)
        result = attempt_until_done(&sender, error);
    *fenced = sender.producer && of_producer_fenced(sender.producer);
    if (result == OF_RETRY && of_signals_stopping()) {
        of_log_error(OF_LOG_WARNING, "stopped without the last transaction", error);
        return OF_OK;
    }
    return result;
}
