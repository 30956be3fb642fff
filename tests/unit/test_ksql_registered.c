/* Records of JSON_SR by their writer's schema, as Connect's converter and ksqlDB's translator read
 * them one after the other; and which schemas say what. */
#include "support.h"

#include "ksqld/plan/plan.h"
#include "ksqld/serde/form.h"
#include "ksqld/serde/json_writer.h"
#include "ksqld/serde/registered.h"

static const struct ksql_type text = {.kind = KSQL_STRING}, small = {.kind = KSQL_INTEGER},
                              big = {.kind = KSQL_BIGINT}, real = {.kind = KSQL_DOUBLE},
                              truth = {.kind = KSQL_BOOLEAN}, bytes = {.kind = KSQL_BYTES},
                              date = {.kind = KSQL_DATE}, clock_ = {.kind = KSQL_TIME},
                              stamp = {.kind = KSQL_TIMESTAMP},
                              money = {.kind = KSQL_DECIMAL, .precision = 4, .scale = 2},
                              texts = {.kind = KSQL_ARRAY, .element = &text},
                              numbers = {.kind = KSQL_ARRAY, .element = &big};
static const struct ksql_field inner_fields[] = {{"A", &big}, {"b", &text}};
static const struct ksql_type inner = {
    .kind = KSQL_STRUCT, .fields = inner_fields, .field_count = 2};

/* What a record of the schema gives for one column V: its JSON, or the message of its refusal. */
static char *read_as(
    const struct ksql_type *type, bool unwrapped, const char *schema, const char *record)
{
    struct ksql_arena arena OF_CLEANUP(ksql_arena_release) = {0};
    struct ksql_column columns[] = {{"K", &text, .key = true}, {"V", type}};
    const struct ksql_schema row_schema = {columns, 2, false};
    struct ksql_side side;
    struct ksql_registered_reader *reader;
    struct ksql_value row[2] = {{.null = true}, {.null = true}};
    struct of_buffer out OF_CLEANUP(of_buffer_release);
    struct of_error error;
    bool null = false;
    of_buffer_init(&out, 65536);
    ksql_side_init(&side, "JSON_SR", &row_schema, false, unwrapped);
    if (ksql_registered_reader_new(&arena, schema, strlen(schema), &side, &reader, &error)) {
        assert_int_equal(error.class, OF_INPUT);
        return of_asprintf("schema: %s", error.message);
    }
    if (ksql_registered_read(
            reader, (const uint8_t *)record, strlen(record), &arena, row, &null, &error)) {
        assert_int_equal(error.class, OF_INPUT);
        return of_strdup(error.message);
    }
    assert_true(row[0].null); /* the key is another side's */
    if (null)
        return of_strdup("(null)");
    ksql_json_write(type, &row[1], &out);
    return of_strdup(of_buffer_text(&out));
}

struct reading {
    const struct ksql_type *type;
    const char *schema; /* of the property V */
    const char *json;   /* of its value */
    const char *expected;
};

static void check(const struct reading *readings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct reading *one = &readings[i];
        char *schema OF_FREE =
            of_asprintf("{\"type\":\"object\",\"properties\":{\"v\":%s}}", one->schema);
        char *record OF_FREE =
            *one->json ? of_asprintf("{\"v\":%s}", one->json) : of_strdup("{\"w\":1}");
        char *got OF_FREE = read_as(one->type, false, schema, record);
        if (strcmp(got, one->expected) != 0)
            fail_msg("%s as %s: %s, not %s", one->json, one->schema, got, one->expected);
    }
}

#define CONNECT "org.apache.kafka.connect.data."
#define INTEGER "{\"type\":\"integer\"}"
#define NUMBER "{\"type\":\"number\"}"
#define STRING "{\"type\":\"string\"}"
#define SIZED(type) "{\"type\":\"integer\",\"connect.type\":\"" type "\"}"
#define TITLED(type, title)                                                                        \
    "{\"type\":\"integer\",\"connect.type\":\"" type "\",\"title\":\"" CONNECT title "\"}"
#define DECIMAL                                                                                    \
    "{\"type\":\"number\",\"connect.type\":\"bytes\",\"title\":\"" CONNECT                         \
    "Decimal\",\"connect.parameters\":{\"scale\":\"2\",\"connect.decimal.precision\":\"4\"}}"
#define MISMATCH(from, to) "value: Cannot deserialize type " from " as type " to " for path: ->V"

