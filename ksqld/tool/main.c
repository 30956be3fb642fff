/* orderflow-ksql: options and exit codes; the work is apply.c's. */
#include "base/config.h"
#include "base/log.h"
#include "base/signals.h"
#include "ksqld/cases/cases.h"
#include "ksqld/tool/apply.h"

#include <stdlib.h>

static const char *server;
static struct of_option_list defines;
static bool verbose;
static struct of_common_options common = OF_COMMON_DEFAULTS;

static const struct of_option options[] = {
    {.name = "server",
        .letter = 's',
        .type = OF_OPTION_TEXT,
        .target = &server,
        .argument = "URL",
        .default_text = "ksql.url of the configuration, else http://127.0.0.1:8088",
        .section = "Statements",
        .help = "the ksqlDB server; several, separated by commas, are tried in order"},
    {.name = "define",
        .letter = 'd',
        .type = OF_OPTION_LIST,
        .target = &defines,
        .argument = "NAME=VALUE",
        .help = "define a variable before the first script; statements use it as ${NAME}, and "
                "a DEFINE in a script wins from there on"},
    {.name = "verbose",
        .letter = 'v',
        .type = OF_OPTION_FLAG,
        .target = &verbose,
        .section = "Tests",
        .help = "say also why a case of `test` is refused"},
    {.name = "config",
        .letter = 'F',
        .type = OF_OPTION_TEXT,
        .target = &common.config_file,
        .argument = "FILE",
        .section = "Connection and configuration",
        .help = "properties file; of its names this program uses ksql.url, "
                "ksql.basic.auth.user.info, ksql.ssl.* and startup.timeout.ms"},
    {.name = "set",
        .letter = 'X',
        .type = OF_OPTION_LIST,
        .target = &common.overrides,
        .argument = "NAME=VALUE",
        .help = "set one property; wins over file and environment (ORDERFLOW_NAME)"},
    {.name = "dump-config",
        .type = OF_OPTION_FLAG,
        .target = &common.dump_config,
        .help = "print the configuration with the origin of each value, secrets masked, and exit"},
    {.name = "log-level",
        .type = OF_OPTION_CHOICE,
        .target = &common.log_level,
        .choices = of_log_level_words,
        .argument = "LEVEL",
        .default_text = "info",
        .section = "Operation",
        .help = "debug, info, warning or error"},
    {.name = "log-format",
        .type = OF_OPTION_CHOICE,
        .target = &common.log_format,
        .choices = of_log_format_words,
        .argument = "FORMAT",
        .default_text = "text",
        .help = "text or json, one line an event on standard error"},
    {.name = NULL}};

static const struct of_program program = {
    .name = "orderflow-ksql",
    .synopsis = "apply [OPTION...] FILE... | test [OPTION...] FILE.json|FOLDER...",
    .summary = "apply SQL scripts to a ksqlDB server, or test them without one",
    .description =
        "Posts the statements of the scripts, one after the other, to the /ksql endpoint of a "
        "ksqlDB server (or of orderflow-ksqld), waits until each is carried out and prints its "
        "result in a line: FILE:LINE: RESULT. It stops at the first error, which it prints to "
        "standard error as FILE:LINE:COLUMN with the server's message. FILE - is standard input.\n"
        "\n"
        "SET, UNSET, DEFINE and UNDEFINE are not sent: a server forgets them with the request. "
        "They hold from where they stand to the end of the last script, and go along with every "
        "statement.\n"
        "\n"
        "Scripts can be applied again when their statements can: CREATE ... IF NOT EXISTS, and "
        "INSERT INTO ... WITH (QUERY_ID='...'), which is taken for done when a query of that id "
        "runs with the same text, and is an error when its text is another. An INSERT INTO without "
        "QUERY_ID starts one more query each time.\n"
        "\n"
        "test runs cases in the format of ksqlDB's own tests (a JSON file with the list \"tests\" "
        "of name, statements, inputs, outputs, expectedException, post) with no server: a line a "
        "file, the reason of each failure, and the sum. What this program doesn't support is "
        "refused and counts as skipped. It exits 1 when a case is wrong.",
    .epilogue = "EXAMPLES\n"
                "    orderflow-ksql apply --define partitions=4 ksql/*.sql\n"
                "    orderflow-ksql apply -F client.properties -s https://ksql.example.com x.sql\n"
                "    echo \"SHOW QUERIES;\" | orderflow-ksql apply -\n",
    .options = options,
};

static int apply(const struct of_config *config, char **files, int count)
{
    struct of_error error;
    OF_CLEANUP(ksql_session_release) struct ksql_session session;
    ksql_session_init(&session);
    for (size_t i = 0; i < defines.count; i++)
        if (ksql_session_define(&session, defines.values[i], &error) < 0)
            return of_program_complain(&program, &error, OF_EXIT_USAGE);
    OF_CLEANUP(of_cleanup_ksql_remote) struct ksql_remote *remote = NULL;
    int result = ksql_remote_new(config, &remote, &error);
    if (result == OF_INPUT)
        return of_program_complain(&program, &error, OF_EXIT_CONFIG);
    for (int i = 0; i < count && result == OF_OK; i++)
        result = ksql_apply_file(remote, &session, files[i], stdout, &error);
    return result < 0 ? of_program_complain(
                            &program, &error, of_exit_code(result, OF_EXIT_INPUT, OF_EXIT_FAILURE))
                      : OF_EXIT_OK;
}

static int test(char **paths, int count)
{
    struct of_error error;
    struct ksql_case_sum sum = {0};
    for (int i = 0; i < count; i++)
        if (ksql_cases_run(paths[i], verbose, stdout, &sum, &error) < 0)
            return of_program_complain(&program, &error, OF_EXIT_USAGE);
    printf("%zu passed, %zu failed, %zu skipped\n", sum.passed, sum.wrong, sum.refused);
    return sum.wrong ? EXIT_FAILURE : OF_EXIT_OK;
}

int main(int argc, char **argv)
{
    struct of_error error;
    int first;
    int result = of_options_parse(&program, argc, argv, &first, &error);
    if (result == 1)
        return OF_EXIT_OK;
    if (result < 0)
        return of_program_complain(&program, &error, OF_EXIT_USAGE);
    OF_CLEANUP(of_cleanup_config) struct of_config *config = NULL;
    result = of_common_start(&program, &common, &config, &error);
    if (result == 1)
        return OF_EXIT_OK;
    if (result == OF_OK && server)
        result = of_config_set(config, "ksql.url", server, &error);
    if (result < 0)
        return of_program_complain(&program, &error, OF_EXIT_CONFIG);
    bool testing = first < argc && strcmp(argv[first], "test") == 0;
    if (first + 1 >= argc || (!testing && strcmp(argv[first], "apply") != 0)) {
        of_fail(&error, OF_INPUT, "wanted 'apply' or 'test' and at least one file; see %s --help",
            program.name);
        return of_program_complain(&program, &error, OF_EXIT_USAGE);
    }
    if (testing)
        return test(argv + first + 1, argc - first - 1);
    of_signals_init();
    return apply(config, argv + first + 1, argc - first - 1);
}
