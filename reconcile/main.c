/* orderflow-reconcile: whether every order is accounted for, in the topics and in the database. */
#include "base/config.h"
#include "database/database.h"
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Not one of enum of_exit's, and not to be taken for a failure: those leave with 3 and more. */
#define EXIT_DIFFERENCE 1

static const char *database;
static bool no_database, json;
static double grace = 60;
static struct of_common_options common = OF_COMMON_DEFAULTS;

static const struct of_option options[] = {
    OF_DATABASE_OPTION(&database, .section = "Reconciliation"),
    {.name = "no-database",
        .type = OF_OPTION_FLAG,
        .target = &no_database,
        .help = "look at the topics alone"},
    {.name = "grace",
        .type = OF_OPTION_REAL,
        .target = &grace,
        .argument = "SECONDS",
        .minimum = 0,
        .maximum = 1e9,
        .default_text = "60",
        .help = "a final order may take so long to reach the database; 0 when nothing is on its "
                "way"},
    {.name = "json",
        .type = OF_OPTION_FLAG,
        .target = &json,
        .help = "one JSON object instead of a page"},
    OF_COMMON_OPTIONS(&common), {.name = NULL}};

static const struct of_program program = {
    .name = "orderflow-reconcile",
    .synopsis = "[OPTION...]",
    .summary = "check that every order is accounted for",
    .description =
        "Reads all order topics, the dead letters, the generator's state and the tables, and "
        "checks "
        "that generated = finished + failed + in flight + dead letters, and that rows = records: a "
        "row in order_info for each finished or failed order, of a status that belongs to its "
        "topic; as many rows in item_info as the order has items; a row in customer_info for its "
        "customer. Every order that is off is named. May run at any moment, also while orders "
        "flow: "
        "it joins no group, writes nothing, and takes what it reads in an order that makes it fit "
        "together.",
    .epilogue =
        "RESULT\n"
        "    The exit status is 0 when all is clean, and 1 when there is a difference. A failure\n"
        "    while reading is never 1.\n"
        "\nDIFFERENCES\n"
        "    lost            generated, but in no topic and no dead letter\n"
        "    unknown         in a topic, but nobody generated it\n"
        "    doubled         more than once in the same topic; what orderflow-dlq put back is no\n"
        "                    double\n"
        "    replayed_twice  put back more often than its dead letters say\n"
        "    both_ends       finished and failed\n"
        "    end_and_dead    final, and one of its dead letters is open\n"
        "    skipped         in a topic further on, but not in the one before it\n"
        "    no_row, extra_row, status, items, customer\n"
        "                    rows that do not fit the records\n"
        "    not_routed, not_exported\n"
        "                    the stage has read on, but the order has neither its event Routed or\n"
        "                    Exported nor a dead letter; looked at if order.status.topic is set\n"
        "    exported        exported, but not in external_orders\n"
        "    Each finding is about one order id; JSON names it by this word in \"kind\", with all "
        "its\n"
        "    ids in \"orders\".\n"
        "\nENVIRONMENT\n" OF_DATABASE_ENVIRONMENT "\nEXAMPLES\n"
        "    DATABASE_URL=postgresql://reader@127.0.0.1:5433/orderflow orderflow-reconcile \\\n"
        "        -F client.properties\n"
        "    orderflow-reconcile -F client.properties --no-database --json | jq .differences\n",
    .options = options,
};

/* Where the database is; NULL: it is not to be read. */
static int find_database(const char **connection, struct of_error *error)
{
    *connection = NULL;
    if (no_database && database)
        return of_fail(error, OF_INPUT, "--database and --no-database contradict each other");
    if (no_database)
        return OF_OK;
    return of_database_find(database, connection, error);
}

static int reconcile(const struct of_config *config, const char *connection)
{
    OF_CLEANUP(ledger_release) struct ledger ledger = {.entries = NULL};
    OF_CLEANUP(balance_release) struct balance balance = {.generated = 0};
    struct database_counts counts = {0};
    struct gathered gathered;
    struct of_error error = {.class = OF_OK};
    int64_t moment = 0;
    int result = OF_OK;
    if (connection)
        result = database_read(connection, &ledger, &counts, &moment, &error);
    if (result == OF_OK)
        result = gather_topics(config, &ledger, &gathered, &error);
    if (result == OF_OK)
        result = ledger_balance(&ledger, gathered.surely, gathered.at_most,
            moment - (int64_t)(grace * 1000), &balance, &error);
    if (result < 0)
        return of_program_complain(
            &program, &error, of_exit_code(error.class, OF_EXIT_INPUT, OF_EXIT_CONFIG));
    const struct report report = {&ledger, &gathered, &balance, &counts};
    if (json)
        report_print_json(&report, stdout);
    else
        report_print(&report, stdout);
    if (fflush(stdout) != 0)
        return OF_EXIT_CONFIG;
    return report_is_clean(&report) ? OF_EXIT_OK : EXIT_DIFFERENCE;
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
    if (result == OF_OK && !common.dump_config)
        result = find_database(&connection, &error);
    if (result < 0)
        return of_program_complain(&program, &error, OF_EXIT_USAGE);
    result = of_common_start(&program, &common, &config, &error);
    if (result != 0)
        return result > 0 ? OF_EXIT_OK : of_program_complain(&program, &error, OF_EXIT_CONFIG);
    return reconcile(config, connection);
}
