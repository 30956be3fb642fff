/* Command-line options from a table, on getopt_long; help text in the shape of a manual page. */
#include "base/options.h"

#include "base/clock.h"
#include "base/memory.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define HELP_WIDTH_MIN 60
#define HELP_WIDTH_MAX 100
#define HELP_INDENT 4
#define LONG_OPTION_BASE 1000 /* codes of options without a letter */
#define CODE_HELP 998
#define CODE_VERSION 999

const char of_exit_help[] =
    "EXIT STATUS\n"
    "    0  success\n"
    "    1  a fatal error while running\n"
    "    2  a bad option or operand\n"
    "    3  bad configuration: unknown name, bad value, unreadable file\n"
    "    4  input refused: a statement, a file, a schema\n"
    "    5  broker or registry out of reach for longer than startup.timeout.ms\n"
    "    6  another process of the same instance name has taken over\n";

static size_t help_width(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= HELP_WIDTH_MIN)
        return size.ws_col < HELP_WIDTH_MAX ? size.ws_col : HELP_WIDTH_MAX;
    return 80;
}

/* Wraps at spaces; a newline in the text starts a new paragraph line. */
static void print_wrapped(const char *text, size_t indent, size_t width)
{
    size_t column = 0;
    while (*text) {
        size_t word = strcspn(text, " \n");
        if (column && column + 1 + word > width) {
            putchar('\n');
            column = 0;
        }
        if (column == 0)
            column = (size_t)printf("%*s", (int)indent, "");
        else
            column += (size_t)printf(" ");
        column += (size_t)printf("%.*s", (int)word, text);
        text += word;
        if (*text == '\n') {
            putchar('\n');
            column = 0;
        }
        if (*text)
            text++;
    }
    putchar('\n');
}

static void print_option(const struct of_option *option, size_t width)
{
    printf("%*s", HELP_INDENT, "");
    if (option->letter)
        printf("-%c, ", option->letter);
    printf("--%s", option->name);
    if (option->type != OF_OPTION_FLAG)
        printf(" %s", option->argument ? option->argument : "VALUE");
    putchar('\n');
    if (option->help)
        print_wrapped(option->help, 2 * HELP_INDENT + 4, width);
    if (option->minimum != 0 || option->maximum != 0)
        printf("%*sRange: %.15g to %.15g.\n", 2 * HELP_INDENT + 4, "", option->minimum,
            option->maximum);
    if (option->default_text)
        printf("%*sDefault: %s.\n", 2 * HELP_INDENT + 4, "", option->default_text);
}

void of_options_print_help(const struct of_program *program)
{
    size_t width = help_width();
    printf("NAME\n    %s - %s\n\nSYNOPSIS\n    %s %s\n", program->name, program->summary,
        program->name, program->synopsis);
    if (program->description) {
        printf("\nDESCRIPTION\n");
        print_wrapped(program->description, HELP_INDENT, width);
    }
    printf("\nOPTIONS\n");
    for (const struct of_option *option = program->options; option->name; option++) {
        if (option->section)
            printf("\n  %s\n", option->section);
        print_option(option, width);
    }
    printf("\n    -h, --help\n            print this text and exit\n"
           "    --version\n            print the version and exit\n\n");
    if (program->epilogue)
        printf("%s\n", program->epilogue);
    fputs(of_exit_help, stdout);
}

static int out_of_range(const struct of_option *option, const char *text, struct of_error *error)
{
    return of_fail(error, OF_INPUT, "--%s: '%s' is not within %.15g to %.15g", option->name, text,
        option->minimum, option->maximum);
}

static int parse_int(const struct of_option *option, const char *text, struct of_error *error)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end || errno)
        return of_fail(error, OF_INPUT, "--%s: '%s' is no whole number", option->name, text);
    bool bounded = option->minimum != 0 || option->maximum != 0;
    if (bounded && ((double)value < option->minimum || (double)value > option->maximum))
        return out_of_range(option, text, error);
    *(int64_t *)option->target = value;
    return OF_OK;
}

static int parse_real(const struct of_option *option, const char *text, struct of_error *error)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !isfinite(value))
        return of_fail(error, OF_INPUT, "--%s: '%s' is no number", option->name, text);
    bool bounded = option->minimum != 0 || option->maximum != 0;
    if (bounded && (value < option->minimum || value > option->maximum))
        return out_of_range(option, text, error);
    *(double *)option->target = value;
    return OF_OK;
}

static int parse_choice(const struct of_option *option, const char *text, struct of_error *error)
{
    char words[256] = "";
    size_t used = 0;
    for (int i = 0; option->choices[i]; i++) {
        if (strcmp(option->choices[i], text) == 0) {
            *(int *)option->target = i;
            return OF_OK;
        }
        int size =
            snprintf(words + used, sizeof(words) - used, "%s%s", i ? ", " : "", option->choices[i]);
        used += (size_t)size < sizeof(words) - used ? (size_t)size : 0;
    }
    return of_fail(error, OF_INPUT, "--%s: '%s' is none of %s", option->name, text, words);
}

