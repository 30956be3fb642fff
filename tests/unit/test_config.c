/* Configuration: Confluent Cloud's files as they are handed out, Java's names, the order of file,
 * environment and -X, names that nobody knows, and secrets that are never shown. */
#include "support.h"

#include "base/buffer.h"
#include "base/config.h"

static struct of_error error;

static int load(const char *text, const char *const *overrides, struct of_config **config)
{
    TEMPORARY file;
    temporary_make(&file, text, strlen(text));
    struct of_option_list list = {.count = 0};
    for (; overrides && *overrides; overrides++)
        list.values[list.count++] = *overrides;
    int result = of_config_load(file.path, &list, config, &error);
    /* Messages of tests must not hold a random name. */
    char *at = strstr(error.message, file.path);
    if (result < 0 && at) {
        size_t length = strlen(file.path);
        memmove(at + 4, at + length, strlen(at + length) + 1);
        memcpy(at, "FILE", 4);
    }
    return result;
}

static struct of_config *load_good(const char *text, const char *const *overrides)
{
    struct of_config *config = NULL;
    if (load(text, overrides, &config) < 0)
        fail_msg("%s", error.message);
    return config;
}

#define X(...) ((const char *const[]){__VA_ARGS__, NULL})

static void assert_refused(const char *text, const char *const *overrides, const char *message)
{
    struct of_config *config = NULL;
    assert_int_equal(load(text, overrides, &config), OF_INPUT);
    assert_null(config);
    assert_string_equal(error.message, message);
}

static char *printed(const struct of_config *config)
{
    struct capture capture = capture_begin(STDOUT_FILENO);
    of_config_print(config);
    return capture_end(&capture);
}

/* All "name=value;" that a Kafka client is made from. */
static void append_pair(void *context, const char *name, const char *value)
{
    of_buffer_appendf(context, "%s=%s;", name, value);
}

static char *kafka_pairs(const struct of_config *config)
{
    OF_CLEANUP(of_buffer_release) struct of_buffer text;
    of_buffer_init(&text, 65536);
    of_config_each_kafka(config, append_pair, &text);
    return of_strdup(of_buffer_text(&text));
}

static const char cloud_librdkafka[] =
    "# Required connection configs for Kafka producer, consumer, and admin\n"
    "bootstrap.servers=pkc-4r087.us-west2.gcp.confluent.cloud:9092\n"
    "security.protocol=SASL_SSL\n"
    "sasl.mechanisms=PLAIN\n"
    "sasl.username=ABCDEFGHIJKLMNOP\n"
    "sasl.password=cflt+/kafka=SECRET\n"
    "\n"
    "# Best practice for higher availability in librdkafka clients prior to 1.7\n"
    "session.timeout.ms=45000\n"
    "\n"
    "client.id=ccloud-c-client-1c6c2d69-2f1b-4a3c-9a80-0d0e2d0a2f4e\n"
    "\n"
    "# Required connection configs for Confluent Cloud Schema Registry\n"
    "schema.registry.url=https://psrc-8qmnr.eu-west-2.aws.confluent.cloud\n"
    "basic.auth.credentials.source=USER_INFO\n"
    "basic.auth.user.info=REGISTRYKEY:registry+SECRET/x==\n";

static const char cloud_java[] =
    "# Required connection configs for Kafka producer, consumer, and admin\n"
    "bootstrap.servers=pkc-4r087.us-west2.gcp.confluent.cloud:9092\n"
    "security.protocol=SASL_SSL\n"
    "sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required "
    "username='ABCDEFGHIJKLMNOP' password='cflt+/kafka=SECRET';\n"
    "sasl.mechanism=PLAIN\n"
    "# Required for correctness in Apache Kafka clients prior to 2.6\n"
    "client.dns.lookup=use_all_dns_ips\n"
    "\n"
    "# Best practice for higher availability in Apache Kafka clients prior to 3.0\n"
    "session.timeout.ms=45000\n"
    "\n"
    "# Best practice for Kafka producer to prevent data loss\n"
    "acks=all\n"
    "\n"
    "client.id=ccloud-java-client-1c6c2d69-2f1b-4a3c-9a80-0d0e2d0a2f4e\n"
    "\n"
    "# Required connection configs for Confluent Cloud Schema Registry\n"
    "schema.registry.url=https://psrc-8qmnr.eu-west-2.aws.confluent.cloud\n"
    "basic.auth.credentials.source=USER_INFO\n"
    "basic.auth.user.info=REGISTRYKEY:registry+SECRET/x==\n";