/* The writer's schema says what a value is, not the value. */
static void values_are_of_the_schema(void **state)
{
    (void)state;
    static const struct reading readings[] = {
        {&big, INTEGER, "5", "5"},
        {&big, INTEGER, "9223372036854775808", "-9223372036854775808"},
        {&big, INTEGER, "\"5\"", "0"},
        {&big, INTEGER, "true", "0"},
        {&big, INTEGER, "2.9", "2"},
        {&big, INTEGER, "", "null"}, /* missing is null, though the schema does not say so */
        {&small, SIZED("int32"), "4294967297", "1"},
        {&small, SIZED("int16"), "65537", "1"},
        {&small, SIZED("int8"), "129", "-127"},
        {&big, SIZED("int8"), "-1", "-1"},
        {&real, NUMBER, "1.5", "1.5"},
        {&real, NUMBER, "\"1.5\"", "0.0"},
        {&real, NUMBER, "-0", "0.0"}, /* as BigDecimal has it */
        {&real, NUMBER, "-0.0e1", "0.0"},
        {&real, NUMBER, "-0.01e-400", "-0.0"}, /* its doubleValue, though */
        {&real, "{\"type\":\"number\",\"connect.type\":\"float32\"}", "-0.0", "0.0"},
        {&real, "{\"type\":\"number\",\"connect.type\":\"float32\"}", "-1e-60", "-0.0"},
        {&text, NUMBER, "-0.0", "\"0.0\""},
        {&real, "{\"type\":\"number\",\"connect.type\":\"float32\"}", "0.1", "0.10000000149011612"},
        {&truth, "{\"type\":\"boolean\"}", "true", "true"},
        {&truth, "{\"type\":\"boolean\"}", "\"true\"", "false"},
        {&text, STRING, "\"x\"", "\"x\""},
        {&text, STRING, "5", "null"},
        {&text, INTEGER, "5", "\"5\""},
        {&text, NUMBER, "5", "\"5.0\""},
        {&text, "{\"type\":\"boolean\"}", "true", "\"true\""},
        {&bytes, "{\"type\":\"string\",\"connect.type\":\"bytes\"}", "\"YWI=\"", "\"YWI=\""},
        {&bytes, "{\"type\":\"string\",\"connect.type\":\"bytes\"}", "\"?\"",
            "value: Invalid bytes field but was STRING, path: ->V"},
    };
    check(readings, OF_COUNT(readings));
}

static void times_and_decimals(void **state)
{
    (void)state;
    static const struct reading readings[] = {
        {&date, TITLED("int32", "Date"), "3", "3"},
        {&date, TITLED("int32", "Date"), "2147483648",
            "value: Invalid type for Date or Time, underlying representation should be integer but "
            "was NUMBER, path: ->V"},
        {&clock_, TITLED("int32", "Time"), "86399999", "86399999"},
        {&clock_, TITLED("int32", "Time"), "86400000",
            "value: Kafka Connect Time type should be a time of day, path: ->V"},
        {&stamp, TITLED("int64", "Timestamp"), "-1", "-1"},
        {&stamp, TITLED("int64", "Timestamp"), "1.0",
            "value: Invalid type for Timestamp, underlying representation should be integral but "
            "was NUMBER, path: ->V"},
        {&big, TITLED("int64", "Timestamp"), "7", "7"},
        {&stamp, INTEGER, "7", "7"},
        {&money, DECIMAL, "1.5", "1.50"},
        {&money, DECIMAL, "99.99", "99.99"},
        {&money, DECIMAL, "\"AJY=\"", "1.50"},
        {&money, DECIMAL, "\"/2o=\"", "-1.50"},
        {&money, DECIMAL, "100",
            "value: a number that is no DECIMAL(4, 2) (path: ->V) is not supported by this runner"},
        {&money, DECIMAL, "1.234",
            "value: a number that is no DECIMAL(4, 2) (path: ->V) is not supported by this runner"},
        {&money, DECIMAL, "true",
            "value: Invalid type for Decimal, underlying representation should be numeric or bytes "
            "but was BOOLEAN, path: ->V"},
        {&money, NUMBER, "1.5", MISMATCH("float64", "bytes")},
    };
    check(readings, OF_COUNT(readings));
}

