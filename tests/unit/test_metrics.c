/* Metrics: Prometheus' text format, families kept together, escaping, concurrent updates. */
#include "support.h"

#include "telemetry/metrics.h"

#include <math.h>
#include <pthread.h>

OF_DEFINE_CLEANUP(cleanup_metrics, struct of_metrics *, of_metrics_free)

/* The exposition up to what every process has. */
static char *printed(struct of_metrics *metrics)
{
    OF_CLEANUP(of_buffer_release) struct of_buffer out;
    of_buffer_init(&out, 1 << 20);
    assert_int_equal(of_metrics_print(metrics, &out), OF_OK);
    char *text = of_strdup(of_buffer_text(&out));
    char *process = strstr(text, "# HELP process_resident_memory_bytes");
    assert_non_null(process);
    *process = '\0';
    return text;
}

static void test_format(void **state)
{
    (void)state;
    OF_CLEANUP(cleanup_metrics) struct of_metrics *metrics = of_metrics_new();
    struct of_counter *plain =
        of_metrics_counter(metrics, "orderflow_records_total", "Records.", NULL);
    struct of_counter *first = of_metrics_counter(
        metrics, "orderflow_dead_letters_total", "Dead letters.", "stage=\"a\",reason=\"x\"");
    struct of_counter *gauge = of_metrics_gauge(metrics, "orderflow_lag", "Lag.", NULL);
    struct of_counter *second =
        of_metrics_counter(metrics, "orderflow_dead_letters_total", "Dead letters.", "stage=\"b\"");
    of_counter_add(plain, 41);
    of_counter_add(plain, 1);
    of_counter_add(first, 2);
    of_counter_add(second, 3);
    of_counter_set(gauge, -7);
    assert_int_equal(of_counter_get(plain), 42);
    OF_FREE char *text = printed(metrics);
    assert_string_equal(text,
        "# HELP orderflow_records_total Records.\n# TYPE orderflow_records_total counter\n"
        "orderflow_records_total 42\n"
        "# HELP orderflow_dead_letters_total Dead letters.\n"
        "# TYPE orderflow_dead_letters_total counter\n"
        "orderflow_dead_letters_total{stage=\"a\",reason=\"x\"} 2\n"
        "orderflow_dead_letters_total{stage=\"b\"} 3\n"
        "# HELP orderflow_lag Lag.\n# TYPE orderflow_lag gauge\norderflow_lag -7\n");
}

static void test_same_object(void **state)
{
    (void)state;
    OF_CLEANUP(cleanup_metrics) struct of_metrics *metrics = of_metrics_new();
    struct of_counter *one = of_metrics_counter(metrics, "a_total", "A.", "x=\"1\"");
    assert_ptr_equal(of_metrics_counter(metrics, "a_total", "A.", "x=\"1\""), one);
    assert_ptr_not_equal(of_metrics_counter(metrics, "a_total", "A.", "x=\"2\""), one);
    assert_ptr_not_equal(of_metrics_counter(metrics, "a_total", "A.", NULL), one);
    assert_ptr_not_equal(of_metrics_counter(metrics, "b_total", "B.", "x=\"1\""), one);
}

static void test_histogram(void **state)
{
    (void)state;
    OF_CLEANUP(cleanup_metrics) struct of_metrics *metrics = of_metrics_new();
    struct of_histogram *histogram =
        of_metrics_histogram(metrics, "t_seconds", "T.", "stage=\"a\"");
    of_histogram_observe(histogram, .0001); /* a bound belongs to its bucket */
    of_histogram_observe(histogram, .00011);
    of_histogram_observe(histogram, 10);
    of_histogram_observe(histogram, 10.5);
    of_histogram_observe(histogram, 0);
    OF_FREE char *text = printed(metrics);
    assert_contains(text,
        "# TYPE t_seconds histogram\nt_seconds_bucket{stage=\"a\",le=\"0.0001\"} 2\n"
        "t_seconds_bucket{stage=\"a\",le=\"0.00025\"} 3\n");
    assert_contains(text,
        "t_seconds_bucket{stage=\"a\",le=\"5\"} 3\nt_seconds_bucket{stage=\"a\",le=\"10\"} 4\n"
        "t_seconds_bucket{stage=\"a\",le=\"+Inf\"} 5\nt_seconds_sum{stage=\"a\"} 20.500210000\n"
        "t_seconds_count{stage=\"a\"} 5\n");
}

