/* Schemas: names and namespaces, logical types, what is refused and why, limits, equality. */
#include "support.h"

#include "avro/schema.h"
#include "base/buffer.h"

static struct of_error error;

static struct of_avro_schema *parse(const char *text)
{
    struct of_avro_schema *schema = NULL;
    if (of_avro_schema_parse(text, strlen(text), &schema, &error) < 0)
        fail_msg("%s", error.message);
    return schema;
}

static void assert_refused(const char *text, const char *part)
{
    struct of_avro_schema *schema = NULL;
    if (of_avro_schema_parse(text, strlen(text), &schema, &error) == OF_OK)
        fail_msg("taken: %s", text);
    assert_null(schema);
    assert_contains(error.message, part);
}

#define SCHEMA OF_CLEANUP(of_cleanup_avro_schema) struct of_avro_schema *

static void test_primitives(void **state)
{
    (void)state;
    static const char *const names[] = {
        "null", "boolean", "int", "long", "float", "double", "bytes", "string"};
    for (size_t i = 0; i < OF_COUNT(names); i++) {
        OF_FREE char *bare = of_asprintf("\"%s\"", names[i]);
        OF_FREE char *object = of_asprintf("{\"type\": \"%s\"}", names[i]);
        SCHEMA a = parse(bare);
        SCHEMA b = parse(object);
        assert_string_equal(of_avro_type_name(of_avro_schema_root(a)->type), names[i]);
        assert_true(of_avro_schema_equal(a, b));
    }
}

static void test_record(void **state)
{
    (void)state;
    SCHEMA schema =
        parse("{\"type\":\"record\",\"name\":\"R\",\"namespace\":\"a.b\",\"aliases\":[\"Old\","
              "\"x.Other\"],\"doc\":\"d\",\"connect.name\":\"c\",\"fields\":["
              "{\"name\":\"one\",\"type\":\"long\",\"default\":7,\"aliases\":[\"uno\"]},"
              "{\"name\":\"two\",\"type\":[\"null\",\"R\"],\"default\":null},"
              "{\"name\":\"three\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"map\","
              "\"values\":\"bytes\"}}}]}");
    const struct of_avro_node *root = of_avro_schema_root(schema);
    assert_int_equal(root->type, OF_AVRO_RECORD);
    assert_string_equal(root->full_name, "a.b.R");
    assert_int_equal(root->alias_count, 2);
    assert_string_equal(root->aliases[0], "a.b.Old");
    assert_string_equal(root->aliases[1], "x.Other");
    assert_int_equal(root->field_count, 3);
    assert_string_equal(root->fields[0].aliases[0], "uno");
    assert_int_equal(json_integer_value(root->fields[0].default_value), 7);
    assert_ptr_equal(root->fields[1].type->branches[1], root); /* a recursive type */
    assert_true(json_is_null(root->fields[1].default_value));
    assert_null(root->fields[2].default_value);
    assert_int_equal(root->fields[2].type->branches[0]->branches[0]->type, OF_AVRO_BYTES);
    assert_string_equal(json_string_value(json_object_get(root->json, "connect.name")), "c");
}

static const char *field_name_of(const struct of_avro_schema *schema, size_t field)
{
    return of_avro_schema_root(schema)->fields[field].type->full_name;
}

static void test_namespaces(void **state)
{
    (void)state;
    SCHEMA schema =
        parse("{\"type\":\"record\",\"name\":\"R\",\"namespace\":\"a\",\"fields\":["
              "{\"name\":\"f1\",\"type\":{\"type\":\"fixed\",\"name\":\"F\",\"size\":2}},"
              "{\"name\":\"f2\",\"type\":{\"type\":\"fixed\",\"name\":\"b.F\",\"size\":3}},"
              "{\"name\":\"f3\",\"type\":{\"type\":\"fixed\",\"name\":\"F\",\"namespace\":\"c\","
              "\"size\":4}},"
              "{\"name\":\"f4\",\"type\":\"F\"},{\"name\":\"f5\",\"type\":\"b.F\"},"
              "{\"name\":\"f6\",\"type\":{\"type\":\"record\",\"name\":\"c.I\",\"fields\":["
              "{\"name\":\"x\",\"type\":\"F\"}]}}]}");
    assert_string_equal(field_name_of(schema, 0), "a.F");
    assert_string_equal(field_name_of(schema, 1), "b.F");
    assert_string_equal(field_name_of(schema, 2), "c.F");
    assert_string_equal(field_name_of(schema, 3), "a.F");
    assert_string_equal(field_name_of(schema, 4), "b.F");
    /* The namespace of the record around it counts. */
    assert_int_equal(of_avro_schema_root(schema)->fields[5].type->fields[0].type->size, 4);
}