static void test_confluent_cloud(void **state)
{
    (void)state;
    static const char *const files[] = {cloud_librdkafka, cloud_java};
    for (size_t i = 0; i < OF_COUNT(files); i++) {
        OF_CLEANUP(of_cleanup_config) struct of_config *config = load_good(files[i], NULL);
        OF_FREE char *pairs = kafka_pairs(config), *text = printed(config);
        assert_contains(pairs, "bootstrap.servers=pkc-4r087.us-west2.gcp.confluent.cloud:9092;");
        assert_contains(pairs, "security.protocol=SASL_SSL;");
        assert_contains(pairs, "sasl.mechanisms=PLAIN;");
        assert_contains(pairs, "sasl.username=ABCDEFGHIJKLMNOP;");
        assert_contains(pairs, "sasl.password=cflt+/kafka=SECRET;");
        assert_contains(pairs, "session.timeout.ms=45000;");
        assert_lacks(pairs, "schema.registry");
        assert_lacks(pairs, "basic.auth");
        assert_lacks(pairs, "jaas");
        assert_int_equal(strstr(pairs, "acks=all;") != NULL, i == 1);
        assert_string_equal(
            of_config_get(config, "basic.auth.user.info"), "REGISTRYKEY:registry+SECRET/x==");
        assert_string_equal(of_config_get(config, "schema.registry.url"),
            "https://psrc-8qmnr.eu-west-2.aws.confluent.cloud");
        assert_contains(text, "sasl.password = ********  # /tmp/");
        assert_contains(text, "basic.auth.user.info = ********  # /tmp/");
        assert_lacks(text, "SECRET");
    }
}

static void test_defaults(void **state)
{
    (void)state;
    OF_CLEANUP(of_cleanup_config) struct of_config *config = NULL;
    assert_int_equal(of_config_load(NULL, NULL, &config, &error), OF_OK);
    assert_string_equal(of_config_get(config, "bootstrap.servers"), "127.0.0.1:9092");
    assert_string_equal(
        of_config_get(config, "schema.registry.url"), "http://127.0.0.1:8081/apis/ccompat/v7");
    assert_true(of_config_bool(config, "auto.register.schemas"));
    assert_false(of_config_bool(config, "use.latest.version"));
    assert_int_equal(of_config_int(config, "topic.partitions"), 4);
    assert_int_equal(of_config_int(config, "topic.replication.factor"), -1);
    assert_null(of_config_get(config, "basic.auth.user.info"));
    assert_null(of_config_get(config, "nonsense"));
    OF_FREE char *topic = of_config_topic(config, "paid_orders");
    assert_string_equal(topic, "paid_orders");
    OF_FREE char *text = printed(config);
    assert_contains(text, "topic.partitions = 4  # default\n");
}