static void types_must_meet(void **state)
{
    (void)state;
    static const struct reading readings[] = {
        {&small, INTEGER, "5", MISMATCH("int64", "int32")},
        {&small, INTEGER, "", MISMATCH("int64", "int32")}, /* even where there is no value */
        {&real, INTEGER, "5", MISMATCH("int64", "float64")},
        {&big, NUMBER, "5", MISMATCH("float64", "int64")},
        {&big, STRING, "\"5\"", MISMATCH("string", "int64")},
        {&texts, STRING, "\"x\"", MISMATCH("string", "array")},
        {&inner,
            "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\"},"
            "\"connect.type\":\"map\"}",
            "{}", MISMATCH("map", "struct")},
        {&bytes, DECIMAL, "1.5", MISMATCH("bytes", "bytes")},
        {&text, "{\"type\":\"number\",\"connect.type\":\"float32\"}", "1.5",
            "schema: a float32 as STRING (path: ->V) is not supported by this runner"},
        {&text, "{}", "1",
            "schema: a JSON schema (property v: no type) is not supported by this runner"},
    };
    check(readings, OF_COUNT(readings));
}

#define NULLABLE(schema) "{\"oneOf\":[{\"type\":\"null\"}," schema "]}"
#define ARRAY(schema) "{\"type\":\"array\",\"items\":" schema "}"

static void nulls_and_defaults(void **state)
{
    (void)state;
    static const struct reading readings[] = {
        {&big, INTEGER, "null", "value: Invalid null value for required int64 field, path: ->V"},
        {&text, STRING, "null", "value: Invalid null value for required string field, path: ->V"},
        {&big, NULLABLE(INTEGER), "null", "null"},
        {&big, "{\"anyOf\":[" INTEGER ",{\"type\":\"null\"}]}", "null", "null"},
        {&big, "{\"type\":[\"integer\",\"null\"]}", "null", "null"},
        {&big, "{\"type\":[\"integer\",\"null\"],\"default\":4}", "null", "null"},
        {&big, "{\"type\":\"integer\",\"default\":4}", "null", "4"},
        {&big, "{\"type\":\"integer\",\"default\":4}", "", "4"},
        {&big, NULLABLE("{\"type\":\"integer\",\"default\":4}"), "", "4"},
        {&texts, ARRAY(NULLABLE(STRING)), "[\"a\",null,1]", "[\"a\",null,null]"},
        {&texts, ARRAY(STRING), "[\"a\",1]",
            "value: Invalid value: null used for required field, path: ->V->ARRAY"},
        {&texts, ARRAY(STRING), "[null]",
            "value: Invalid null value for required string field, path: ->V->ARRAY"},
        {&texts, ARRAY(INTEGER), "[1,2]", "[\"1\",\"2\"]"},
        {&numbers, ARRAY(INTEGER), "7", "[]"}, /* Jackson goes through its members */
        {&numbers, ARRAY(INTEGER), "{\"x\":7}", "[7]"},
        {&numbers, ARRAY(STRING), "[]", "[]"},
        {&numbers, ARRAY(STRING), "[\"1\"]",
            "value: Cannot deserialize type string as type int64 for path: ->V->ARRAY"},
    };
    check(readings, OF_COUNT(readings));
}

#define OBJECT(properties) "{\"type\":\"object\",\"properties\":{" properties "}}"

static void structs_are_read_by_name(void **state)
{
    (void)state;
    static const struct reading readings[] = {
        {&inner, OBJECT("\"a\":" INTEGER ",\"b\":" STRING), "{\"a\":1,\"b\":\"x\",\"c\":2}",
            "{\"A\":1,\"b\":\"x\"}"},
        {&inner, OBJECT("\"A\":" INTEGER ",\"B\":" STRING), "{\"A\":1,\"B\":\"x\"}",
            "{\"A\":1,\"b\":null}"}, /* a quoted name is that very name */
        {&inner, OBJECT(""), "{\"A\":1}", "{\"A\":null,\"b\":null}"},
        {&inner, OBJECT("\"c\":" INTEGER), "{\"c\":null}",
            "value: Invalid null value for required int64 field, path: ->V->c"},
        {&inner, OBJECT("\"a\":" INTEGER), "[]",
            "value: Structs should be encoded as JSON objects but was ARRAY, path: ->V"},
        {&inner, OBJECT("\"a\":" INTEGER ",\"A\":" INTEGER), "{}",
            "schema: two properties for a column (a and A for A) is not supported by this runner"},
        {&inner,
            OBJECT("\"m\":{\"type\":\"object\",\"connect.type\":\"map\",\"additionalProperties\":"
                   "" INTEGER "}"),
            "{\"m\":{\"x\":null}}",
            "value: Invalid null value for required int64 field, path: ->V->m->MAP_VAL"},
        {&inner,
            OBJECT("\"m\":{\"type\":\"array\",\"connect.type\":\"map\",\"items\":" OBJECT(
                "\"key\":" STRING ",\"value\":" INTEGER) "}"),
            "{\"m\":[{\"key\":\"a\",\"value\":1}]}", "{\"A\":null,\"b\":null}"},
        {&inner,
            OBJECT("\"m\":{\"type\":\"array\",\"connect.type\":\"map\",\"items\":" OBJECT(
                "\"key\":" STRING ",\"value\":" INTEGER) "}"),
            "{\"m\":[{\"key\":\"a\"}]}",
            "value: Found invalid map entry but was OBJECT, path: ->V->m"},
    };
    check(readings, OF_COUNT(readings));
}

