/* Counters, gauges and histograms of one process in Prometheus' text format.
 *
 * Metrics are registered once at start (names checked by assert), then updated lock-free from any
 * thread. Names follow Prometheus: orderflow_records_consumed_total, ..._seconds for times. */
#ifndef OF_TELEMETRY_METRICS_H
#define OF_TELEMETRY_METRICS_H

#include "base/buffer.h"

#include <stdint.h>

struct of_metrics;
struct of_counter; /* also a gauge */
struct of_histogram;

struct of_metrics *of_metrics_new(void);
void of_metrics_free(struct of_metrics *metrics);

/* `labels` is the inside of the braces, already quoted (stage="payment",reason="framing"), or
 * NULL. Registering the same name and labels again yields the same object. Borrowed from metrics;
 * name, help and labels are copied. May be called at any time (takes a lock). */
struct of_counter *of_metrics_counter(
    struct of_metrics *metrics, const char *name, const char *help, const char *labels);
struct of_counter *of_metrics_gauge(
    struct of_metrics *metrics, const char *name, const char *help, const char *labels);
struct of_histogram *of_metrics_histogram(struct of_metrics *metrics, const char *name,
    const char *help, const char *labels); /* fixed buckets .0001 s to 10 s */

void of_counter_add(struct of_counter *counter, int64_t amount);
void of_counter_set(struct of_counter *gauge, int64_t value);
int64_t of_counter_get(const struct of_counter *counter);
void of_histogram_observe(struct of_histogram *histogram, double seconds);

/* Appends the exposition of all metrics (text/plain; version=0.0.4). */
int of_metrics_print(struct of_metrics *metrics, struct of_buffer *out);

#endif
