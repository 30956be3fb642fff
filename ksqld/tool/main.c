/* orderflow-ksql: options and exit codes; the work is apply.c's. */
#include "base/config.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/signals.h"
#include "ksqld/cases/cases.h"
#include "ksqld/tool/apply.h"
#include "ksqld/tool/prompt.h"
#include "ksqld/tool/reference.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <unistd.h>

static const char *server;
static struct of_option_list defines, statements, files;
static int output;
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
    {.name = "execute",
        .letter = 'e',
        .type = OF_OPTION_LIST,
        .target = &statements,
        .argument = "SQL",
        .help = "carry out these statements, show what they answer, and leave; can be given "
                "again. A push query runs until it is interrupted or its LIMIT is reached"},
    {.name = "file",
        .letter = 'f',
        .type = OF_OPTION_LIST,
        .target = &files,
        .argument = "FILE",
        .help = "the same with the statements of a file (- for standard input); files come "
                "before --execute"},
    {.name = "output",
        .letter = 'o',
        .type = OF_OPTION_CHOICE,
        .target = &output,
        .choices = ksql_output_words,
        .argument = "FORMAT",
        .default_text = "table",
        .help = "table: drawn to the terminal's width; json: a line an answer, and a line a row "
                "of a query; csv: RFC 4180 with a line of headings (NULL is an empty field, an "
                "empty text is \"\")"},
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
    .synopsis = "[OPTION...] | apply [OPTION...] FILE... | test [OPTION...] FILE.json|FOLDER... | "
                "functions",
    .summary = "talk to a ksqlDB server, apply SQL scripts to it, or test them without one",
    .description =
        "Without a command it carries out the statements of --file and --execute and shows what "
        "the server (orderflow-ksqld or ksqlDB) answers; without those it reads statements from "
        "a prompt, or from standard input where that is no terminal. It stops at the first error, "
        "which it prints with its line and column, the line itself and a caret.\n"
        "\n"
        "At the prompt a statement may have several lines and ends with a semicolon. Tab completes "
        "keywords and the names of streams and tables, the arrow keys and Ctrl-R go through the "
        "history, Ctrl-C ends a query or drops what was typed, Ctrl-D leaves; help lists the "
        "prompt's own words. RUN SCRIPT 'FILE'; carries out a file.\n"
        "\n"
        "apply is for scripts that set a pipeline up. "
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
        "refused and counts as skipped. It exits 1 when a case is wrong.\n"
        "\n"
        "functions prints the reference of all functions as Markdown.",
    .epilogue = "EXAMPLES\n"
                "    orderflow-ksql\n"
                "    orderflow-ksql -e 'SHOW STREAMS;'\n"
                "    orderflow-ksql -o csv -e 'SELECT * FROM order_info EMIT CHANGES LIMIT 10;'\n"
                "    orderflow-ksql -d day=2026-11-21 -o json -f report.sql\n"
                "    orderflow-ksql apply --define partitions=4 ksql/*.sql\n"
                "    orderflow-ksql apply -F client.properties -s https://ksql.example.com x.sql\n"
                "    echo \"SHOW QUERIES;\" | orderflow-ksql apply -\n"
                "\nENVIRONMENT\n"
                "    ORDERFLOW_KSQL_HISTORY  file of the prompt's history (mode 600); empty: none\n"
                "    ORDERFLOW_NAME          a property, as --set has it\n"
                "\nFILES\n"
                "    ~/.orderflow-ksql_history  the prompt's last 1,000 statements\n"
                "    ~/.editrc                  keys of the prompt, see editrc(5)\n",
    .options = options,
};

/* What every command that talks to a server begins with. */
static int begin(const struct of_config *config, struct ksql_session *session,
    struct ksql_remote **remote, struct of_error *error)
{
    for (size_t i = 0; i < defines.count; i++)
        if (ksql_session_define(session, defines.values[i], error) < 0)
            return of_program_complain(&program, error, OF_EXIT_USAGE);
    int result = ksql_remote_new(config, remote, error);
    if (result == OF_INPUT)
        return of_program_complain(&program, error, OF_EXIT_CONFIG);
    if (result < 0)
        return of_program_complain(
            &program, error, of_exit_code(result, OF_EXIT_INPUT, OF_EXIT_FAILURE));
    return OF_EXIT_OK;
}

