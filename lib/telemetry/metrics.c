/* Metrics of one process: a list that only grows, updated by atomics, printed under a lock. */
#include "telemetry/metrics.h"

#include "base/memory.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const double bucket_bounds[] = {
    .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};

struct of_counter {
    _Atomic int64_t value;
};

struct of_histogram {
    _Atomic int64_t buckets[OF_COUNT(bucket_bounds) + 1];
    _Atomic int64_t nanoseconds;
};

enum kind { COUNTER, GAUGE, HISTOGRAM };

struct metric {
    struct metric *next;
    enum kind kind;
    char *name, *help, *labels; /* labels may be "" */
    union {
        struct of_counter counter;
        struct of_histogram histogram;
    };
};

struct of_metrics {
    pthread_mutex_t lock;
    struct metric *first, **last;
    int64_t start;
};

struct of_metrics *of_metrics_new(void)
{
    struct of_metrics *metrics = of_alloc(sizeof(*metrics));
    pthread_mutex_init(&metrics->lock, NULL);
    metrics->last = &metrics->first;
    metrics->start = (int64_t)time(NULL);
    return metrics;
}

void of_metrics_free(struct of_metrics *metrics)
{
    if (!metrics)
        return;
    while (metrics->first) {
        struct metric *metric = metrics->first;
        metrics->first = metric->next;
        free(metric->name);
        free(metric->help);
        free(metric->labels);
        free(metric);
    }
    pthread_mutex_destroy(&metrics->lock);
    free(metrics);
}

/* Prometheus' rule: [a-zA-Z_:][a-zA-Z0-9_:]* */
static bool is_name(const char *name)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_:0123456789";
    return *name && (*name < '0' || *name > '9') && strspn(name, letters) == strlen(name);
}

static struct metric *find_or_add(struct of_metrics *metrics, enum kind kind, const char *name,
    const char *help, const char *labels)
{
    labels = labels ? labels : "";
    assert(is_name(name) && !strchr(labels, '\n'));
    pthread_mutex_lock(&metrics->lock);
    struct metric *metric = metrics->first;
    for (; metric; metric = metric->next) {
        if (strcmp(metric->name, name) != 0)
            continue;
        assert(metric->kind == kind); /* one name, one kind */
        if (strcmp(metric->labels, labels) == 0)
            break;
    }
    if (!metric) {
        metric = of_alloc(sizeof(*metric));
        metric->kind = kind;
        metric->name = of_strdup(name);
        metric->help = of_strdup(help);
        metric->labels = of_strdup(labels);
        *metrics->last = metric;
        metrics->last = &metric->next;
    }
    pthread_mutex_unlock(&metrics->lock);
    return metric;
}

struct of_counter *of_metrics_counter(
    struct of_metrics *metrics, const char *name, const char *help, const char *labels)
{
    return &find_or_add(metrics, COUNTER, name, help, labels)->counter;
}

struct of_counter *of_metrics_gauge(
    struct of_metrics *metrics, const char *name, const char *help, const char *labels)
{
    return &find_or_add(metrics, GAUGE, name, help, labels)->counter;
}

struct of_histogram *of_metrics_histogram(
    struct of_metrics *metrics, const char *name, const char *help, const char *labels)
{
    return &find_or_add(metrics, HISTOGRAM, name, help, labels)->histogram;
}

void of_counter_add(struct of_counter *counter, int64_t amount)
{
    atomic_fetch_add_explicit(&counter->value, amount, memory_order_relaxed);
}

void of_counter_set(struct of_counter *gauge, int64_t value)
{
    atomic_store_explicit(&gauge->value, value, memory_order_relaxed);
}

int64_t of_counter_get(const struct of_counter *counter)
{
    return atomic_load_explicit(&((struct of_counter *)counter)->value, memory_order_relaxed);
}