/* File, then environment, then -X, then the program. */
static void test_precedence(void **state)
{
    (void)state;
    setenv("ORDERFLOW_TOPIC_PREFIX", "env.", 1);
    setenv("ORDERFLOW_TOPIC_PARTITIONS", "7", 1);
    OF_CLEANUP(of_cleanup_config)
    struct of_config *config =
        load_good("topic.prefix=file.\ntopic.partitions=5\nclient.id=file\nlinger.ms=3\n",
            X("topic.prefix=x.", "linger.ms=4"));
    unsetenv("ORDERFLOW_TOPIC_PREFIX");
    unsetenv("ORDERFLOW_TOPIC_PARTITIONS");
    assert_string_equal(of_config_get(config, "topic.prefix"), "x.");
    assert_int_equal(of_config_int(config, "topic.partitions"), 7);
    assert_string_equal(of_config_get(config, "client.id"), "file");
    assert_string_equal(of_config_get(config, "linger.ms"), "4");
    OF_FREE char *topic = of_config_topic(config, "paid_orders"), *text = printed(config);
    assert_string_equal(topic, "x.paid_orders");
    assert_contains(text, "topic.prefix = x.  # -X\n");
    assert_contains(text, "topic.partitions = 7  # ORDERFLOW_TOPIC_PARTITIONS\n");
    assert_contains(text, ":3\n");
    assert_int_equal(of_config_set(config, "topic.prefix", "", &error), OF_OK);
    assert_string_equal(of_config_get(config, "topic.prefix"), "");
}

/* Two names of one property are one property: the later wins, whatever the name. */
static void test_aliases(void **state)
{
    (void)state;
    static const struct {
        const char *file, *override, *wanted, *unwanted;
    } cases[] = {
        {"metadata.broker.list=a:1", "bootstrap.servers=b:2", "=b:2;", "a:1"},
        {"bootstrap.servers=a:1", "metadata.broker.list=b:2", "=b:2;", "a:1"},
        {"sasl.mechanisms=PLAIN", "sasl.mechanism=SCRAM-SHA-256", "=SCRAM-SHA-256;", "PLAIN"},
        {"linger.ms=1", "queue.buffering.max.ms=2", ".ms=2;", "=1;"},
        {"queue.buffering.max.ms=1", "linger.ms=2", ".ms=2;", "=1;"},
        {"retries=1", "message.send.max.retries=2", "retries=2;", "=1;"},
        {"compression.codec=gzip", "compression.type=lz4", "=lz4;", "gzip"},
        {"request.required.acks=1", "acks=all", "acks=all;", "=1;"},
        {"delivery.timeout.ms=11111", "message.timeout.ms=22222", "=22222;", "11111"},
        {"max.in.flight=1", "max.in.flight.requests.per.connection=2", "=2;", "=1;"},
        {"max.partition.fetch.bytes=1000", "fetch.message.max.bytes=2000", "=2000;", "=1000;"},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        OF_CLEANUP(of_cleanup_config)
        struct of_config *config = load_good(cases[i].file, X(cases[i].override));
        OF_FREE char *pairs = kafka_pairs(config);
        assert_contains(pairs, cases[i].wanted);
        assert_lacks(pairs, cases[i].unwanted);
        OF_FREE char *name = of_strndup(cases[i].file, strcspn(cases[i].file, "="));
        assert_string_equal(of_config_get(config, name), strchr(cases[i].override, '=') + 1);
    }
}

static void test_unknown_names(void **state)
{
    (void)state;
    assert_refused("client.id=a\n\nschema.registry.ulr=http://x\n", NULL,
        "FILE:3: unknown property 'schema.registry.ulr'; did you mean 'schema.registry.url'?");
    assert_refused("", X("no.such.thing=1"), "-X: unknown property 'no.such.thing'");
    assert_refused("", X("boostrap.servers=x"),
        "-X: unknown property 'boostrap.servers'; did you mean 'bootstrap.servers'?");
    assert_refused("", X("client.id"), "-X: wanted NAME=VALUE");
    assert_refused("", X("=1"), "-X: wanted NAME=VALUE");
    setenv("ORDERFLOW_TOPIC_PREFIXX", "1", 1);
    assert_refused("", NULL,
        "ORDERFLOW_TOPIC_PREFIXX: unknown property 'topic.prefixx'; did you mean 'topic.prefix'?");
    unsetenv("ORDERFLOW_TOPIC_PREFIXX");
    /* These belong to the script and to the tests. */
    setenv("ORDERFLOW_PORT_KAFKA", "19092", 1);
    setenv("ORDERFLOW_TEST_SEED", "1", 1);
    OF_CLEANUP(of_cleanup_config) struct of_config *config = load_good("", NULL);
    unsetenv("ORDERFLOW_PORT_KAFKA");
    unsetenv("ORDERFLOW_TEST_SEED");
    struct of_config *untouched = config;
    assert_int_equal(of_config_load("/nonexistent", NULL, &untouched, &error), OF_INPUT);
    assert_ptr_equal(untouched, config);
    assert_contains(error.message, "cannot read /nonexistent");
}

