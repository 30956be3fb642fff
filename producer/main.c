/* orderflow-producer: options, then a dry run or a run against Kafka. */
#include "dryrun.h"
#include "options.h"

#include "base/signals.h"

#include <stdio.h>

static int complain(const struct of_error *error, int code)
{
    fprintf(stderr, "%s: %s\n", of_producer_program.name, error->message);
    return code;
}

static int exit_code(const struct of_error *error)
{
    switch (error->class) {
    case OF_INPUT:
        return OF_EXIT_CONFIG;
    case OF_RETRY:
        return OF_EXIT_UNAVAILABLE;
    default:
        return OF_EXIT_FAILURE;
    }
}

int main(int argc, char **argv)
{
    OF_CLEANUP(of_cleanup_config) struct of_config *config = NULL;
    struct of_producer_options options;
    struct of_error error = {.class = OF_OK};
    of_signals_init();
    int result = of_producer_options_parse(&options, argc, argv, &error);
    if (result != 0)
        return result > 0 ? OF_EXIT_OK : complain(&error, OF_EXIT_USAGE);
    result = of_common_start(&of_producer_program, &options.common, &config, &error);
    if (result != 0)
        return result > 0 ? OF_EXIT_OK : complain(&error, OF_EXIT_CONFIG);
    if (of_dry_run(&options, &error) < 0)
        return complain(&error, exit_code(&error));
    return OF_EXIT_OK;
}
