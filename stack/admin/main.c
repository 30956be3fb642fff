/* orderflow-admin: topics, schemas and the counts that ./orderflow shows. The commands stand in
 * files of their own. */
#include "admin.h"

#include "base/log.h"
#include "kafka/client.h"

#include <stdio.h>
#include <string.h>

static const struct command {
    const char *name;
    admin_command *run;
} commands[] = {
    {"setup", admin_setup},
    {"count", admin_count},
    {"lag", admin_lag},
    {"balance", admin_balance},
    {"status", admin_status},
};

static struct of_common_options common = OF_COMMON_DEFAULTS;

static const struct of_option options[] = {OF_COMMON_OPTIONS(&common), {.name = NULL}};

static const struct of_program program = {
    .name = "orderflow-admin",
    .synopsis = "[OPTION...] COMMAND [NAME...]",
    .summary = "topics, schemas and counts of an order pipeline",
    .description = "Creates what the programs of the pipeline expect to find and tells how much "
                   "stands where. Reads only what is committed, joins no group and commits "
                   "nothing.",
    .epilogue =
        "COMMANDS\n"
        "    setup\n"
        "            create the topics that are missing (topic.partitions and\n"
        "            topic.replication.factor apply) and register the schemas as the raw text\n"
        "            of their files under TOPIC-value, compatibility BACKWARD\n"
        "    count TOPIC...\n"
        "            a line \"TOPIC RECORDS\" for each full topic name: committed records, not\n"
        "            offsets, of which transactions take some\n"
        "    lag GROUP[=TOPIC]...\n"
        "            a line \"GROUP TOPIC PARTITIONS LAG\" for each topic that a group reads:\n"
        "            committed records, and behind the first 10,000 of them offsets. TOPIC\n"
        "            counts whole where the group has committed nothing; a GROUP that ends in *\n"
        "            stands for all that begin so\n"
        "    balance\n"
        "            how many orders were generated, finished, failed, and how many of them have\n"
        "            come to an end (ended): different order ids, however often one was sent;\n"
        "            dead letters that were not replayed\n"
        "    status\n"
        "            topics with their records, groups with their lag, open dead letters by\n"
        "            stage and class\n"
        "\nEXAMPLES\n"
        "    orderflow-admin -F client.properties setup\n"
        "    orderflow-admin -X bootstrap.servers=127.0.0.1:9092 count finished_orders\n",
    .options = options,
};

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < OF_COUNT(commands); i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

int main(int argc, char **argv)
{
    OF_CLEANUP(of_cleanup_config) struct of_config *config = NULL;
    struct of_error error = {.class = OF_OK};
    int operands;
    int result = of_options_parse(&program, argc, argv, &operands, &error);
    if (result != 0)
        return result > 0 ? OF_EXIT_OK : of_program_complain(&program, &error, OF_EXIT_USAGE);
    result = of_common_start(&program, &common, &config, &error);
    if (result != 0)
        return result > 0 ? OF_EXIT_OK : of_program_complain(&program, &error, OF_EXIT_CONFIG);
    if (operands == argc) {
        fprintf(stderr, "%s: which command? See --help.\n", program.name);
        return OF_EXIT_USAGE;
    }
    const struct command *command = find_command(argv[operands]);
    if (!command) {
        fprintf(stderr, "%s: there is no command '%s'; see --help\n", program.name, argv[operands]);
        return OF_EXIT_USAGE;
    }
    if (command->run(config, argc - operands - 1, argv + operands + 1, &error) < 0)
        return of_program_complain(
            &program, &error, of_exit_code(error.class, OF_EXIT_INPUT, OF_EXIT_FAILURE));
    return fflush(stdout) == 0 ? OF_EXIT_OK : OF_EXIT_FAILURE;
}