static void whole_records(void **state)
{
    (void)state;
    static const struct {
        const struct ksql_type *type;
        bool unwrapped;
        const char *schema, *record, *expected;
    } cases[] = {
        {&big, true, INTEGER, "5", "5"},
        {&big, true, INTEGER, "null", "value: Invalid null value for required int64 field, path: "},
        {&big, true, NULLABLE(INTEGER), "null", "(null)"},
        {&texts, true, ARRAY(STRING), "[1]", "[null]"}, /* nothing checks it once more */
        {&big, false, NULLABLE(OBJECT("\"V\":" INTEGER)), "null", "(null)"},
        {&big, false, OBJECT("\"V\":" INTEGER), "null",
            "value: Invalid null value for required struct field, path: "},
        {&big, false, OBJECT("\"V\":" INTEGER), "{\"V\":1} and more", "1"},
        {&big, false, OBJECT("\"V\":" INTEGER), "{\"V\":1",
            "value: 1:7: a comma or closing bracket is missing"},
        {&big, false, OBJECT("\"V\":" INTEGER), "", NULL},
        {&big, false, INTEGER, "5",
            "value: Cannot deserialize type int64 as type struct for path: "},
        {&inner, true, OBJECT("\"a\":" INTEGER), "{\"a\":3}", "{\"A\":3,\"b\":null}"},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        char *got OF_FREE =
            read_as(cases[i].type, cases[i].unwrapped, cases[i].schema, cases[i].record);
        if (!cases[i].expected)
            assert_contains(got, "value: 1:1: ");
        else if (strcmp(got, cases[i].expected) != 0)
            fail_msg("%s: %s, not %s", cases[i].record, got, cases[i].expected);
    }
}

/* ---- schemas ---- */

/* The fields' names in their order, with a question mark where Connect's is not known. */
static char *fields_of(const char *schema)
{
    struct ksql_arena arena OF_CLEANUP(ksql_arena_release) = {0};
    const struct ksql_form *form;
    struct of_error error;
    struct of_buffer out OF_CLEANUP(of_buffer_release);
    of_buffer_init(&out, 65536);
    if (ksql_form_parse(&arena, schema, strlen(schema), &form, &error))
        return of_strdup(error.message);
    for (size_t i = 0; i < form->field_count; i++)
        of_buffer_appendf(&out, "%s%s %s%s", i ? ", " : "", form->fields[i].name,
            ksql_form_kind_name(form->fields[i].form->kind),
            form->fields[i].form->optional ? "?" : "");
    of_buffer_append_text(&out, form->ordered ? "" : " in some order");
    return of_strdup(of_buffer_text(&out));
}

#define AT(schema, index) "{\"oneOf\":[{\"type\":\"null\"}," schema "],\"connect.index\":" index "}"