static void test_bad_values(void **state)
{
    (void)state;
    assert_refused("topic.partitions=0\n", NULL,
        "FILE:1: topic.partitions: '0' is no whole number within 1 to 10000");
    assert_refused("topic.partitions=10001\n", NULL,
        "FILE:1: topic.partitions: '10001' is no whole number within 1 to 10000");
    assert_refused("topic.partitions=4x\n", NULL,
        "FILE:1: topic.partitions: '4x' is no whole number within 1 to 10000");
    assert_refused("use.latest.version=yes\n", NULL,
        "FILE:1: use.latest.version: 'yes' is neither true nor false");
    assert_refused("basic.auth.credentials.source=INHERIT\n", NULL,
        "FILE:1: basic.auth.credentials.source: 'INHERIT' is none of URL, USER_INFO, "
        "SASL_INHERIT");
    assert_refused("bearer.auth.credentials.source=OAUTHBEARER\n", NULL,
        "FILE:1: bearer.auth.credentials.source: 'OAUTHBEARER' is none of STATIC_TOKEN");
    assert_refused("schema.registry.compatibility=backward\n", NULL,
        "FILE:1: schema.registry.compatibility: 'backward' is none of NONE, BACKWARD, "
        "BACKWARD_TRANSITIVE, FORWARD, FORWARD_TRANSITIVE, FULL, FULL_TRANSITIVE");
    struct of_config *config = NULL;
    assert_int_equal(load("session.timeout.ms=soon\n", NULL, &config), OF_INPUT);
    assert_contains(error.message, "FILE:1: session.timeout.ms: ");
}

static void test_java_names(void **state)
{
    (void)state;
    assert_refused("ssl.truststore.location=/x.jks\n", NULL,
        "FILE:1: 'ssl.truststore.location' belongs to Java clients; set ssl.ca.location (a PEM "
        "file) instead");
    OF_CLEANUP(of_cleanup_config)
    struct of_config *config = load_good("key.serializer=org.apache.kafka.X\n"
                                         "value.deserializer=io.confluent.Y\n",
        NULL);
    OF_FREE char *pairs = kafka_pairs(config);
    assert_lacks(pairs, "serializer");
}

static void assert_jaas(const char *line, const char *user, const char *password)
{
    OF_FREE char *text = of_asprintf("sasl.jaas.config=%s\n", line);
    OF_CLEANUP(of_cleanup_config) struct of_config *config = load_good(text, NULL);
    assert_string_equal(of_config_get(config, "sasl.username"), user);
    assert_string_equal(of_config_get(config, "sasl.password"), password);
}

static void test_jaas(void **state)
{
    (void)state;
    assert_jaas(
        "o.a.ScramLoginModule required username=\"u 1\" password=\"p;'x=\";", "u 1", "p;'x=");
    assert_jaas("o.a.PlainLoginModule required password='p' username='u';", "u", "p");
    assert_jaas("PlainLoginModule required username = \"u\" password = \"p\";", "u", "p");
    assert_jaas("PlainLoginModule required username=u password=p;", "u", "p");
    assert_jaas(
        "P required user_password='no' password='p' xusername='no' username='u';", "u", "p");
    static const char message[] =
        "FILE:1: sasl.jaas.config: only login modules with username and password are taken; set "
        "librdkafka's sasl.* properties instead";
    assert_refused(
        "sasl.jaas.config=OAuthBearerLoginModule required clientId='SECRET';\n", NULL, message);
    assert_refused("sasl.jaas.config=PlainLoginModule required username='u' password='SECRET\n",
        NULL, message);
}

