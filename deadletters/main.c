/* orderflow-dlq: dead letters, looked at and dealt with. The commands stand in files of their own.
 */
#include "base/log.h"
#include "base/memory.h"
#include "base/signals.h"
#include "dlq.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREVIEW_MAX (1 << 30)

static const struct command {
    const char *name;
    dlq_command *run;
    bool changes;     /* wants a choice of letters: never all of them by mistake */
    bool wants_names; /* of letters */
} commands[] = {
    {"list", dlq_list, false, false},
    {"show", dlq_show, false, true},
    {"replay", dlq_replay, true, false},
    {"drop", dlq_drop, true, false},
};

static struct dlq dlq = {
    .selection = {.since = SELECT_NO_SINCE, .until = SELECT_NO_UNTIL},
    .preview = 256,
    .batch = 500,
};
static const char *topic = "orders_dlq";
static bool every;
static struct of_common_options common = OF_COMMON_DEFAULTS;

static const struct of_option options[] = {
    {.name = "stage",
        .type = OF_OPTION_LIST,
        .target = &dlq.selection.stages,
        .argument = "NAME",
        .section = "Which letters",
        .help = "of this stage or connector; may be given more than once"},
    {.name = "class",
        .type = OF_OPTION_LIST,
        .target = &dlq.selection.classes,
        .argument = "NAME",
        .help = "of this error class: framing, schema, decode, state, ...; may be given more than "
                "once"},
    {.name = "since",
        .type = OF_OPTION_TIME,
        .target = &dlq.selection.since,
        .argument = "TIME",
        .help = "that died at this time or later, as 2026-11-21 or 2026-11-21T04:40:33Z"},
    {.name = "until",
        .type = OF_OPTION_TIME,
        .target = &dlq.selection.until,
        .argument = "TIME",
        .help = "that died before this time"},
    {.name = "every",
        .type = OF_OPTION_FLAG,
        .target = &every,
        .help = "replay, drop: every open letter, where neither letters nor filters are given"},
    {.name = "all",
        .letter = 'a',
        .type = OF_OPTION_FLAG,
        .target = &dlq.all,
        .help = "list: handled letters too, with their state"},
    {.name = "limit",
        .letter = 'n',
        .type = OF_OPTION_INT,
        .target = &dlq.limit,
        .argument = "N",
        .minimum = 0,
        .maximum = 1000000000,
        .default_text = "0, no limit",
        .help = "list: stop after N letters"},
    {.name = "topic",
        .type = OF_OPTION_TEXT,
        .target = &topic,
        .argument = "TOPIC",
        .default_text = "orders_dlq",
        .help = "the dead-letter topic, without the prefix; connect_dlq holds those of the sinks"},
    {.name = "json",
        .type = OF_OPTION_FLAG,
        .target = &dlq.json,
        .section = "Output",
        .help = "one JSON object a line"},
    {.name = "bytes",
        .type = OF_OPTION_INT,
        .target = &dlq.preview,
        .argument = "N",
        .minimum = 0,
        .maximum = PREVIEW_MAX,
        .default_text = "256",
        .help = "show: bytes of key and of value that are shown; --json always gives all"},
    {.name = "dry-run",
        .type = OF_OPTION_FLAG,
        .target = &dlq.dry_run,
        .section = "Handling",
        .help = "replay, drop: check everything, print what would happen, write nothing"},
    {.name = "batch-records",
        .type = OF_OPTION_INT,
        .target = &dlq.batch,
        .argument = "N",
        .minimum = 1,
        .maximum = 10000,
        .default_text = "500",
        .help = "replay, drop: most letters in one transaction"},
    OF_COMMON_OPTIONS(&common), {.name = NULL}};

