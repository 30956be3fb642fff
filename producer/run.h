/* The two runs of a generator, history and live, whatever the output. */
#ifndef OF_PRODUCER_RUN_H
#define OF_PRODUCER_RUN_H

#include "generator.h"
#include "options.h"
#include "output.h"
#include "telemetry/server.h"

#define OF_LIVE_COMMIT_MS 100     /* a live order is committed after this at the latest */
#define OF_HISTORY_COMMIT_MS 2000 /* far under transaction.timeout.ms, however slow the broker */

struct of_run {
    const struct of_producer_options *options;
    struct of_generator *generator;
    struct of_output output;
    struct of_generator_state state; /* as of the last commit but for the orders since */
    int64_t first_id;                /* the last order before this process made any */
    struct of_health *health;        /* NULL: none */
    bool quiet;                      /* no progress */
    int64_t uncommitted;             /* orders since the last commit */
    int64_t made;                    /* orders that this run made */
};

/* What a state starts with: nothing made yet. */
struct of_generator_state of_run_first_state(const struct of_generator_settings *settings);
struct of_generator_settings of_run_settings(const struct of_generator_state *state);

/* The settings of the first run: the options given, the defaults for the rest, `now` for until. */
struct of_generator_settings of_run_choose(const struct of_producer_options *options, int64_t now);

/* INPUT: an option was given that contradicts the state of an earlier run. */
int of_run_check(const struct of_producer_options *options, const struct of_generator_state *state,
    struct of_error *error) OF_NODISCARD;

/* A generator that goes on behind the state. FATAL: the state was not made by this model. */
int of_run_resume(const struct of_generator_state *state, struct of_generator **generator,
    struct of_error *error) OF_NODISCARD;

/* Runs what the mode asks for from the state on, until its end or SIGTERM; everything is committed
 * then. A run that has nothing to do commits nothing. Errors are the output's. */
int of_run(struct of_run *run, struct of_error *error) OF_NODISCARD;

#endif
