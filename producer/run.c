/* Loops of a run: when to make an order, when to commit. How orders are sent is the output's. */
#include "run.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/signals.h"
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>

#define LOOK_EVERY 64 /* orders between two looks at clock and signals */
#define NS_PER_S INT64_C(1000000000)
#define BURST_NS NS_PER_S /* of the rate that may be made up for after a delay */
#define SLEEP_MS_MAX 100  /* how soon a signal or the end is seen */

struct of_generator_state of_run_first_state(const struct of_generator_settings *settings)
{
    return (struct of_generator_state){.seed = settings->seed,
        .start = settings->start,
        .until = settings->until,
        .volume_millis = settings->volume_millis,
        .last_order_date = settings->start,
        .history_orders = -1};
}

struct of_generator_settings of_run_settings(const struct of_generator_state *state)
{
    return (struct of_generator_settings){.seed = state->seed,
        .start = state->start,
        .until = state->until,
        .volume_millis = state->volume_millis};
}

static int64_t given_or(int64_t option, int64_t otherwise)
{
    return option == OF_NOT_GIVEN ? otherwise : option;
}

struct of_generator_settings of_run_choose(const struct of_producer_options *options, int64_t now)
{
    return (struct of_generator_settings){
        .seed = given_or(options->seed, 1),
        .start = given_or(options->start, OF_GENERATOR_START),
        .until = given_or(options->until, now),
        .volume_millis = given_or(options->volume_millis, 1000),
    };
}

static int contradicts(
    const char *option, const char *given, const char *stored, struct of_error *error)
{
    return of_fail(error, OF_INPUT,
        "--%s %s contradicts the orders that are in the topics, which were made with %s; leave it "
        "out, or use another --topic-prefix",
        option, given, stored);
}

static int check_date(const char *option, int64_t given, int64_t stored, struct of_error *error)
{
    char a[OF_ISO8601_SIZE], b[OF_ISO8601_SIZE];
    if (given == OF_NOT_GIVEN || given == stored)
        return OF_OK;
    return contradicts(option, of_iso8601_print(given, a), of_iso8601_print(stored, b), error);
}

static int check_number(const char *option, int64_t given, int64_t stored, struct of_error *error)
{
    char a[24], b[24];
    if (given == OF_NOT_GIVEN || given == stored)
        return OF_OK;
    snprintf(a, sizeof(a), "%" PRId64, given);
    snprintf(b, sizeof(b), "%" PRId64, stored);
    return contradicts(option, a, b, error);
}

static int check_volume(int64_t given, int64_t stored, struct of_error *error)
{
    char a[24], b[24];
    if (given == OF_NOT_GIVEN || given == stored)
        return OF_OK;
    snprintf(a, sizeof(a), "%.3f", (double)given / 1000);
    snprintf(b, sizeof(b), "%.3f", (double)stored / 1000);
    return contradicts("volume", a, b, error);
}

int of_run_check(const struct of_producer_options *options, const struct of_generator_state *state,
    struct of_error *error)
{
    if (check_number("seed", options->seed, state->seed, error) < 0 ||
        check_date("start", options->start, state->start, error) < 0 ||
        check_date("until", options->until, state->until, error) < 0 ||
        check_volume(options->volume_millis, state->volume_millis, error) < 0)
        return OF_INPUT;
    if (options->mode == OF_MODE_LIVE && state->history_orders < 0 && state->last_order_id > 0)
        return of_fail(error, OF_INPUT,
            "--mode live: the history broke off at order %" PRId64
            "; end it first with --mode history or both",
            state->last_order_id);
    return OF_OK;
}