static void schemas_say(void **state)
{
    (void)state;
    static const struct {
        const char *schema, *expected;
    } cases[] = {
        {OBJECT("\"b\":" AT(INTEGER, "1") ",\"a\":" AT(STRING, "0")), "a string?, b int64?"},
        {OBJECT("\"b\":" AT(INTEGER, "0") ",\"a\":" AT(STRING, "0")),
            "b int64?, a string? in some order"},
        {OBJECT("\"b\":" AT(INTEGER, "0") ",\"a\":" STRING), "b int64?, a string in some order"},
        /* Java's HashMap: by hash, and the order of the text within a slot ("Aa" and "BB"). */
        {OBJECT("\"NAME\":" STRING ",\"ID\":" NUMBER ",\"VALUE\":" INTEGER),
            "ID float64, VALUE int64, NAME string"},
        {OBJECT("\"order_id\":" INTEGER ",\"status\":" STRING ",\"order_total\":" NUMBER
                ",\"customer_id\":" INTEGER ",\"items\":" STRING),
            "order_total float64, customer_id int64, order_id int64, items string, status string"},
        {OBJECT("\"BB\":" STRING ",\"Aa\":" STRING), "BB string, Aa string"},
        {OBJECT("\"Aa\":" STRING ",\"BB\":" STRING), "Aa string, BB string"},
        {"{\"properties\":{\"a\":" STRING "}}", "a string"},
        {OBJECT("\"a\":{\"enum\":[1,2]}"), "a string"},
        {OBJECT("\"a\":{\"const\":1}"), "a string"},
        {OBJECT("\"a\":{\"type\":\"integer\",\"enum\":[1,2]}"), "a int64"},
        {OBJECT("\"a\":{\"type\":\"string\",\"format\":\"date\",\"maxLength\":3}"), "a string"},
        {OBJECT("\"a\":{\"type\":[\"null\",\"object\"],\"properties\":{}}"), "a struct?"},
        {"{\"definitions\":{\"x/y\":" INTEGER
         "},\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":"
         "\"#/definitions/x~1y\",\"connect.index\":0}}}",
            "a int64"},
        {OBJECT("\"a\":{\"$ref\":\"#\"}"), "property a: a type that is nested too deeply"},
        {OBJECT("\"a\":{\"$ref\":\"#/nowhere\"}"), "property a: a reference to what is not there"},
        {OBJECT("\"a\":{\"$ref\":\"other.json\"}"), "property a: a reference to another schema"},
        {OBJECT("\"a\":{\"$ref\":\"#\",\"default\":1}"),
            "property a: a reference with more beside it"},
        {OBJECT("\"a\":{\"oneOf\":[" INTEGER "," STRING "]}"),
            "property a: a union of several types"},
        {OBJECT("\"a\":{\"oneOf\":[" INTEGER "]}"), "property a: a union of other than two types"},
        {OBJECT("\"a\":{\"type\":[\"integer\",\"string\"]}"),
            "property a: a union of several types"},
        {OBJECT("\"a\":{\"type\":\"integer\",\"oneOf\":[]}"),
            "property a: oneOf or anyOf with more beside it"},
        {OBJECT("\"a\":{\"type\":\"integer\",\"allOf\":[]}"),
            "property a: allOf, not, if, then or else"},
        {OBJECT("\"a\":{\"type\":\"integer\",\"format\":\"int32\"}"),
            "property a: keywords of several types"},
        {OBJECT("\"a\":{\"type\":\"integer\",\"default\":null}"),
            "property a: a default of null where null is not allowed"},
        {OBJECT("\"a\":{\"type\":\"integer\",\"connect.type\":\"int7\"}"),
            "property a: an unknown connect.type of a number"},
        {OBJECT("\"a\":{\"type\":\"string\",\"title\":\"" CONNECT "Date\"}"),
            "property a: a logical type of Connect that its own type does not have"},
        {OBJECT("\"a\":{\"type\":\"array\"}"), "property a: an array whose items have no one type"},
        {OBJECT("\"a\":{}"), "property a: no type"},
        {OBJECT("\"a\":true"), "property a: a schema that takes anything, or nothing"},
        {OBJECT("\"a\\u0000\":true"), "a property with a NUL in its name"},
        {"{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"type\":\"object\"}",
            "a draft of later than 7"},
        {"{", "the JSON schema: 1:2: the name of a member is missing"},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        char *got OF_FREE = fields_of(cases[i].schema);
        if (strcmp(got, cases[i].expected) != 0)
            fail_msg("%s: %s, not %s", cases[i].schema, got, cases[i].expected);
    }
}

/* ---- limits ---- */

static char *nested(size_t depth)
{
    struct of_buffer out OF_CLEANUP(of_buffer_release);
    of_buffer_init(&out, 65536);
    for (size_t i = 1; i < depth; i++)
        of_buffer_append_text(&out, "{\"type\":\"array\",\"items\":");
    of_buffer_append_text(&out, INTEGER);
    for (size_t i = 1; i < depth; i++)
        of_buffer_append_byte(&out, '}');
    return of_strdup(of_buffer_text(&out));
}

