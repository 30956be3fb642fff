/* orderflow-producer: options, then a dry run or a run against Kafka. */
#include "dryrun.h"
#include "options.h"
#include "sender.h"

#include "base/leave.h"
#include "base/signals.h"

#include <stdio.h>

#define STALL_MS 60000 /* the loop beats far more often, but a broker may take its time */

OF_DEFINE_CLEANUP(cleanup_leave, struct of_leave *, of_leave_free)
OF_DEFINE_CLEANUP(cleanup_metrics, struct of_metrics *, of_metrics_free)
OF_DEFINE_CLEANUP(cleanup_health, struct of_health *, of_health_free)
OF_DEFINE_CLEANUP(cleanup_telemetry, struct of_telemetry *, of_telemetry_free)

static int send_orders(const struct of_producer_options *options, const struct of_config *config,
    bool *fenced, struct of_error *error)
{
    OF_CLEANUP(cleanup_leave) struct of_leave *leave = NULL;
    OF_CLEANUP(cleanup_metrics) struct of_metrics *metrics = of_metrics_new();
    OF_CLEANUP(cleanup_health) struct of_health *health = of_health_new(STALL_MS);
    OF_CLEANUP(cleanup_telemetry) struct of_telemetry *telemetry = NULL;
    int result = of_leave_new(OF_LEAVE_MS, &leave, error);
    if (result == OF_OK)
        result = of_telemetry_start(options->common.telemetry_address,
            (uint16_t)options->common.telemetry_port, metrics, health, &telemetry, error);
    if (result < 0)
        return result;
    return of_send_orders(options, config, metrics, health, fenced, error);
}

int main(int argc, char **argv)
{
    OF_CLEANUP(of_cleanup_config) struct of_config *config = NULL;
    struct of_producer_options options;
    struct of_error error = {.class = OF_OK};
    of_signals_init();
    int result = of_producer_options_parse(&options, argc, argv, &error);
    if (result != 0)
        return result > 0 ? OF_EXIT_OK
                          : of_program_complain(&of_producer_program, &error, OF_EXIT_USAGE);
    result = of_common_start(&of_producer_program, &options.common, &config, &error);
    if (result != 0)
        return result > 0 ? OF_EXIT_OK
                          : of_program_complain(&of_producer_program, &error, OF_EXIT_CONFIG);
    bool fenced = false;
    result = options.dry_run ? of_dry_run(&options, &error)
                             : send_orders(&options, config, &fenced, &error);
    if (result < 0)
        return of_program_complain(&of_producer_program, &error,
            fenced ? OF_EXIT_FENCED : of_exit_code(error.class, OF_EXIT_CONFIG, OF_EXIT_FAILURE));
    return OF_EXIT_OK;
}