int of_run_resume(
    const struct of_generator_state *state, struct of_generator **out, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_generator) struct of_generator *generator = NULL;
    struct of_generator_settings settings = of_run_settings(state);
    if (of_generator_new(&settings, &generator, error) < 0)
        return OF_INPUT;
    bool past = state->history_orders < 0;
    of_generator_skip_past(generator, past ? state->last_order_id : state->history_orders);
    if (!past && of_generator_last_id(generator) == state->history_orders)
        of_generator_skip_live(generator, state->last_order_id, state->last_order_date);
    if (of_generator_last_id(generator) != state->last_order_id ||
        of_generator_last_date(generator) != state->last_order_date)
        return of_fail(error, OF_FATAL,
            "the stored generator state (order %" PRId64
            ") does not follow from its seed: it was made by another version of the model",
            state->last_order_id);
    *out = OF_TAKE(generator);
    return OF_OK;
}

static int commit(struct of_run *run, struct of_error *error)
{
    struct of_generator_state state = run->state;
    state.last_order_id = of_generator_last_id(run->generator);
    state.last_order_date = of_generator_last_date(run->generator);
    int result = run->output.commit(run->output.context, &state, error);
    if (result < 0)
        return result;
    run->state = state;
    run->made += run->uncommitted;
    run->uncommitted = 0;
    return OF_OK;
}

static void beat(struct of_run *run)
{
    if (run->health)
        of_health_beat(run->health);
}

static double history_share(const struct of_run *run)
{
    const struct of_generator_state *state = &run->state;
    double span = (double)(state->until - state->start);
    double by_date =
        span > 0 ? (double)(of_generator_last_date(run->generator) - state->start) / span : 1;
    double by_count = run->options->orders > 0 ? (double)of_generator_last_id(run->generator) /
                                                     (double)run->options->orders
                                               : 0;
    return by_date > by_count ? by_date : by_count;
}

static int make_history(struct of_run *run, struct of_progress *progress, struct of_error *error)
{
    int64_t last = run->options->orders == OF_NOT_GIVEN ? INT64_MAX : run->options->orders;
    int64_t committed = of_clock_monotonic();
    while (of_generator_last_id(run->generator) < last) {
        enum of_order_topic topic;
        const struct of_order *order = of_generator_past(run->generator, &topic);
        if (!order)
            break;
        int result = run->output.send(run->output.context, order, topic, error);
        if (result < 0)
            return result;
        run->uncommitted++;
        bool look = order->order_id % LOOK_EVERY == 0;
        int64_t now = look ? of_clock_monotonic() : committed;
        if (run->uncommitted >= run->options->transaction_records ||
            now - committed >= OF_HISTORY_COMMIT_MS) {
            result = commit(run, error);
            if (result < 0)
                return result;
            committed = of_clock_monotonic();
        }
        if (!look)
            continue;
        beat(run);
        of_progress_update(progress, history_share(run), order->order_id);
        if (of_signals_stopping())
            return OF_OK;
    }
    run->state.history_orders = of_generator_last_id(run->generator);
    return OF_OK;
}

static int run_history(struct of_run *run, struct of_error *error)
{
    struct of_progress progress;
    of_progress_begin(
        &progress, "history", history_share(run), of_generator_last_id(run->generator), run->quiet);
    int result = make_history(run, &progress, error);
    bool ended = run->state.history_orders >= 0;
    if (result == OF_OK && (run->uncommitted > 0 || ended))
        result = commit(run, error);
    of_progress_end(&progress, ended && result == OF_OK ? 1 : history_share(run),
        of_generator_last_id(run->generator));
    return result;
}

/* Orders a second become due times on the monotonic clock. */
struct pacer {
    double rate;
    int64_t origin; /* nanoseconds: when order 0 of this schedule was due */
    int64_t count;  /* orders of this schedule so far */
};

static int64_t due(const struct pacer *pacer)
{
    return pacer->rate > 0
               ? pacer->origin + (int64_t)((double)pacer->count * ((double)NS_PER_S / pacer->rate))
               : INT64_MIN;
}

