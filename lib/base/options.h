/* Command-line options from one table a program: parsing, checks, defaults and --help all come
 * from it. GNU habits: --name VALUE, --name=VALUE, -n VALUE, "--" ends the options.
 *
 *   static const struct of_option options[] = {
 *       {.name = "rate", .letter = 'r', .type = OF_OPTION_REAL, .target = &rate, .argument = "N",
 *        .help = "orders per second", .minimum = 0, .maximum = 1e6},
 *       {.name = NULL}};
 */
#ifndef OF_BASE_OPTIONS_H
#define OF_BASE_OPTIONS_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum of_option_type {
    OF_OPTION_FLAG,   /* bool *        no argument */
    OF_OPTION_TEXT,   /* const char ** borrowed from argv */
    OF_OPTION_INT,    /* int64_t *     within minimum..maximum */
    OF_OPTION_REAL,   /* double *      within minimum..maximum */
    OF_OPTION_TIME,   /* int64_t *     ISO 8601 to milliseconds, or the word "now" */
    OF_OPTION_CHOICE, /* int *         index into `choices` */
    OF_OPTION_LIST,   /* struct of_option_list * each use adds one */
};

#define OF_OPTION_LIST_MAX 64
struct of_option_list {
    const char *values[OF_OPTION_LIST_MAX];
    size_t count;
};

struct of_option {
    const char *name; /* NULL ends the table; without the two dashes */
    char letter;      /* 0: none */
    enum of_option_type type;
    void *target;
    const char *argument;       /* what help calls the value */
    const char *help;           /* wrapped by --help */
    const char *default_text;   /* as help shows it; NULL: none shown */
    const char *section;        /* heading in help; NULL: that of the entry before */
    double minimum, maximum;    /* for INT and REAL; both 0: unbounded */
    const char *const *choices; /* NULL-ended words for CHOICE */
};

struct of_program {
    const char *name;        /* "orderflow-payment" */
    const char *synopsis;    /* "[OPTION...] [FILE...]" */
    const char *summary;     /* one line */
    const char *description; /* paragraphs for --help, may be NULL */
    const char
        *epilogue; /* further sections (EXAMPLES, FILES...), may be NULL; exit status is added */
    const struct of_option *options;
};

/* Prints help or version to stdout and returns 1 if it was asked for (the caller exits with 0).
 * Else 0 with targets filled and *operands set to the index in argv of the first operand (argv is
 * permuted), or OF_INPUT. --help, -h and --version are added to every table. */
int of_options_parse(const struct of_program *program, int argc, char **argv, int *operands,
    struct of_error *error) OF_NODISCARD;

void of_options_print_help(const struct of_program *program);

/* Exit codes of every program, printed by --help (sysexits-like, all distinct). */
enum of_exit {
    OF_EXIT_OK = 0,
    OF_EXIT_FAILURE = 1,     /* a fatal error while running */
    OF_EXIT_USAGE = 2,       /* bad option or operand */
    OF_EXIT_CONFIG = 3,      /* bad configuration: unknown name, bad value, unreadable file */
    OF_EXIT_INPUT = 4,       /* input refused: a statement, a file, a schema */
    OF_EXIT_UNAVAILABLE = 5, /* broker or registry out of reach for longer than we wait */
    OF_EXIT_FENCED = 6,      /* another process of the same instance name has taken over */
};
extern const char of_exit_help[]; /* the "EXIT STATUS" section */

/* The exit code of a result: OK or UNAVAILABLE, `input` for INPUT, `fatal` for all else. */
int of_exit_code(int result, int input, int fatal);

/* Prints the error to standard error, behind what standard output holds; yields the code. */
int of_program_complain(const struct of_program *program, const struct of_error *error, int code);

#endif