void of_histogram_observe(struct of_histogram *histogram, double seconds)
{
    size_t bucket = 0;
    if (!(seconds >= 0)) /* a clock that went back, or no number */
        seconds = 0;
    while (bucket < OF_COUNT(bucket_bounds) && seconds > bucket_bounds[bucket])
        bucket++;
    atomic_fetch_add_explicit(&histogram->buckets[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(
        &histogram->nanoseconds, (int64_t)(seconds * 1e9), memory_order_relaxed);
}

static void print_sample(struct of_buffer *out, const char *name, const char *suffix,
    const char *labels, const char *more)
{
    of_buffer_appendf(out, "%s%s", name, suffix);
    if (*labels || *more)
        of_buffer_appendf(out, "{%s%s%s}", labels, *labels && *more ? "," : "", more);
    of_buffer_append_byte(out, ' ');
}

static void print_histogram(struct of_buffer *out, struct metric *metric)
{
    int64_t count = 0;
    for (size_t i = 0; i <= OF_COUNT(bucket_bounds); i++) {
        char bound[32] = "le=\"+Inf\"";
        if (i < OF_COUNT(bucket_bounds))
            snprintf(bound, sizeof(bound), "le=\"%g\"", bucket_bounds[i]);
        count += atomic_load(&metric->histogram.buckets[i]);
        print_sample(out, metric->name, "_bucket", metric->labels, bound);
        of_buffer_appendf(out, "%lld\n", (long long)count);
    }
    print_sample(out, metric->name, "_sum", metric->labels, "");
    of_buffer_appendf(out, "%.9f\n", (double)atomic_load(&metric->histogram.nanoseconds) / 1e9);
    print_sample(out, metric->name, "_count", metric->labels, "");
    of_buffer_appendf(out, "%lld\n", (long long)count);
}

/* Samples of one family stand together under one HELP and TYPE. */
static void print_family(struct of_buffer *out, struct metric *first)
{
    static const char *const kinds[] = {"counter", "gauge", "histogram"};
    of_buffer_appendf(out, "# HELP %s ", first->name);
    for (const char *c = first->help; *c; c++) {
        if (*c == '\\' || *c == '\n')
            of_buffer_append_byte(out, '\\');
        of_buffer_append_byte(out, *c == '\n' ? 'n' : (uint8_t)*c);
    }
    of_buffer_appendf(out, "\n# TYPE %s %s\n", first->name, kinds[first->kind]);
    for (struct metric *metric = first; metric; metric = metric->next) {
        if (strcmp(metric->name, first->name) != 0)
            continue;
        if (metric->kind == HISTOGRAM) {
            print_histogram(out, metric);
            continue;
        }
        print_sample(out, metric->name, "", metric->labels, "");
        of_buffer_appendf(out, "%lld\n", (long long)of_counter_get(&metric->counter));
    }
}

static bool is_first_of_family(const struct of_metrics *metrics, const struct metric *metric)
{
    const struct metric *other = metrics->first;
    while (strcmp(other->name, metric->name) != 0)
        other = other->next;
    return other == metric;
}

static void print_process(const struct of_metrics *metrics, struct of_buffer *out)
{
    long pages = 0;
    OF_CLEANUP(of_cleanup_file) FILE *statm = fopen("/proc/self/statm", "re");
    if (statm && fscanf(statm, "%*s %ld", &pages) != 1)
        pages = 0;
    struct timespec cpu = {0};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    of_buffer_appendf(out,
        "# HELP process_resident_memory_bytes Resident memory.\n"
        "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes %lld\n"
        "# HELP process_cpu_seconds_total User and system time.\n"
        "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total %.3f\n"
        "# HELP process_start_time_seconds Start since the epoch.\n"
        "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %lld\n"
        "# HELP orderflow_build_info The version that runs.\n"
        "# TYPE orderflow_build_info gauge\norderflow_build_info{version=\"%s\"} 1\n",
        (long long)pages * sysconf(_SC_PAGESIZE), (double)cpu.tv_sec + (double)cpu.tv_nsec / 1e9,
        (long long)metrics->start, OF_VERSION);
}

int of_metrics_print(struct of_metrics *metrics, struct of_buffer *out)
{
    pthread_mutex_lock(&metrics->lock);
    for (struct metric *metric = metrics->first; metric; metric = metric->next)
        if (is_first_of_family(metrics, metric))
            print_family(out, metric);
    pthread_mutex_unlock(&metrics->lock);
    print_process(metrics, out);
    return out->full ? OF_INPUT : OF_OK;
}