static void test_logical_types(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum of_avro_logical logical;
    } cases[] = {
        {"{\"type\":\"int\",\"logicalType\":\"date\"}", OF_AVRO_DATE},
        {"{\"type\":\"int\",\"logicalType\":\"time-millis\"}", OF_AVRO_TIME_MILLIS},
        {"{\"type\":\"long\",\"logicalType\":\"time-micros\"}", OF_AVRO_TIME_MICROS},
        {"{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}", OF_AVRO_TIMESTAMP_MILLIS},
        {"{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}", OF_AVRO_TIMESTAMP_MICROS},
        {"{\"type\":\"string\",\"logicalType\":\"uuid\"}", OF_AVRO_UUID},
        {"{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":12,\"scale\":2}",
            OF_AVRO_DECIMAL},
        {"{\"type\":\"fixed\",\"name\":\"F\",\"size\":8,\"logicalType\":\"decimal\","
         "\"precision\":3}",
            OF_AVRO_DECIMAL},
        /* Invalid ones are ignored, by the specification. */
        {"{\"type\":\"int\",\"logicalType\":\"timestamp-millis\"}", OF_AVRO_PLAIN},
        {"{\"type\":\"string\",\"logicalType\":\"decimal\",\"precision\":2}", OF_AVRO_PLAIN},
        {"{\"type\":\"bytes\",\"logicalType\":\"decimal\"}", OF_AVRO_PLAIN},
        {"{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":2,\"scale\":3}",
            OF_AVRO_PLAIN},
        {"{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":0}", OF_AVRO_PLAIN},
        {"{\"type\":\"long\",\"logicalType\":\"nonsense\"}", OF_AVRO_PLAIN},
        {"{\"type\":\"long\",\"logicalType\":5}", OF_AVRO_PLAIN},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        SCHEMA schema = parse(cases[i].text);
        assert_int_equal(of_avro_schema_root(schema)->logical, cases[i].logical);
    }
    SCHEMA decimal = parse(cases[6].text);
    assert_int_equal(of_avro_schema_root(decimal)->precision, 12);
    assert_int_equal(of_avro_schema_root(decimal)->scale, 2);
}

static void test_enum(void **state)
{
    (void)state;
    SCHEMA schema = parse("{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"],"
                          "\"default\":\"B\"}");
    const struct of_avro_node *root = of_avro_schema_root(schema);
    assert_int_equal(root->symbol_count, 2);
    assert_string_equal(root->symbols[1], "B");
    assert_string_equal(root->default_symbol, "B");
}

/* A decimal's default of zero is the text "\u0000"; avro-c's own parser stumbles over it. */
static void test_nul_in_default(void **state)
{
    (void)state;
    SCHEMA schema = parse("{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"d\","
                          "\"type\":{\"type\":\"bytes\",\"logicalType\":\"decimal\","
                          "\"precision\":12,\"scale\":2},\"doc\":\"\\\\u0000 \\\\\\u0000\","
                          "\"default\":\"\\u0000\"}]}");
    const json_t *value = of_avro_schema_root(schema)->fields[0].default_value;
    assert_int_equal(json_string_length(value), 1);
    assert_int_equal(json_string_value(value)[0], 0);
}