static const struct of_program program = {
    .name = "orderflow-dlq",
    .synopsis = "[OPTION...] COMMAND [LETTER...]",
    .summary = "list, show, replay and drop dead letters",
    .description =
        "A record that a stage could not read or place stands, raw, in the dead-letter topic. This "
        "program shows such letters, and puts them back where they came from once the cause is "
        "gone. A LETTER is named by its position: orders_dlq[1]@42, or 1@42.",
    .epilogue =
        "COMMANDS\n"
        "    list [LETTER...]\n"
        "            a line a letter: its position, its source's, stage, class, time, key, "
        "message\n"
        "    show LETTER...\n"
        "            everything of a letter: headers, and key and value in hexadecimal and text\n"
        "    replay [LETTER...]\n"
        "            send the raw record back to its source topic, with its key and its own\n"
        "            headers, and the header orderflow.attempts counted up by one\n"
        "    drop [LETTER...]\n"
        "            take letters off the list without a replay\n"
        "\nHANDLED LETTERS\n"
        "    A letter stays in the dead-letter topic. That it was replayed or dropped is a record\n"
        "    of the compacted topic orders_dlq_handled (the dead-letter topic's name with\n"
        "    _handled), which orderflow-admin setup makes, or else its first use. It is written "
        "in\n"
        "    the same transaction as the replayed record: a letter is handled once, also when "
        "this\n"
        "    program is killed and started again, or runs twice at the same time (the older one "
        "is\n"
        "    then stopped, exit status 6). Letters that were handled before are passed over.\n"
        "\nEXAMPLES\n"
        "    orderflow-dlq -F client.properties list --stage payment --since 2026-11-21\n"
        "    orderflow-dlq -F client.properties show 1@42\n"
        "    orderflow-dlq -F client.properties replay --class schema --dry-run\n"
        "    orderflow-dlq -F client.properties list --json | jq -r .class | sort | uniq -c\n",
    .options = options,
};

static const struct command *find_command(const char *name, struct of_error *error)
{
    for (size_t i = 0; i < OF_COUNT(commands); i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    of_fail(error, OF_INPUT, "there is no command '%s'; see --help", name);
    return NULL;
}

/* What the words on the command line must be for this command. */
static int check_usage(const struct command *command, int letters, struct of_error *error)
{
    if (command->wants_names && letters == 0)
        return of_fail(error, OF_INPUT, "%s which letter? See list.", command->name);
    if (command->changes && letters == 0 && !every && !selection_filters(&dlq.selection))
        return of_fail(error, OF_INPUT, "%s which letters? Name them, filter them, or say --every.",
            command->name);
    if (dlq.selection.since > dlq.selection.until)
        return of_fail(error, OF_INPUT, "--since is later than --until");
    return OF_OK;
}

static void release(struct dlq *all)
{
    if (all->scan)
        of_scan_free(all->scan);
    selection_release(&all->selection);
    handled_release(&all->handled);
    free(all->topic);
    free(all->handled_topic);
    if (all->config)
        of_config_free(all->config);
}

static int run(const struct command *command, int word_count, char **words)
{
    struct of_error error = {.class = OF_OK};
    dlq.topic = of_config_topic(dlq.config, topic);
    dlq.handled_topic = of_asprintf("%s_handled", dlq.topic);
    if (selection_name(&dlq.selection, dlq.topic, word_count, words, &error) < 0)
        return of_program_complain(&program, &error, OF_EXIT_USAGE);
    if (of_scan_new(dlq.config, &dlq.scan, &error) < 0)
        return of_program_complain(&program, &error, OF_EXIT_CONFIG);
    if (command->run(&dlq, &error) < 0)
        return of_program_complain(&program, &error,
            of_exit_code(
                error.class, OF_EXIT_INPUT, dlq.fenced ? OF_EXIT_FENCED : OF_EXIT_FAILURE));
    return fflush(stdout) == 0 ? OF_EXIT_OK : OF_EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    struct of_error error = {.class = OF_OK};
    const struct command *command = NULL;
    int operands;
    int result = of_options_parse(&program, argc, argv, &operands, &error);
    if (result > 0)
        return OF_EXIT_OK;
    if (result == OF_OK && operands < argc) {
        command = find_command(argv[operands], &error);
        result = command ? check_usage(command, argc - operands - 1, &error) : OF_INPUT;
    } else if (result == OF_OK && !common.dump_config) {
        result = of_fail(&error, OF_INPUT, "which command? See --help.");
    }
    if (result < 0)
        return of_program_complain(&program, &error, OF_EXIT_USAGE);
    of_signals_init();
    result = of_common_start(&program, &common, &dlq.config, &error);
    int code = result > 0   ? OF_EXIT_OK
               : result < 0 ? of_program_complain(&program, &error, OF_EXIT_CONFIG)
                            : run(command, argc - operands - 1, argv + operands + 1);
    release(&dlq);
    return code;
}