/* Times that a broken clock yields change the count, never the sum into nonsense. */
static void test_histogram_of_nonsense(void **state)
{
    (void)state;
    OF_CLEANUP(cleanup_metrics) struct of_metrics *metrics = of_metrics_new();
    struct of_histogram *histogram = of_metrics_histogram(metrics, "t_seconds", "T.", NULL);
    of_histogram_observe(histogram, -1);
    of_histogram_observe(histogram, NAN);
    OF_FREE char *text = printed(metrics);
    assert_contains(text, "t_seconds_sum 0.000000000\nt_seconds_count 2\n");
}

static void test_escaping(void **state)
{
    (void)state;
    OF_CLEANUP(cleanup_metrics) struct of_metrics *metrics = of_metrics_new();
    of_metrics_counter(metrics, "a_total", "Back\\slash and\nnew line, \"quotes\".", NULL);
    OF_FREE char *text = printed(metrics);
    assert_contains(text, "# HELP a_total Back\\\\slash and\\nnew line, \"quotes\".\n# TYPE");
}

static void test_process(void **state)
{
    (void)state;
    OF_CLEANUP(cleanup_metrics) struct of_metrics *metrics = of_metrics_new();
    OF_CLEANUP(of_buffer_release) struct of_buffer out;
    of_buffer_init(&out, 1 << 20);
    assert_int_equal(of_metrics_print(metrics, &out), OF_OK);
    const char *text = of_buffer_text(&out);
    long long bytes = 0;
    const char *at = strstr(text, "\nprocess_resident_memory_bytes ");
    assert_non_null(at);
    assert_int_equal(sscanf(at, "\nprocess_resident_memory_bytes %lld", &bytes), 1);
    assert_true(bytes > 100000 && bytes < (INT64_C(1) << 33));
    assert_contains(text, "\nprocess_cpu_seconds_total ");
    assert_contains(text, "\nprocess_start_time_seconds 1");
    assert_contains(text, "\norderflow_build_info{version=\"" OF_VERSION "\"} 1\n");
    assert_int_equal(text[out.length - 1], '\n');
}

static void test_limit(void **state)
{
    (void)state;
    OF_CLEANUP(cleanup_metrics) struct of_metrics *metrics = of_metrics_new();
    OF_CLEANUP(of_buffer_release) struct of_buffer out;
    of_buffer_init(&out, 100);
    assert_int_equal(of_metrics_print(metrics, &out), OF_INPUT);
}

static void *count_up(void *context)
{
    struct of_metrics *metrics = context;
    struct of_counter *counter = of_metrics_counter(metrics, "a_total", "A.", NULL);
    struct of_histogram *histogram = of_metrics_histogram(metrics, "t_seconds", "T.", NULL);
    for (int i = 0; i < 10000; i++) {
        of_counter_add(counter, 1);
        of_histogram_observe(histogram, .001);
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    OF_CLEANUP(cleanup_metrics) struct of_metrics *metrics = of_metrics_new();
    pthread_t threads[4];
    for (size_t i = 0; i < OF_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, metrics), 0);
    free(printed(metrics));
    for (size_t i = 0; i < OF_COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    OF_FREE char *text = printed(metrics);
    assert_contains(text, "a_total 40000\n");
    assert_contains(text, "t_seconds_count 40000\n");
    assert_contains(text, "t_seconds_sum 40.000000000\n");
}

static void bad_name(void)
{
    of_metrics_counter(of_metrics_new(), "orderflow-records", "Records.", NULL);
}

static void digit_first(void)
{
    of_metrics_counter(of_metrics_new(), "1st", "First.", NULL);
}

static void other_kind(void)
{
    struct of_metrics *metrics = of_metrics_new();
    of_metrics_counter(metrics, "a_total", "A.", NULL);
    of_metrics_histogram(metrics, "a_total", "A.", NULL);
}

static void other_kind_of_family(void)
{
    struct of_metrics *metrics = of_metrics_new();
    of_metrics_counter(metrics, "a_total", "A.", "x=\"1\"");
    of_metrics_gauge(metrics, "a_total", "A.", "x=\"2\"");
}

static void bad_labels(void)
{
    of_metrics_counter(of_metrics_new(), "a_total", "A.", "topic=\"a\nb\"");
}

static void test_broken_invariants(void **state)
{
    (void)state;
    assert_true(aborts(bad_name));
    assert_true(aborts(digit_first));
    assert_true(aborts(other_kind));
    assert_true(aborts(other_kind_of_family));
    assert_true(aborts(bad_labels));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_same_object),
        cmocka_unit_test(test_histogram),
        cmocka_unit_test(test_histogram_of_nonsense),
        cmocka_unit_test(test_escaping),
        cmocka_unit_test(test_process),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_broken_invariants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
