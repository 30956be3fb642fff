/* orderflow-status: what became of orders, and what becomes of them now. */
#include "base/signals.h"
#include "status.h"

#include <inttypes.h>
#include <stdio.h>

/* Not one of enum of_exit's: those of failures are 3 and more here. */
#define EXIT_UNKNOWN_ORDER 1

static const char *database, *state;
static bool follow, json;
static struct choice choice = CHOICE_NONE;
static struct of_common_options common = OF_COMMON_DEFAULTS;

static const struct of_option options[] = {{.name = "order",
                                               .letter = 'i',
                                               .type = OF_OPTION_INT,
                                               .target = &choice.order,
                                               .argument = "ORDER_ID",
                                               .minimum = 0,
                                               .maximum = 9e18,
                                               .section = "Which orders",
                                               .help = "this one, with its history"},
    {.name = "customer",
        .type = OF_OPTION_INT,
        .target = &choice.customer,
        .argument = "ID",
        .help = "those of this customer"},
    {.name = "state",
        .type = OF_OPTION_TEXT,
        .target = &state,
        .argument = "STATUS",
        .help = "those in this status: Generated, Validated, Rejected, Paid, Enriched, Routed, "
                "Shipped, Delivered, 'Timed Out', Cancelled or Returned; with --follow: that enter "
                "it, or Exported, which is beside an order's way"},
    {.name = "since",
        .type = OF_OPTION_TIME,
        .target = &choice.since,
        .argument = "TIME",
        .help = "that entered their status at this time or later, as 2026-11-21 or "
                "2026-11-21T04:40:33Z"},
    {.name = "follow",
        .letter = 'f',
        .type = OF_OPTION_FLAG,
        .target = &follow,
        .section = "What is shown",
        .help = "print changes as they happen, until it is interrupted; with --since those from "
                "that time on first"},
    {.name = "json",
        .type = OF_OPTION_FLAG,
        .target = &json,
        .help = "one JSON object a line: an order with its history, or with --follow a change"},
    {.name = "database",
        .type = OF_OPTION_TEXT,
        .target = &database,
        .argument = "CONNECTION",
        .default_text = "the variable DATABASE_URL",
        .help = OF_DATABASE_HELP "; --follow needs none"},
    OF_COMMON_OPTIONS(&common), {.name = NULL}};

static const struct of_program program = {
    .name = "orderflow-status",
    .synopsis = "[OPTION...]",
    .summary = "show the status of orders",
    .description =
        "Shows all orders, a line each with its current status, or one order with every status "
        "that it has entered. The current status is the one that none of the order's others can "
        "follow, whatever came in first. Exported, which is beside its way, is shown apart.\n"
        "The stages write these statuses to the topic order_status when the property "
        "order.status.topic names it (./orderflow up sees to it), and a sink puts them into "
        "PostgreSQL, which is some seconds behind. --follow reads the topic itself.",
    .epilogue =
        "RESULT\n"
        "    The exit status is 1 when the order of --order is not known. A failure is never 1.\n"
        "\nENVIRONMENT\n" OF_DATABASE_ENVIRONMENT "\nEXAMPLES\n"
        "    ./orderflow exec orderflow-status -i 42\n"
        "    ./orderflow exec orderflow-status --state Shipped --since 2026-11-21\n"
        "    ./orderflow exec orderflow-status --follow --state 'Timed Out' --json | jq "
        ".order_id\n",
    .options = options,
};

static int list(const char *connection)
{
    OF_CLEANUP(of_cleanup_database) struct of_database *from = NULL;
    struct of_error error = {.class = OF_OK};
    int64_t found = 0;
    int result = of_database_open(connection, program.name, &from, &error);
    if (result == OF_OK)
        result = status_list(from, &choice, json, &found, &error);
    if (result < 0)
        return of_program_complain(
            &program, &error, of_exit_code(error.class, OF_EXIT_INPUT, OF_EXIT_CONFIG));
    if (fflush(stdout) != 0)
        return OF_EXIT_CONFIG;
    if (choice.order == CHOICE_ANY || found > 0)
        return OF_EXIT_OK;
    bool narrowed = choice.customer != CHOICE_ANY || choice.since != CHOICE_ANY || state;
    fprintf(stderr, "%s: order %" PRId64 " is not known%s\n", program.name, choice.order,
        narrowed ? ", or is none of those asked for" : "");
    return EXIT_UNKNOWN_ORDER;
}

static int read_choice(struct of_error *error)
{
    enum of_event wanted;
    if (!state)
        return OF_OK;
    int result = of_event_parse((struct of_text){state, strlen(state)}, &wanted, error);
    if (result < 0)
        return of_error_context(error, "--state");
    if (wanted == OF_EVENT_EXPORTED && !follow)
        return of_fail(error, OF_INPUT,
            "--state Exported: it is beside an order's way, and no order is in it; --follow shows "
            "those that enter it");
    choice.state = (int)wanted;
    return OF_OK;
}

int main(int argc, char **argv)
{
    OF_CLEANUP(of_cleanup_config) struct of_config *config = NULL;
    struct of_error error = {.class = OF_OK};
    const char *connection = NULL;
    int operands = argc;
    int result = of_options_parse(&program, argc, argv, &operands, &error);
    if (result > 0)
        return OF_EXIT_OK;
    if (result == OF_OK && operands < argc)
        result = of_fail(&error, OF_INPUT, "unexpected operand '%s'", argv[operands]);
    if (result == OF_OK)
        result = read_choice(&error);
    if (result == OF_OK && !common.dump_config && !follow)
        result = of_database_find(database, &connection, &error);
    if (result < 0)
        return of_program_complain(&program, &error, OF_EXIT_USAGE);
    of_signals_init();
    result = of_common_start(&program, &common, &config, &error);
    if (result != 0)
        return result > 0 ? OF_EXIT_OK : of_program_complain(&program, &error, OF_EXIT_CONFIG);
    if (!follow)
        return list(connection);
    result = status_follow(config, &choice, json, &error);
    return result < 0 ? of_program_complain(&program, &error,
                            of_exit_code(error.class, OF_EXIT_INPUT, OF_EXIT_CONFIG))
                      : OF_EXIT_OK;
}