static int parse_time(const struct of_option *option, const char *text, struct of_error *error)
{
    if (strcmp(text, "now") == 0) {
        *(int64_t *)option->target = of_clock_now();
        return OF_OK;
    }
    if (of_iso8601_parse(text, option->target, error) < 0)
        return of_error_context(error, "--%s", option->name);
    return OF_OK;
}

static int apply(const struct of_option *option, const char *text, struct of_error *error)
{
    switch (option->type) {
    case OF_OPTION_FLAG:
        *(bool *)option->target = true;
        return OF_OK;
    case OF_OPTION_TEXT:
        *(const char **)option->target = text;
        return OF_OK;
    case OF_OPTION_INT:
        return parse_int(option, text, error);
    case OF_OPTION_REAL:
        return parse_real(option, text, error);
    case OF_OPTION_TIME:
        return parse_time(option, text, error);
    case OF_OPTION_CHOICE:
        return parse_choice(option, text, error);
    case OF_OPTION_LIST: {
        struct of_option_list *list = option->target;
        if (list->count == OF_OPTION_LIST_MAX)
            return of_fail(
                error, OF_INPUT, "--%s: more than %d of them", option->name, OF_OPTION_LIST_MAX);
        list->values[list->count++] = text;
        return OF_OK;
    }
    }
    assert(!"unknown option type");
    return OF_INPUT;
}

static const struct of_option *find_option(const struct of_option *options, int code)
{
    if (code >= LONG_OPTION_BASE)
        return &options[code - LONG_OPTION_BASE];
    for (const struct of_option *option = options; option->name; option++)
        if (option->letter == code)
            return option;
    return NULL;
}

/* getopt_long leaves the code of an option that has a value it must not have in optopt, the letter
 * of an unknown or valueless short option, and 0 for an unknown long one. */
static int refuse(const struct of_program *program, char **argv, int code, struct of_error *error)
{
    const char *word = argv[optind - 1];
    char letter[3] = {'-', (char)optopt, '\0'};
    if (code == ':')
        return of_fail(error, OF_INPUT, "%s needs a value; see %s --help",
            optopt < CODE_HELP ? letter : word, program->name);
    if (optopt >= CODE_HELP)
        return of_fail(error, OF_INPUT, "%.*s takes no value; see %s --help",
            (int)strcspn(word, "="), word, program->name);
    return of_fail(
        error, OF_INPUT, "unknown option %s; see %s --help", optopt ? letter : word, program->name);
}

int of_options_parse(
    const struct of_program *program, int argc, char **argv, int *operands, struct of_error *error)
{
    size_t count = 0;
    while (program->options[count].name)
        count++;
    OF_FREE struct option *longs = of_alloc((count + 3) * sizeof(*longs));
    OF_FREE char *letters = of_alloc(2 * count + 3);
    size_t used = 0;
    letters[used++] = ':';
    letters[used++] = 'h';
    for (size_t i = 0; i < count; i++) {
        const struct of_option *option = &program->options[i];
        bool value = option->type != OF_OPTION_FLAG;
        longs[i] = (struct option){
            option->name, value ? required_argument : no_argument, NULL, LONG_OPTION_BASE + (int)i};
        if (option->letter) {
            letters[used++] = option->letter;
            if (value)
                letters[used++] = ':';
        }
    }
    longs[count] = (struct option){"help", no_argument, NULL, CODE_HELP};
    longs[count + 1] = (struct option){"version", no_argument, NULL, CODE_VERSION};
    optind = 0; /* glibc: start anew, tests parse more than once */
    opterr = 0;
    int code;
    while ((code = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
        if (code == 'h' || code == CODE_HELP) {
            of_options_print_help(program);
            return 1;
        }
        if (code == CODE_VERSION) {
            printf("%s %s\n", program->name, OF_VERSION);
            return 1;
        }
        if (code == '?' || code == ':')
            return refuse(program, argv, code, error);
        if (apply(find_option(program->options, code), optarg, error) < 0)
            return OF_INPUT;
    }
    *operands = optind;
    return OF_OK;
}

int of_exit_code(int result, int input, int fatal)
{
    switch (result) {
    case OF_OK:
        return OF_EXIT_OK;
    case OF_INPUT:
        return input;
    case OF_RETRY:
        return OF_EXIT_UNAVAILABLE;
    default:
        return fatal;
    }
}

int of_program_complain(const struct of_program *program, const struct of_error *error, int code)
{
    fflush(stdout);
    fprintf(stderr, "%s: %s\n", program->name, error->message);
    return code;
}
