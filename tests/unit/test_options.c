/* Options: every type, GNU habits, errors that name the option, and the help text. */
#include "support.h"

#include "base/options.h"

static struct {
    bool verbose;
    const char *file;
    int64_t count, free_count, when;
    double rate;
    int mode;
    struct of_option_list list;
} got;

static const char *const modes[] = {"history", "live", "both", NULL};

static const struct of_option table[] = {
    {.name = "verbose",
        .letter = 'v',
        .type = OF_OPTION_FLAG,
        .target = &got.verbose,
        .section = "Talk",
        .help = "say more"},
    {.name = "file",
        .letter = 'f',
        .type = OF_OPTION_TEXT,
        .target = &got.file,
        .argument = "FILE",
        .help = "a file whose name has a help text that is certainly longer "
                "than one line of eighty columns holds\nsecond paragraph"},
    {.name = "count",
        .letter = 'n',
        .type = OF_OPTION_INT,
        .target = &got.count,
        .minimum = 1,
        .maximum = 1000000,
        .default_text = "10",
        .section = "Amounts"},
    {.name = "free-count", .type = OF_OPTION_INT, .target = &got.free_count, .argument = "N"},
    {.name = "rate",
        .letter = 'r',
        .type = OF_OPTION_REAL,
        .target = &got.rate,
        .minimum = 0,
        .maximum = 1e6,
        .argument = "N"},
    {.name = "when", .type = OF_OPTION_TIME, .target = &got.when},
    {.name = "mode", .type = OF_OPTION_CHOICE, .target = &got.mode, .choices = modes},
    {.name = "add", .letter = 'X', .type = OF_OPTION_LIST, .target = &got.list},
    {.name = NULL},
};

static const struct of_program program = {
    .name = "orderflow-test",
    .synopsis = "[OPTION...] [FILE...]",
    .summary = "tries its options",
    .description = "One paragraph.",
    .epilogue = "FILES\n    none\n",
    .options = table,
};

static struct of_error error;
static int operands;

static int parse_list(const char *const *words)
{
    static char *argv[OF_OPTION_LIST_MAX * 2 + 8];
    int argc = 0;
    argv[argc++] = (char *)"orderflow-test";
    while (*words)
        argv[argc++] = (char *)*words++;
    argv[argc] = NULL;
    memset(&got, 0, sizeof(got));
    operands = -1;
    return of_options_parse(&program, argc, argv, &operands, &error);
}

#define PARSE(...) parse_list((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static void test_values(void **state)
{
    (void)state;
    assert_int_equal(PARSE(), OF_OK);
    assert_int_equal(operands, 1);
    assert_int_equal(PARSE("-v", "--file", "x y", "-n1", "--rate=0.5", "--mode", "both", "--when",
                         "2021-03-14T09:00", "-Xa=1", "--add", "b=2", "--free-count=-7"),
        OF_OK);
    assert_true(got.verbose);
    assert_string_equal(got.file, "x y");
    assert_int_equal(got.count, 1);
    assert_true(got.rate == 0.5);
    assert_int_equal(got.mode, 2);
    assert_int_equal(got.when, 1615712400000);
    assert_int_equal(got.free_count, -7);
    assert_int_equal(got.list.count, 2);
    assert_string_equal(got.list.values[0], "a=1");
    assert_string_equal(got.list.values[1], "b=2");
    assert_int_equal(operands, 14);
    assert_int_equal(PARSE("--when", "now"), OF_OK);
    assert_true(got.when > 1700000000000);
    assert_int_equal(PARSE("--free-count", "9223372036854775807"), OF_OK);
    assert_int_equal(got.free_count, INT64_MAX);
}

static void test_operands(void **state)
{
    (void)state;
    assert_int_equal(PARSE("one", "-v", "two", "--", "-n", "three"), OF_OK);
    assert_int_equal(operands, 3);
    assert_true(got.verbose);
    assert_int_equal(got.count, 0);
}

static void assert_refused(int result, const char *message)
{
    assert_int_equal(result, OF_INPUT);
    assert_string_equal(error.message, message);
}