/* After a long delay only a second's worth of orders is made up for. */
static void take_token(struct pacer *pacer, int64_t now)
{
    if (pacer->rate > 0 && now - due(pacer) > BURST_NS)
        *pacer = (struct pacer){.rate = pacer->rate, .origin = now - BURST_NS};
    pacer->count++;
}

static void wait_until(int64_t when, int64_t now)
{
    int64_t wait_ms = (when - now + 999999) / 1000000;
    of_sleep(wait_ms < SLEEP_MS_MAX ? wait_ms : SLEEP_MS_MAX);
}

static double live_share(const struct of_run *run, int64_t first, int64_t last)
{
    if (last == INT64_MAX || last <= first)
        return -1;
    return (double)(of_generator_last_id(run->generator) - first) / (double)(last - first);
}

/* The number of the last live order that the options ask for. */
static int64_t last_live_id(const struct of_run *run)
{
    const struct of_producer_options *options = run->options;
    int64_t last = INT64_MAX;
    if (options->live_orders != OF_NOT_GIVEN)
        last = run->state.history_orders + options->live_orders;
    if (options->mode == OF_MODE_LIVE && options->orders != OF_NOT_GIVEN &&
        run->first_id + options->orders < last)
        last = run->first_id + options->orders;
    return last;
}

static int make_live_order(struct of_run *run, bool *ended, struct of_error *error)
{
    const struct of_order *order = of_generator_live(run->generator, of_clock_now());
    *ended = !order;
    if (!order)
        return OF_OK;
    run->uncommitted++;
    return run->output.send(run->output.context, order, OF_TOPIC_UNPAID, error);
}

static int make_live(struct of_run *run, int64_t first, int64_t last, struct of_progress *progress,
    struct of_error *error)
{
    struct pacer pacer = {.rate = run->options->rate, .origin = of_clock_monotonic_ns()};
    int64_t commit_by = 0; /* nanoseconds; of the transaction at hand */
    bool ended = false;
    while (!ended && of_generator_last_id(run->generator) < last && !of_signals_stopping()) {
        int64_t now = of_clock_monotonic_ns(), next = due(&pacer);
        int result = OF_OK;
        beat(run);
        /* Nothing more will come in time: do not let what is there wait. */
        if (run->uncommitted > 0 && (now >= commit_by || next > commit_by ||
                                        run->uncommitted >= run->options->transaction_records)) {
            result = commit(run, error);
        } else if (next > now) {
            wait_until(next, now);
        } else {
            if (run->uncommitted == 0)
                commit_by = now + OF_LIVE_COMMIT_MS * (NS_PER_S / 1000);
            take_token(&pacer, now);
            result = make_live_order(run, &ended, error);
        }
        if (result < 0)
            return result;
        of_progress_update(
            progress, live_share(run, first, last), of_generator_last_id(run->generator));
    }
    return OF_OK;
}

static int run_live(struct of_run *run, struct of_error *error)
{
    int64_t first = of_generator_last_id(run->generator), last = last_live_id(run);
    struct of_progress progress;
    of_progress_begin(&progress, "live", live_share(run, first, last), first, run->quiet);
    int result = make_live(run, first, last, &progress, error);
    if (result == OF_OK && run->uncommitted > 0)
        result = commit(run, error);
    of_progress_end(&progress, live_share(run, first, last), of_generator_last_id(run->generator));
    return result;
}

int of_run(struct of_run *run, struct of_error *error)
{
    enum of_producer_mode mode = (enum of_producer_mode)run->options->mode;
    of_generator_set_fraud(run->generator, run->options->fraud_parts);
    if (mode != OF_MODE_LIVE && run->state.history_orders < 0) {
        int result = run_history(run, error);
        if (result < 0)
            return result;
    }
    if (mode == OF_MODE_HISTORY || of_signals_stopping())
        return OF_OK;
    if (run->state.history_orders < 0)
        run->state.history_orders = 0; /* --mode live on empty topics */
    return run_live(run, error);
}