static void test_secrets(void **state)
{
    (void)state;
    OF_CLEANUP(of_cleanup_config)
    struct of_config *config = load_good("sasl.password=SECRET\nssl.key.password=SECRET\n"
                                         "ssl.key.pem=SECRET\nbearer.auth.token=SECRET\n"
                                         "ksql.basic.auth.user.info=u:SECRET\n"
                                         "schema.registry.ssl.key.password=SECRET\n"
                                         "schema.registry.url=https://u:SECRET@r1/x,"
                                         "https://u:SECRET@r2/x\n"
                                         "ksql.url=http://u:SEC/RET@k\n",
        NULL);
    OF_FREE char *text = printed(config);
    assert_lacks(text, "SEC");
    assert_contains(text, "schema.registry.url = https://********@r2/x");
    assert_contains(text, "ksql.url = http://********@k");
    assert_true(of_config_is_secret("sasl.password"));
    assert_true(of_config_is_secret("ssl.keystore.password"));
    assert_false(of_config_is_secret("sasl.username"));
    assert_false(of_config_is_secret("topic.prefix"));
    struct of_config *none = NULL;
    assert_int_equal(load("", X("ssl.crl.locationn=SECRET"), &none), OF_INPUT);
    assert_lacks(error.message, "SECRET");
    assert_int_equal(load("", X("sasl.jaas.config=SECRET"), &none), OF_INPUT);
    assert_lacks(error.message, "SECRET");
}

static void test_common_start(void **state)
{
    (void)state;
    static const struct of_program program = {.name = "orderflow-test"};
    struct of_common_options common = OF_COMMON_DEFAULTS;
    struct of_config *config = NULL;
    TEMPORARY file;
    temporary_make(&file, "topic.prefix=a.\nsasl.password=SECRET\n", 37);
    setenv("ORDERFLOW_CONFIG", file.path, 1);
    assert_int_equal(of_common_start(&program, &common, &config, &error), OF_OK);
    assert_string_equal(of_config_get(config, "topic.prefix"), "a.");
    of_config_free(config);
    config = NULL;
    common.topic_prefix = "b.";
    common.dump_config = true;
    struct capture capture = capture_begin(STDOUT_FILENO);
    int result = of_common_start(&program, &common, &config, &error);
    OF_FREE char *text = capture_end(&capture);
    unsetenv("ORDERFLOW_CONFIG");
    assert_int_equal(result, 1);
    assert_null(config);
    assert_contains(text, "topic.prefix = b.  # --topic-prefix\n");
    assert_contains(text, "sasl.password = ********");
}

static void test_copy(void **state)
{
    (void)state;
    struct of_config *config = load_good("acks=1\ntopic.prefix=a_\n", NULL);
    struct of_config *copy = of_config_copy(config);
    assert_int_equal(of_config_set(copy, "topic.prefix", "b_", &error), 0);
    assert_int_equal(of_config_set(copy, "auto.offset.reset", "earliest", &error), 0);
    assert_string_equal(of_config_get(copy, "acks"), "1");
    assert_string_equal(of_config_get(copy, "topic.prefix"), "b_");
    assert_string_equal(of_config_get(config, "topic.prefix"), "a_");
    assert_null(of_config_get(config, "auto.offset.reset"));
    of_config_free(config);
    assert_string_equal(of_config_get(copy, "auto.offset.reset"), "earliest");
    of_config_free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_confluent_cloud),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_precedence),
        cmocka_unit_test(test_aliases),
        cmocka_unit_test(test_unknown_names),
        cmocka_unit_test(test_bad_values),
        cmocka_unit_test(test_java_names),
        cmocka_unit_test(test_jaas),
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_common_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
