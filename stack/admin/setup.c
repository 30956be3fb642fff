/* setup: topics that are missing, and the schemas as the raw text of their files. Changes nothing
 * that is there already, but for the compatibility level of our subjects. */
#include "admin.h"

#include "base/memory.h"
#include "kafka/topics.h"
#include "registry/registry.h"

#include <stdio.h>
#include <stdlib.h>

struct full_names {
    char *items[ADMIN_TOPICS_MAX];
    size_t count;
};

static void cleanup_full_names(struct full_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
}

static int create_topics(const struct of_config *config, struct of_error *error)
{
    OF_CLEANUP(cleanup_full_names) struct full_names names = {.count = 0};
    struct of_topic_spec specs[ADMIN_TOPICS_MAX] = {{NULL}};
    for (const struct admin_topic *topic = admin_topics; topic->name; topic++) {
        char *name = topic->cleanup_policy ? admin_topic_name(config, topic) : NULL;
        if (!name)
            continue;
        /* Business dates lie years back and orders are the archive: nothing expires. */
        specs[names.count] = (struct of_topic_spec){.name = name,
            .partitions = topic->partitions,
            .cleanup_policy = topic->cleanup_policy,
            .retention_ms = topic->retention_ms ? topic->retention_ms : -1,
            .max_message_bytes = topic->role == ROLE_DEAD_LETTERS ? OF_DEAD_LETTER_BYTES : 0};
        names.items[names.count++] = name;
    }
    if (of_kafka_create_topics(config, specs, names.count, error) < 0)
        return of_error_context(error, "creating topics");
    for (size_t i = 0; i < names.count; i++)
        printf("topic %s\n", names.items[i]);
    return OF_OK;
}

static int register_schema(const struct of_config *config, struct of_registry *registry,
    const struct admin_topic *topic, struct of_error *error)
{
    OF_FREE char *name = admin_topic_name(config, topic);
    if (!name)
        return OF_OK;
    OF_FREE char *subject = of_asprintf("%s-value", name);
    int32_t id;
    int result =
        of_registry_register(registry, subject, topic->schema, *topic->schema_size, &id, error);
    if (result == OF_OK)
        result = of_registry_set_compatibility(
            registry, subject, of_config_get(config, "schema.registry.compatibility"), error);
    if (result < 0)
        return of_error_context(error, "subject %s", subject);
    printf("subject %s schema id %d\n", subject, (int)id);
    return OF_OK;
}

int admin_setup(
    const struct of_config *config, int word_count, char **words, struct of_error *error)
{
    (void)words;
    OF_CLEANUP(of_cleanup_registry) struct of_registry *registry = NULL;
    if (word_count > 0)
        return of_fail(error, OF_INPUT, "setup takes no operand");
    int result = create_topics(config, error);
    if (result == OF_OK)
        result = of_registry_new(config, &registry, error);
    for (const struct admin_topic *topic = admin_topics; topic->name && result == OF_OK; topic++)
        if (topic->schema)
            result = register_schema(config, registry, topic, error);
    return result;
}