static int end(int result, const struct of_error *error)
{
    return result < 0 ? of_program_complain(
                            &program, error, of_exit_code(result, OF_EXIT_INPUT, OF_EXIT_FAILURE))
                      : OF_EXIT_OK;
}

static int apply(const struct of_config *config, char **paths, int count)
{
    struct of_error error;
    OF_CLEANUP(ksql_session_release) struct ksql_session session;
    OF_CLEANUP(of_cleanup_ksql_remote) struct ksql_remote *remote = NULL;
    ksql_session_init(&session);
    int code = begin(config, &session, &remote, &error);
    int result = OF_OK;
    for (int i = 0; i < count && code == OF_EXIT_OK && result == OF_OK; i++)
        result = ksql_apply_file(remote, &session, paths[i], stdout, &error);
    return code == OF_EXIT_OK ? end(result, &error) : code;
}

static int execute_all(struct ksql_executor *executor, struct of_error *error)
{
    int result = OF_OK;
    for (size_t i = 0; i < files.count && result == OF_OK; i++)
        result = ksql_execute_file(executor, files.values[i], error);
    for (size_t i = 0; i < statements.count && result == OF_OK; i++) {
        const struct ksql_script script = {
            "--execute", statements.values[i], strlen(statements.values[i])};
        result = ksql_execute(executor, &script, error);
    }
    return result;
}

/* Widths of characters, and the prompt's editing, need a UTF-8 locale. */
static void set_locale(void)
{
    setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
}

static int talk(const struct of_config *config)
{
    struct of_error error;
    OF_CLEANUP(ksql_session_release) struct ksql_session session;
    OF_CLEANUP(of_cleanup_ksql_remote) struct ksql_remote *remote = NULL;
    ksql_session_init(&session);
    set_locale();
    int code = begin(config, &session, &remote, &error);
    if (code != OF_EXIT_OK)
        return code;
    struct ksql_executor executor = {.remote = remote,
        .session = &session,
        .show = {.output = (enum ksql_output)output,
            .out = stdout,
            .width = ksql_show_width(stdout)},
        .ending = ksql_prompt_interrupted};
    if (files.count || statements.count)
        return end(execute_all(&executor, &error), &error);
    if (!isatty(STDIN_FILENO))
        return end(ksql_execute_file(&executor, "-", &error), &error);
    OF_FREE char *history = ksql_prompt_history();
    executor.talks = true;
    ksql_prompt(&executor, history);
    return OF_EXIT_OK;
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

static int print_functions(void)
{
    OF_CLEANUP(of_buffer_release) struct of_buffer page;
    of_buffer_init(&page, KSQL_REFERENCE_MAX);
    ksql_reference_append(&page);
    bool written = fwrite(page.data, 1, page.length, stdout) == page.length && fflush(stdout) == 0;
    return written ? OF_EXIT_OK : OF_EXIT_FAILURE;
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
    of_signals_init();
    if (first == argc)
        return talk(config);
    if (strcmp(argv[first], "functions") == 0 && first + 1 == argc)
        return print_functions();
    bool testing = strcmp(argv[first], "test") == 0;
    if (files.count || statements.count || first + 1 == argc ||
        (!testing && strcmp(argv[first], "apply") != 0)) {
        of_fail(&error, OF_INPUT,
            "wanted 'apply' or 'test' and at least one file, 'functions', or options alone; see %s "
            "--help",
            program.name);
        return of_program_complain(&program, &error, OF_EXIT_USAGE);
    }
    if (testing)
        return test(argv + first + 1, argc - first - 1);
    return apply(config, argv + first + 1, argc - first - 1);
}
