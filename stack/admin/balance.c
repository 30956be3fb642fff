/* balance: how many orders were generated and how many have come to their end, so that a script
 * can tell "all done" from "nothing moves just now". What orderflow-dlq replayed is no dead letter
 * but on its way again; what it dropped stays one, for no end of that order will come. */
#include "admin.h"

#include "base/memory.h"
#include "deadletters/handled.h"
#include "ids.h"
#include "order/id.h"
#include "registry/wire.h"
#include "schemas/generator_state.h"

#include <inttypes.h>
#include <stdio.h>

enum { FINISHED, FAILED, DEAD, STATE, TOPICS };
static const char *const topic_names[TOPICS] = {
    "finished_orders", "failed_orders", "orders_dlq", "generator_state"};

struct balance {
    struct of_wire_reader *reader;
    struct id_set ends[2];  /* by topic: FINISHED, FAILED */
    const char *letters;    /* the topic of the dead letters */
    struct handled handled; /* of them */
    int64_t both, generated, dead;
    int result;
    struct of_error *error;
};

struct topic_list {
    char *items[TOPICS];
};

static void cleanup_topic_list(struct topic_list *list)
{
    for (size_t i = 0; i < TOPICS; i++)
        of_cleanup_free(&list->items[i]);
}

static void cleanup_balance(struct balance *balance)
{
    id_set_release(&balance->ends[FINISHED]);
    id_set_release(&balance->ends[FAILED]);
    handled_release(&balance->handled);
}

/* An order that was sent twice is one order. A key that is no id is nobody's. */
static int take_end(struct balance *balance, size_t topic, const rd_kafka_message_t *message)
{
    int64_t id;
    bool added;
    if (!of_order_id_parse(message->key, message->key_len, &id))
        return OF_OK;
    int result = id_set_add(&balance->ends[topic], id, &added, balance->error);
    if (result == OF_OK && added)
        balance->both += id_set_has(&balance->ends[topic == FINISHED ? FAILED : FINISHED], id);
    return result;
}

static void take_letter(struct balance *balance, const rd_kafka_message_t *message)
{
    struct letter letter;
    letter_read(&letter, message);
    if (handled_find(&balance->handled, &letter.position, letter.timestamp) != HANDLED_REPLAYED)
        balance->dead++;
}

static void on_handled(void *context, size_t topic, const rd_kafka_message_t *message)
{
    (void)topic;
    struct balance *balance = context;
    if (balance->result == OF_OK)
        balance->result = handled_take(&balance->handled, balance->letters, message->key,
            message->key_len, message->payload, message->len, balance->error);
}

/* First of all: a letter must not be counted because its replay is read later. */
static int read_handled(const struct of_config *config, struct balance *balance)
{
    OF_FREE char *name = of_asprintf("%s_handled", balance->letters);
    const char *const names[] = {name};
    int64_t count; /* -1: nobody has handled any */
    int result = admin_read(config, names, 1, on_handled, balance, &count, balance->error);
    return result == OF_OK ? balance->result : result;
}

/* The topic is compacted: superseded states may still be there, and the last id only grows. */
static void on_record(void *context, size_t topic, const rd_kafka_message_t *message)
{
    struct balance *balance = context;
    struct of_generator_state state;
    const uint8_t *body;
    size_t size;
    if ((topic == FINISHED || topic == FAILED) && balance->result == OF_OK)
        balance->result = take_end(balance, topic, message);
    if (topic == DEAD)
        take_letter(balance, message);
    if (topic != STATE || !message->payload || balance->result < 0)
        return;
    of_generator_state_init(&state);
    balance->result = of_wire_reader_body(
        balance->reader, message->payload, message->len, &body, &size, balance->error);
    if (balance->result == OF_OK)
        balance->result = of_generator_state_decode(&state, body, size, balance->error);
    if (balance->result == OF_OK && state.last_order_id > balance->generated)
        balance->generated = state.last_order_id;
    of_generator_state_release(&state);
}

int admin_balance(
    const struct of_config *config, int word_count, char **words, struct of_error *error)
{
    (void)words;
    OF_CLEANUP(of_cleanup_registry) struct of_registry *registry = NULL;
    OF_CLEANUP(of_cleanup_wire_reader) struct of_wire_reader *reader = NULL;
    OF_CLEANUP(cleanup_topic_list) struct topic_list topics = {{NULL}};
    int64_t counts[TOPICS];
    if (word_count > 0)
        return of_fail(error, OF_INPUT, "balance takes no operand");
    int result = of_registry_new(config, &registry, error);
    if (result == OF_OK)
        result = of_wire_reader_new(
            registry, of_generator_state_schema, of_generator_state_schema_size, 0, &reader, error);
    if (result < 0)
        return result;
    for (size_t i = 0; i < TOPICS; i++)
        topics.items[i] = of_config_topic(config, topic_names[i]);
    OF_CLEANUP(cleanup_balance)
    struct balance balance = {.reader = reader, .letters = topics.items[DEAD], .error = error};
    result = read_handled(config, &balance);
    if (result == OF_OK)
        result = admin_read(
            config, (const char *const *)topics.items, TOPICS, on_record, &balance, counts, error);
    if (result == OF_OK)
        result = balance.result;
    for (size_t i = 0; i < TOPICS && result == OF_OK; i++)
        if (counts[i] < 0)
            result = of_fail(error, OF_INPUT, "there is no topic %s", topics.items[i]);
    if (result == OF_OK)
        printf("generated %" PRId64 "\nfinished %zu\nfailed %zu\nended %" PRId64 "\ndead %" PRId64
               "\n",
            balance.generated, balance.ends[FINISHED].count, balance.ends[FAILED].count,
            (int64_t)(balance.ends[FINISHED].count + balance.ends[FAILED].count) - balance.both,
            balance.dead);
    return result;
}
