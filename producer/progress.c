/* Progress on standard error, so that standard output stays clean for --dry-run. */
#include "progress.h"

#include "base/clock.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define TERMINAL_MS 100
#define PLAIN_MS 5000
#define ENDLESS_MS 60000 /* without an end in sight, a line a minute will do */
#define BAR_WIDTH 30

const char *of_span_print(int64_t seconds, char text[static OF_SPAN_MAX])
{
    if (seconds >= 3600)
        snprintf(
            text, OF_SPAN_MAX, "%" PRId64 " h %02d min", seconds / 3600, (int)(seconds / 60 % 60));
    else if (seconds >= 60)
        snprintf(text, OF_SPAN_MAX, "%d min %02d s", (int)(seconds / 60), (int)(seconds % 60));
    else
        snprintf(text, OF_SPAN_MAX, "%d s", (int)(seconds < 0 ? 0 : seconds));
    return text;
}

void of_progress_begin(
    struct of_progress *progress, const char *title, double share, int64_t count, bool silent)
{
    int64_t now = of_clock_monotonic();
    *progress = (struct of_progress){.title = title,
        .terminal = isatty(STDERR_FILENO) == 1,
        .silent = silent,
        .began = now,
        .last = now,
        .first_count = count,
        .last_count = count,
        .first_share = share};
}

/* Seconds to go at the pace so far, or -1. */
static int64_t time_left(const struct of_progress *progress, double share, int64_t elapsed)
{
    double done = share - progress->first_share;
    return share < 0 || done <= 0 ? -1 : (int64_t)((double)elapsed / 1000 * (1 - share) / done);
}

static void draw_bar(
    struct of_progress *progress, double share, int64_t count, int64_t rate, int64_t left)
{
    char bar[BAR_WIDTH + 1], span[OF_SPAN_MAX];
    int filled = share < 0 ? 0 : share > 1 ? BAR_WIDTH : (int)(share * BAR_WIDTH);
    for (int i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < filled ? '#' : '.';
    bar[BAR_WIDTH] = '\0';
    if (share < 0)
        fprintf(
            stderr, "\r%s  %" PRId64 " orders  %" PRId64 "/s\033[K", progress->title, count, rate);
    else
        fprintf(stderr, "\r%s [%s] %3d %%  %" PRId64 " orders  %" PRId64 "/s  %s left\033[K",
            progress->title, bar, (int)(share * 100), count, rate,
            left < 0 ? "?" : of_span_print(left, span));
    fflush(stderr);
}

static void show(struct of_progress *progress, double share, int64_t count, int64_t now)
{
    int64_t elapsed = now - progress->began;
    int64_t rate = elapsed > 0 ? (count - progress->first_count) * 1000 / elapsed : 0;
    int64_t left = time_left(progress, share, elapsed);
    if (progress->terminal)
        draw_bar(progress, share, count, rate, left);
    else if (left >= 0)
        of_log(OF_LOG_INFO, progress->title, OF_F_INT("orders", count),
            OF_F_INT("orders_per_second", rate), OF_F_INT("percent", (int64_t)(share * 100)),
            OF_F_INT("seconds_left", left));
    else
        of_log(OF_LOG_INFO, progress->title, OF_F_INT("orders", count),
            OF_F_INT("orders_per_second", rate));
    progress->shown = true;
    progress->last = now;
    progress->last_count = count;
}

void of_progress_update(struct of_progress *progress, double share, int64_t count)
{
    if (progress->silent)
        return;
    int64_t now = of_clock_monotonic();
    int64_t pause = progress->terminal ? TERMINAL_MS : share < 0 ? ENDLESS_MS : PLAIN_MS;
    if (now - progress->last >= pause)
        show(progress, share, count, now);
}

void of_progress_end(struct of_progress *progress, double share, int64_t count)
{
    if (progress->silent || !progress->shown)
        return;
    if (progress->terminal) {
        show(progress, share, count, of_clock_monotonic());
        fputc('\n', stderr);
    }
}