static void test_refusals(void **state)
{
    (void)state;
    assert_refused("", "schema: line 1");
    assert_refused("{\"type\":\"record\",\n \"name\" \"R\"}", "schema: line 2, column");
    assert_refused("\"nonsense\"", "schema: nonsense: an unknown type");
    assert_refused("{}", "schema: ");
    assert_refused("7", "schema: ");
    assert_refused("[]", "schema: ");
    assert_refused("null", "schema: ");
    assert_refused("{\"type\":\"record\",\"name\":\"R\"}", "schema: ");
    assert_refused("{\"type\":\"record\",\"fields\":[]}", "schema: ");
    assert_refused(
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\"}]}", "schema: ");
    assert_refused(
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"type\":\"int\"}]}", "schema: ");
    assert_refused("{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\","
                   "\"type\":\"Q\"}]}",
        "Q");
    assert_refused("{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\","
                   "\"type\":\"int\"},{\"name\":\"a\",\"type\":\"int\"}]}",
        "schema: a: two fields of one name");
    assert_refused("{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[]}", "schema: ");
    assert_refused("{\"type\":\"enum\",\"name\":\"E\"}", "schema: ");
    assert_refused("{\"type\":\"fixed\",\"name\":\"F\"}", "schema: ");
    assert_refused("{\"type\":\"fixed\",\"name\":\"F\",\"size\":-1}", "schema: ");
    assert_refused("{\"type\":\"array\"}", "schema: ");
    assert_refused("{\"type\":\"map\"}", "schema: ");
    assert_refused("[\"int\",[\"null\",\"long\"]]", "schema: ");
    assert_refused("[\"int\",\"int\"]", "schema: union: two branches of one type");
    assert_refused("[{\"type\":\"fixed\",\"name\":\"F\",\"size\":1},\"F\"]", "schema: ");
    assert_refused("{\"type\":\"fixed\",\"name\":\"1F\",\"size\":1}", "schema: ");
    assert_refused("{\"type\":\"fixed\",\"name\":\"a..F\",\"size\":1}", "schema: ");
    assert_refused("{\"type\":\"fixed\",\"name\":\"\",\"size\":1}", "schema: ");
    assert_refused("{\"type\":\"fixed\",\"name\":\"F\\u0000G\",\"size\":1}", "schema: ");
    assert_refused(
        "{\"type\":\"fixed\",\"name\":\"F\",\"namespace\":\"a b\",\"size\":1}", "schema: ");
    assert_refused(
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a-b\",\"type\":\"int\"}]}",
        "schema: ");
    assert_refused("{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":{"
                   "\"type\":\"fixed\",\"name\":\"F\",\"size\":1}},{\"name\":\"b\",\"type\":{"
                   "\"type\":\"fixed\",\"name\":\"F\",\"size\":2}}]}",
        "schema: ");
    assert_refused("{\"type\":\"fixed\",\"name\":\"string\",\"size\":1}", "schema: ");
    assert_refused("{\"type\":\"int\",\"type\":\"long\"}", "duplicate");
    assert_refused("{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[7]}", "schema: ");
    assert_refused("{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"A\"]}", "schema: ");
}

/* Text made of a head, `count` times a middle, and a tail. */
static char *repeat(const char *head, const char *middle, size_t count, const char *tail)
{
    OF_CLEANUP(of_buffer_release) struct of_buffer text;
    of_buffer_init(&text, 16 << 20);
    of_buffer_append_text(&text, head);
    for (size_t i = 0; i < count; i++) {
        const char *number = strchr(middle, '#');
        if (number)
            of_buffer_appendf(
                &text, "%s%.*s%zu%s", i ? "," : "", (int)(number - middle), middle, i, number + 1);
        else
            of_buffer_append_text(&text, middle);
    }
    of_buffer_append_text(&text, tail);
    return of_strdup(of_buffer_text(&text));
}

static void assert_limit(
    const char *head, const char *middle, const char *tail, size_t limit, const char *message)
{
    OF_FREE char *longest = repeat(head, middle, limit, tail);
    OF_FREE char *longer = repeat(head, middle, limit + 1, tail);
    SCHEMA schema = parse(longest);
    assert_refused(longer, message);
}

static void test_limits(void **state)
{
    (void)state;
    assert_limit("{\"type\":\"record\",\"name\":\"R\",\"fields\":[",
        "{\"name\":\"f#\",\"type\":\"int\"}", "]}", OF_AVRO_FIELDS_MAX, "more of them than");
    assert_limit("{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[", "\"S#\"", "]}",
        OF_AVRO_SYMBOLS_MAX, "more than the limit");
    assert_limit("[", "{\"type\":\"fixed\",\"name\":\"F#\",\"size\":1}", "]", OF_AVRO_BRANCHES_MAX,
        "more than the limit");
    for (size_t depth = OF_AVRO_DEPTH_MAX - 1; depth <= OF_AVRO_DEPTH_MAX; depth++) {
        OF_FREE char *head = repeat("", "{\"type\":\"array\",\"items\":", depth, "\"int\"");
        OF_FREE char *text = repeat(head, "}", depth, "");
        if (depth < OF_AVRO_DEPTH_MAX) {
            SCHEMA schema = parse(text);
            assert_non_null(schema);
        } else {
            assert_refused(text, "nested deeper than the limit");
        }
    }
    /* Far deeper: what checks the text first must not run out of stack. */
    OF_FREE char *head = repeat("", "{\"type\":\"array\",\"items\":", 100000, "\"int\"");
    OF_FREE char *text = repeat(head, "}", 100000, "");
    assert_refused(text, "schema: ");
    OF_FREE char *brackets = repeat("", "[", 100000, "");
    assert_refused(brackets, "schema: ");
}

static bool equal(const char *a, const char *b)
{
    SCHEMA x = parse(a);
    SCHEMA y = parse(b);
    bool same = of_avro_schema_equal(x, y);
    assert_int_equal(of_avro_schema_equal(y, x), same);
    return same;
}

#define RECORD(fields) "{\"type\":\"record\",\"name\":\"R\",\"fields\":[" fields "]}"

static void test_equal(void **state)
{
    (void)state;
    assert_true(equal(RECORD("{\"name\":\"a\",\"type\":\"int\"}"),
        RECORD("{\"doc\":\"d\",\"default\":1,\"aliases\":[\"b\"],\"type\":{\"type\":\"int\"},"
               "\"name\":\"a\"}")));
    assert_false(equal(
        RECORD("{\"name\":\"a\",\"type\":\"int\"}"), RECORD("{\"name\":\"b\",\"type\":\"int\"}")));
    assert_false(equal(
        RECORD("{\"name\":\"a\",\"type\":\"int\"}"), RECORD("{\"name\":\"a\",\"type\":\"long\"}")));
    assert_false(equal(RECORD("{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"b\","
                              "\"type\":\"int\"}"),
        RECORD("{\"name\":\"b\",\"type\":\"int\"},{\"name\":\"a\",\"type\":\"int\"}")));
    assert_false(equal(RECORD(""), "{\"type\":\"record\",\"name\":\"S\",\"fields\":[]}"));
    assert_false(equal("\"long\"", "{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}"));
    assert_false(equal("{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":12}",
        "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":13}"));
    assert_false(equal("[\"null\",\"int\"]", "[\"int\",\"null\"]"));
    assert_false(equal("[\"null\",\"int\"]", "[\"null\",\"int\",\"long\"]"));
    assert_false(equal("{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}",
        "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"B\",\"A\"]}"));
    assert_false(equal("{\"type\":\"fixed\",\"name\":\"F\",\"size\":1}",
        "{\"type\":\"fixed\",\"name\":\"F\",\"size\":2}"));
    static const char list[] = RECORD("{\"name\":\"v\",\"type\":\"int\"},{\"name\":\"next\","
                                      "\"type\":[\"null\",\"R\"]}");
    assert_true(equal(list, list));
    assert_false(equal(list, RECORD("{\"name\":\"v\",\"type\":\"long\"},{\"name\":\"next\","
                                    "\"type\":[\"null\",\"R\"]}")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_primitives),
        cmocka_unit_test(test_record),
        cmocka_unit_test(test_namespaces),
        cmocka_unit_test(test_logical_types),
        cmocka_unit_test(test_enum),
        cmocka_unit_test(test_nul_in_default),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