static void test_errors(void **state)
{
    (void)state;
    assert_refused(PARSE("--wrong"), "unknown option --wrong; see orderflow-test --help");
    assert_refused(PARSE("-q"), "unknown option -q; see orderflow-test --help");
    assert_refused(PARSE("-vq"), "unknown option -q; see orderflow-test --help");
    assert_refused(PARSE("--file"), "--file needs a value; see orderflow-test --help");
    assert_refused(PARSE("-v", "-f"), "-f needs a value; see orderflow-test --help");
    assert_refused(PARSE("-n", "0"), "--count: '0' is not within 1 to 1000000");
    assert_refused(PARSE("-n", "1000001"), "--count: '1000001' is not within 1 to 1000000");
    assert_refused(PARSE("-n", "ten"), "--count: 'ten' is no whole number");
    assert_refused(PARSE("-n", "1.5"), "--count: '1.5' is no whole number");
    assert_refused(PARSE("-n", ""), "--count: '' is no whole number");
    assert_refused(PARSE("--free-count", "9223372036854775808"),
        "--free-count: '9223372036854775808' is no whole number");
    assert_refused(PARSE("-r", "nan"), "--rate: 'nan' is no number");
    assert_refused(PARSE("-r", "1e999"), "--rate: '1e999' is no number");
    assert_refused(PARSE("-r", "-0.1"), "--rate: '-0.1' is not within 0 to 1000000");
    assert_refused(PARSE("--mode", "Live"), "--mode: 'Live' is none of history, live, both");
    assert_int_equal(PARSE("--when", "2026-02-30"), OF_INPUT);
    assert_contains(error.message, "--when: '2026-02-30' is no time");
    assert_refused(PARSE("--verbose=yes"), "--verbose takes no value; see orderflow-test --help");
}

static void test_list_limit(void **state)
{
    (void)state;
    const char *words[OF_OPTION_LIST_MAX + 2];
    for (size_t i = 0; i < OF_COUNT(words); i++)
        words[i] = "-Xa";
    words[OF_OPTION_LIST_MAX] = NULL;
    assert_int_equal(parse_list(words), OF_OK);
    assert_int_equal(got.list.count, OF_OPTION_LIST_MAX);
    words[OF_OPTION_LIST_MAX] = "-Xa";
    words[OF_OPTION_LIST_MAX + 1] = NULL;
    assert_refused(parse_list(words), "--add: more than 64 of them");
}

static void test_help(void **state)
{
    (void)state;
    static const char wanted[] =
        "NAME\n    orderflow-test - tries its options\n\n"
        "SYNOPSIS\n    orderflow-test [OPTION...] [FILE...]\n\n"
        "DESCRIPTION\n    One paragraph.\n\n"
        "OPTIONS\n\n  Talk\n"
        "    -v, --verbose\n            say more\n"
        "    -f, --file FILE\n"
        "            a file whose name has a help text that is certainly longer than one\n"
        "            line of eighty columns holds\n            second paragraph\n"
        "\n  Amounts\n"
        "    -n, --count VALUE\n            Range: 1 to 1000000.\n            Default: 10.\n"
        "    --free-count N\n"
        "    -r, --rate N\n            Range: 0 to 1000000.\n"
        "    --when VALUE\n    --mode VALUE\n    -X, --add VALUE\n"
        "\n    -h, --help\n            print this text and exit\n"
        "    --version\n            print the version and exit\n\n"
        "FILES\n    none\n\n";
    for (int i = 0; i < 2; i++) {
        struct capture capture = capture_begin(STDOUT_FILENO);
        int result = i ? PARSE("-h") : PARSE("--verbose", "--help", "--wrong");
        OF_FREE char *text = capture_end(&capture);
        assert_int_equal(result, 1);
        assert_string_equal(text + sizeof(wanted) - 1, of_exit_help);
        text[sizeof(wanted) - 1] = '\0';
        assert_string_equal(text, wanted);
    }
}

/* Every exit code is documented, in order. */
static void test_exit_help(void **state)
{
    (void)state;
    const char *at = of_exit_help;
    for (int code = OF_EXIT_OK; code <= OF_EXIT_FENCED; code++) {
        OF_FREE char *line = of_asprintf("\n    %d  ", code);
        assert_non_null(at = strstr(at, line));
    }
}

static void test_version(void **state)
{
    (void)state;
    struct capture capture = capture_begin(STDOUT_FILENO);
    int result = PARSE("--version");
    OF_FREE char *text = capture_end(&capture);
    assert_int_equal(result, 1);
    assert_string_equal(text, "orderflow-test " OF_VERSION "\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_operands),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_list_limit),
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_exit_help),
        cmocka_unit_test(test_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
