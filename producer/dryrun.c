/* Standard output as an output of the run. A commit is a flush, so that live orders show in time.
 */
#include "dryrun.h"

#include "base/clock.h"
#include "base/signals.h"
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PENDING_BYTES 65536 /* written at once */
#define LINE_BYTES_MAX (1024u * 1024)

static int write_out(struct of_buffer *text, struct of_error *error)
{
    size_t written = fwrite(text->data, 1, text->length, stdout);
    bool all = written == text->length && fflush(stdout) == 0;
    of_buffer_clear(text);
    if (all)
        return OF_OK;
    if (errno != EPIPE)
        return of_fail(error, OF_FATAL, "standard output: %s", strerror(errno));
    of_signals_stop();
    return OF_OK;
}

static int print_order(
    void *context, const struct of_order *order, enum of_order_topic topic, struct of_error *error)
{
    struct of_buffer *text = context;
    (void)topic;
    of_order_print_json(order, text);
    of_buffer_append_byte(text, '\n');
    if (of_buffer_check(text, "an order", error) < 0)
        return OF_INPUT;
    return text->length < PENDING_BYTES ? OF_OK : write_out(text, error);
}

static int flush_orders(
    void *context, const struct of_generator_state *state, struct of_error *error)
{
    (void)state;
    return write_out(context, error);
}

int of_dry_run(const struct of_producer_options *options, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_generator) struct of_generator *generator = NULL;
    OF_CLEANUP(of_buffer_release) struct of_buffer text;
    struct of_generator_settings settings = of_run_choose(options, of_clock_now());
    of_buffer_init(&text, LINE_BYTES_MAX);
    if (of_generator_new(&settings, &generator, error) < 0)
        return OF_INPUT;
    struct of_run run = {
        .options = options,
        .generator = generator,
        .output = {.context = &text, .send = print_order, .commit = flush_orders},
        .state = of_run_first_state(&settings),
        .quiet = isatty(STDOUT_FILENO) == 1,
    };
    return of_run(&run, error);
}