static char *wide(size_t count)
{
    struct of_buffer out OF_CLEANUP(of_buffer_release);
    of_buffer_init(&out, 1024 * 1024);
    of_buffer_append_text(&out, "{\"type\":\"object\",\"properties\":{");
    for (size_t i = 0; i < count; i++)
        of_buffer_appendf(&out, "%s\"p%zu\":" INTEGER, i ? "," : "", i);
    of_buffer_append_text(&out, "}}");
    return of_strdup(of_buffer_text(&out));
}

/* Each definition has 16 properties of the one before: too many, though the text is short. */
static char *many(size_t levels, int name_size)
{
    struct of_buffer out OF_CLEANUP(of_buffer_release);
    of_buffer_init(&out, 1024 * 1024);
    of_buffer_append_text(&out, "{\"definitions\":{\"d0\":" INTEGER);
    for (size_t level = 1; level <= levels; level++) {
        of_buffer_appendf(&out, ",\"d%zu\":{\"type\":\"object\",\"properties\":{", level);
        for (size_t i = 0; i < 16; i++)
            of_buffer_appendf(&out, "%s\"%0*zu\":{\"$ref\":\"#/definitions/d%zu\"}", i ? "," : "",
                name_size, i, level - 1);
        of_buffer_append_text(&out, "}}");
    }
    of_buffer_appendf(&out,
        "},\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/definitions/d%zu\"}}}", levels);
    return of_strdup(of_buffer_text(&out));
}

/* What is wrong is still told. */
static void long_names_are_cut(void **state)
{
    (void)state;
    char *schema OF_FREE =
        of_asprintf("{\"type\":\"object\",\"properties\":{\"%099dñ%01000d\":{}}}", 0, 0);
    char *expected OF_FREE = of_asprintf("property %099d: no type", 0);
    char *got OF_FREE = fields_of(schema);
    assert_string_equal(got, expected);
}

static void schemas_have_limits(void **state)
{
    (void)state;
    char *deep OF_FREE = nested(KSQL_FORM_DEPTH_MAX),
               *deeper OF_FREE = nested(KSQL_FORM_DEPTH_MAX + 1);
    char *broad OF_FREE = wide(KSQL_COLUMNS_MAX), *broader OF_FREE = wide(KSQL_COLUMNS_MAX + 1);
    char *got[] = {fields_of(deep), fields_of(deeper), fields_of(broad), fields_of(broader)};
    assert_string_equal(got[0], "");
    assert_string_equal(got[1], "a type that is nested too deeply");
    assert_contains(got[2], "p1023 int64");
    assert_string_equal(got[3], "too many properties");
    for (size_t i = 0; i < OF_COUNT(got); i++)
        free(got[i]);
    char *some OF_FREE = many(3, 2), *bomb OF_FREE = many(4, 2); /* 4,369 and 69,905 types */
    char *fine OF_FREE = fields_of(some), *refused OF_FREE = fields_of(bomb);
    assert_string_equal(fine, "a struct");
    assert_contains(refused, "too many types");
}

/* Of few types, too, whose names are copied at each place where they are referred to. */
static void memory_has_limits(void **state)
{
    (void)state;
    int names = KSQL_FORM_BYTES_MAX / 4368, paths = KSQL_REGISTERED_BYTES_MAX / 4096 / 3;
    char *forms OF_FREE = many(3, names), *steps OF_FREE = many(3, paths),
                *fine OF_FREE = many(3, paths - 500);
    char *got[] = {fields_of(forms), fields_of(steps), read_as(&big, false, steps, "{\"v\":1}"),
        read_as(&big, false, fine, "{\"v\":1}")};
    assert_contains(got[0], "too many types, or too long names");
    assert_string_equal(got[1], "a struct");
    assert_string_equal(got[2],
        "schema: a JSON schema (too many types, or too long names) is not supported by this "
        "runner");
    assert_string_equal(got[3], "null");
    for (size_t i = 0; i < OF_COUNT(got); i++)
        free(got[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_of_the_schema),
        cmocka_unit_test(times_and_decimals),
        cmocka_unit_test(types_must_meet),
        cmocka_unit_test(nulls_and_defaults),
        cmocka_unit_test(structs_are_read_by_name),
        cmocka_unit_test(whole_records),
        cmocka_unit_test(schemas_say),
        cmocka_unit_test(long_names_are_cut),
        cmocka_unit_test(schemas_have_limits),
        cmocka_unit_test(memory_has_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
