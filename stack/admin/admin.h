/* What the files of orderflow-admin share: the pipeline's topics and groups as tables, and the
 * commands. Everything prints to standard output; errors go up to main. */
#ifndef ORDERFLOW_ADMIN_H
#define ORDERFLOW_ADMIN_H

#include "base/config.h"
#include "kafka/scan.h"

#include <librdkafka/rdkafka.h>

#define ADMIN_TOPICS_MAX 64           /* names a command takes */
#define ADMIN_TIMEOUT_MS 30000        /* for one answer of the broker */
#define ADMIN_GROUP "orderflow-admin" /* readers want a group; nothing is ever committed to it */

enum admin_role { ROLE_ORDERS, ROLE_LINES, ROLE_EVENTS, ROLE_STATE, ROLE_SQL, ROLE_DEAD_LETTERS };

struct admin_topic {
    const char *name; /* NULL ends the table; without the prefix */
    enum admin_role role;
    int partitions;             /* 0: topic.partitions */
    const char *cleanup_policy; /* NULL: not ours to create */
    int64_t retention_ms;       /* 0: for ever */
    const char *schema;         /* raw text registered for it; NULL: none */
    const size_t *schema_size;
    const char *setting; /* the property that names it, without the prefix; NULL: `name` does */
};
extern const struct admin_topic admin_topics[];

/* The topic's full name in a new string (OF_FREE); NULL: its setting is empty, it is not wanted. */
char *admin_topic_name(const struct of_config *config, const struct admin_topic *topic);

/* Which topic a stage reads: its lag counts even before it has committed anything. */
struct admin_stage {
    const char *group; /* NULL ends the table */
    const char *topic;
    const char *setting; /* the property that names another one, without the prefix; or NULL */
};
extern const struct admin_stage admin_stages[];

/* A consumer that reads what is committed and joins no group. */
int admin_reader(
    const struct of_config *config, rd_kafka_t **client, struct of_error *error) OF_NODISCARD;

/* Every committed record of the topics (full names) up to their ends as they are now. `visit` may
 * be NULL; `counts` gets one number a topic, -1 for a topic that does not exist. */
typedef void admin_visit(void *context, size_t topic, const rd_kafka_message_t *message);
int admin_read(const struct of_config *config, const char *const *topics, size_t topic_count,
    admin_visit *visit, void *context, int64_t *counts, struct of_error *error) OF_NODISCARD;

/* Who asks for lag. */
struct admin_asker {
    rd_kafka_t *client;   /* as admin_reader makes it */
    struct of_scan *scan; /* counts what is between two offsets */
};
void admin_asker_release(struct admin_asker *asker); /* also for OF_CLEANUP */
int admin_asker_open(
    const struct of_config *config, struct admin_asker *asker, struct of_error *error) OF_NODISCARD;

/* One line "GROUP TOPIC PARTITIONS LAG" for each topic of a group; `only_ours` limits them to our
 * topics. The lag is in committed records, not in offsets, of which transactions take some; only
 * behind the first 10,000 of a topic offsets stand for records. Of the topic `reads` (full name, or
 * NULL) partitions count whole where the group has committed nothing. */
int admin_print_lag(const struct of_config *config, const struct admin_asker *asker,
    const char *group, const char *reads, bool only_ours, struct of_error *error) OF_NODISCARD;

/* The names of all consumer groups; the list is the caller's. */
struct admin_names {
    char **items;
    size_t count;
};
void admin_names_release(struct admin_names *names);
int admin_groups(
    rd_kafka_t *client, struct admin_names *groups, struct of_error *error) OF_NODISCARD;

/* The commands; `words` are the operands behind the command's name. */
typedef int admin_command(
    const struct of_config *config, int word_count, char **words, struct of_error *error);
admin_command admin_setup, admin_count, admin_lag, admin_status, admin_balance;

#endif
