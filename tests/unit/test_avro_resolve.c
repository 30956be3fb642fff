/* Schema resolution: each rule of the specification once, with golden bytes in and out, and the
 * name of the field in every refusal. tests/codec compares with Java on random data. */
#include "support.h"

#include "avro/resolve.h"

static struct of_error error;

struct pair {
    struct of_avro_schema *writer, *reader;
    struct of_avro_plan *plan;
};

static void pair_release(struct pair *pair)
{
    if (pair->plan)
        of_avro_plan_free(pair->plan);
    of_avro_schema_free(pair->writer);
    of_avro_schema_free(pair->reader);
}

#define PAIR OF_CLEANUP(pair_release) struct pair

static int compile(struct pair *pair, const char *writer, const char *reader)
{
    *pair = (struct pair){NULL};
    if (of_avro_schema_parse(writer, strlen(writer), &pair->writer, &error) < 0 ||
        of_avro_schema_parse(reader, strlen(reader), &pair->reader, &error) < 0)
        fail_msg("%s", error.message);
    return of_avro_plan_new(pair->writer, pair->reader, &pair->plan, &error);
}

static void assert_resolves(const char *writer, const char *reader, const char *in, size_t in_size,
    const char *wanted, size_t size)
{
    PAIR pair;
    if (compile(&pair, writer, reader) < 0)
        fail_msg("%s", error.message);
    OF_CLEANUP(of_buffer_release) struct of_buffer out;
    of_buffer_init(&out, 1 << 20);
    of_buffer_append_byte(&out, 0xee); /* what is there stays */
    OF_FREE uint8_t *copy = of_alloc(in_size);
    memcpy(copy, in, in_size);
    if (of_avro_plan_run(pair.plan, copy, in_size, &out, &error) < 0)
        fail_msg("%s", error.message);
    assert_int_equal(out.length, size + 1);
    assert_int_equal(out.data[0], 0xee);
    assert_memory_equal(out.data + 1, wanted, size);
    /* Every shorter input is refused, and leaves the output as it was. */
    for (size_t cut = 0; cut < in_size; cut++) {
        OF_FREE uint8_t *part = of_alloc(cut);
        memcpy(part, in, cut);
        of_buffer_clear(&out);
        of_buffer_append_byte(&out, 0xee);
        assert_int_equal(of_avro_plan_run(pair.plan, part, cut, &out, &error), OF_INPUT);
        assert_int_equal(out.length, 1);
    }
}

#define RESOLVES(writer, reader, in, out)                                                          \
    assert_resolves(writer, reader, in, sizeof(in) - 1, out, sizeof(out) - 1)

static void assert_unresolvable(const char *writer, const char *reader, const char *message)
{
    PAIR pair;
    if (compile(&pair, writer, reader) == OF_OK)
        fail_msg("%s was taken for %s", writer, reader);
    assert_null(pair.plan);
    OF_FREE char *wanted = of_asprintf("the writer's schema cannot be resolved: %s", message);
    assert_string_equal(error.message, wanted);
}

static void assert_run_fails(
    const char *writer, const char *reader, const char *in, size_t in_size, const char *message)
{
    PAIR pair;
    if (compile(&pair, writer, reader) < 0)
        fail_msg("%s", error.message);
    OF_CLEANUP(of_buffer_release) struct of_buffer out;
    of_buffer_init(&out, 1 << 20);
    assert_int_equal(
        of_avro_plan_run(pair.plan, (const uint8_t *)in, in_size, &out, &error), OF_INPUT);
    assert_string_equal(error.message, message);
    assert_int_equal(out.length, 0);
}

#define RUN_FAILS(writer, reader, in, message)                                                     \
    assert_run_fails(writer, reader, in, sizeof(in) - 1, message)

#define RECORD(fields) "{\"type\":\"record\",\"name\":\"R\",\"fields\":[" fields "]}"
#define FIELD(name, type) "{\"name\":\"" name "\",\"type\":" type "}"
#define FIELD_DEFAULT(name, type, value)                                                           \
    "{\"name\":\"" name "\",\"type\":" type ",\"default\":" value "}"
#define FIELD_ALIAS(name, type, alias)                                                             \
    "{\"name\":\"" name "\",\"type\":" type ",\"aliases\":[\"" alias "\"]}"
#define ARRAY(type) "{\"type\":\"array\",\"items\":" type "}"
#define MAP(type) "{\"type\":\"map\",\"values\":" type "}"
#define ENUM(symbols) "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[" symbols "]}"
#define FIXED(size) "{\"type\":\"fixed\",\"name\":\"F\",\"size\":" #size "}"

static void test_same_types(void **state)
{
    (void)state;
    RESOLVES("\"null\"", "\"null\"", "", "");
    RESOLVES("\"boolean\"", "\"boolean\"", "\x01", "\x01");
    RESOLVES("\"int\"", "\"int\"", "\xff\xff\xff\xff\x0f", "\xff\xff\xff\xff\x0f");
    RESOLVES("\"long\"", "\"long\"", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
    RESOLVES("\"float\"", "\"float\"", "\x00\x00\xa0\x40", "\x00\x00\xa0\x40");
    RESOLVES("\"double\"", "\"double\"", "12345678", "12345678");
    RESOLVES("\"bytes\"", "\"bytes\"", "\x04\xff\x00", "\x04\xff\x00");
    RESOLVES("\"string\"", "\"string\"", "\x04\xc3\xb1", "\x04\xc3\xb1");
    RESOLVES(FIXED(3), FIXED(3), "abc", "abc");
    RESOLVES(ENUM("\"A\",\"B\""), ENUM("\"A\",\"B\""), "\x02", "\x02");
    RESOLVES(ARRAY("\"int\""), ARRAY("\"int\""), "\x04\x02\x04\x00", "\x04\x02\x04\x00");
    RESOLVES(MAP("\"int\""), MAP("\"int\""), "\x02\x02k\x04\x00", "\x02\x02k\x04\x00");
    /* A needlessly long number comes out short. */
    RESOLVES("\"long\"", "\"long\"", "\x82\x80\x00", "\x02");
}

static void test_promotions(void **state)
{
    (void)state;
    RESOLVES("\"int\"", "\"long\"", "\xff\xff\xff\xff\x0f", "\xff\xff\xff\xff\x0f");
    RESOLVES("\"int\"", "\"float\"", "\x0a", "\x00\x00\xa0\x40");
    RESOLVES("\"int\"", "\"double\"", "\x03", "\0\0\0\0\0\0\0\xc0");
    RESOLVES("\"long\"", "\"float\"", "\x82\x80\x80\x10", "\x00\x00\x80\x4b"); /* 2^24+1: even */
    RESOLVES("\"long\"", "\"double\"", "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        "\0\0\0\0\0\0\xe0\x43");
    RESOLVES("\"float\"", "\"double\"", "\x00\x00\xa0\x40", "\0\0\0\0\0\0\x14\x40");
    RESOLVES("\"string\"", "\"bytes\"", "\x04\xc3\xb1", "\x04\xc3\xb1");
    RESOLVES("\"bytes\"", "\"string\"", "\x04\xc3\xb1", "\x04\xc3\xb1");
    RUN_FAILS("\"bytes\"", "\"string\"", "\x04\xff\x00",
        "string: value: a string that is not UTF-8 at byte 3");
    RUN_FAILS("\"int\"", "\"double\"", "\x80\x80\x80\x80\x10",
        "double: value: an int beyond 32 bits at byte 5");
}

static void test_no_demotions(void **state)
{
    (void)state;
    static const char *const names[] = {
        "null", "boolean", "int", "long", "float", "double", "bytes", "string"};
    /* A column a writer; '+' where the specification allows reading the row's type. */
    static const char *const allowed[] = {"+-------", "-+------", "--+-----", "--++----",
        "--+++---", "--++++--", "------++", "------++"};
    for (size_t r = 0; r < 8; r++)
        for (size_t w = 0; w < 8; w++) {
            OF_FREE char *writer = of_asprintf("\"%s\"", names[w]);
            OF_FREE char *reader = of_asprintf("\"%s\"", names[r]);
            PAIR pair;
            assert_int_equal(
                compile(&pair, writer, reader), allowed[r][w] == '+' ? OF_OK : OF_INPUT);
            if (allowed[r][w] == '-') {
                OF_FREE char *part = of_asprintf("written as %s, wanted as %s", names[w], names[r]);
                assert_contains(error.message, part);
            }
        }
}

static void test_records(void **state)
{
    (void)state;
    /* Reordered and dropped fields; nested ones too. */
    RESOLVES(RECORD(FIELD("a", "\"int\"") "," FIELD("b", "\"string\"") "," FIELD("c", "\"int\"")),
        RECORD(FIELD("c", "\"long\"") "," FIELD("a", "\"int\"")), "\x02\x04xy\x06", "\x06\x02");
    RESOLVES(RECORD(FIELD("a", ARRAY(MAP("\"int\""))) "," FIELD("b",
                 "[\"null\",\"double\"]") "," FIELD("c", FIXED(2)) "," FIELD("d", "\"boolean\"")),
        RECORD(FIELD("d", "\"boolean\"")),
        "\x02\x02\x02k\x04\x00\x00\x02"
        "12345678zz\x01",
        "\x01");
    RESOLVES(RECORD(""), RECORD(""), "", "");
    RESOLVES(RECORD(FIELD("a", "\"int\"")), RECORD(""), "\x02", "");
    RUN_FAILS(RECORD(FIELD("a", "\"int\"")), RECORD(FIELD("a", "\"long\"")), "\x02\x02",
        "R: end: bytes behind the record at byte 1");
}

static void test_defaults(void **state)
{
    (void)state;
    RESOLVES(RECORD(FIELD("a", "\"int\"")),
        RECORD(FIELD_DEFAULT("n", "[\"null\",\"int\"]", "null") "," FIELD(
            "a", "\"int\"") "," FIELD_DEFAULT("b", "\"boolean\"", "true") "," FIELD_DEFAULT("i",
            "\"int\"", "-2147483648") "," FIELD_DEFAULT("l", "\"long\"",
            "9223372036854775807") "," FIELD_DEFAULT("f", "\"float\"", "5") "," FIELD_DEFAULT("d",
            "\"double\"",
            "-2.0") "," FIELD_DEFAULT("s", "\"string\"", "\"\\u00f1\"") "," FIELD_DEFAULT("y",
            "\"bytes\"", "\"\\u00ff\\u0000A\"") "," FIELD_DEFAULT("x", FIXED(2),
            "\"\\u0000\\u00fe\"") "," FIELD_DEFAULT("e", ENUM("\"A\",\"B\""),
            "\"B\"") "," FIELD_DEFAULT("r", ARRAY("\"int\""), "[1,2]") "," FIELD_DEFAULT("z",
            ARRAY("\"int\""), "[]") "," FIELD_DEFAULT("m", MAP("\"int\""), "{\"k\":1}")),
        "\x02",
        "\x00\x02\x01\xff\xff\xff\xff\x0f\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"
        "\x00\x00\xa0\x40"
        "\0\0\0\0\0\0\0\xc0"
        "\x04\xc3\xb1"
        "\x06\xff\x00"
        "A"
        "\x00\xfe"
        "\x02"
        "\x04\x02\x04\x00"
        "\x00"
        "\x02\x02k\x02\x00");
    /* A record's default may leave out what has a default of its own. */
    RESOLVES(RECORD(""),
        RECORD(FIELD_DEFAULT("q",
            "{\"type\":\"record\",\"name\":\"Q\",\"fields\":[" FIELD(
                "a", "\"int\"") "," FIELD_DEFAULT("b", "\"int\"", "7") "]}",
            "{\"a\":1}")),
        "", "\x02\x0e");
    /* The first branch that fits is taken. */
    RESOLVES(RECORD(""),
        RECORD(FIELD_DEFAULT("u", "[\"null\",\"int\",\"double\"]", "1.5") "," FIELD_DEFAULT(
            "v", "[" ARRAY("\"int\"") ",\"null\"]", "null")),
        "", "\x04\0\0\0\0\0\0\xf8\x3f\x02");
    /* The default of a decimal is bytes. */
    RESOLVES(RECORD(""),
        RECORD(FIELD_DEFAULT("d",
            "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":12,\"scale\":2}",
            "\"\\u0000\"")),
        "", "\x02\x00");
    assert_unresolvable(RECORD(FIELD("a", "\"int\"")),
        RECORD(FIELD("a", "\"int\"") "," FIELD("channel", "\"string\"")),
        "channel: the writer has no such field and ours has no default");
}

static void test_bad_defaults(void **state)
{
    (void)state;
    static const struct {
        const char *type, *value, *message;
    } cases[] = {
        {"\"int\"", "2147483648", "f: the default is no int"},
        {"\"int\"", "\"1\"", "f: the default is no int"},
        {"\"int\"", "1.5", "f: the default is no int"},
        {"\"long\"", "null", "f: the default is no long"},
        {"\"boolean\"", "0", "f: the default is no boolean"},
        {"\"null\"", "0", "f: the default is no null"},
        {"\"float\"", "\"x\"", "f: the default is no float"},
        {"\"bytes\"", "\"\\u0100\"", "f: the default is no bytes"},
        {FIXED(2), "\"a\"", "f: the default is no fixed"},
        {FIXED(2), "\"abc\"", "f: the default is no fixed"},
        {ENUM("\"A\""), "\"B\"", "f: the default is no enum"},
        {ARRAY("\"int\""), "{}", "f: the default is no array"},
        {ARRAY("\"int\""), "[1,\"x\"]", "f: the default is no int"},
        {MAP("\"int\""), "{\"k\":null}", "f: the default is no int"},
        {"[\"int\",\"null\"]", "\"x\"", "f: the default is no union"},
        {"{\"type\":\"record\",\"name\":\"Q\",\"fields\":[" FIELD("a", "\"int\"") "]}", "{}",
            "f: the default has no field a"},
        {"{\"type\":\"record\",\"name\":\"Q\",\"fields\":[" FIELD("a", "\"int\"") "]}",
            "{\"a\":true}", "f: a: the default is no int"},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        OF_FREE char *reader = of_asprintf("{\"type\":\"record\",\"name\":\"R\",\"fields\":[{"
                                           "\"name\":\"f\",\"type\":%s,\"default\":%s}]}",
            cases[i].type, cases[i].value);
        assert_unresolvable(RECORD(""), reader, cases[i].message);
    }
}

static void test_aliases(void **state)
{
    (void)state;
    RESOLVES(RECORD(FIELD("old", "\"int\"")), RECORD(FIELD_ALIAS("new", "\"long\"", "old")), "\x04",
        "\x04");
    /* The field's own name goes before its aliases. */
    RESOLVES(RECORD(FIELD("old", "\"int\"") "," FIELD("new", "\"int\"")),
        RECORD(FIELD_ALIAS("new", "\"int\"", "old")), "\x02\x04", "\x04");
    RESOLVES("{\"type\":\"record\",\"name\":\"a.Old\",\"fields\":[]}",
        "{\"type\":\"record\",\"name\":\"b.New\",\"aliases\":[\"a.Old\"],\"fields\":[]}", "", "");
    RESOLVES("{\"type\":\"record\",\"name\":\"a.Old\",\"fields\":[]}",
        "{\"type\":\"record\",\"name\":\"a.New\",\"aliases\":[\"Old\"],\"fields\":[]}", "", "");
    /* The namespace may differ, the name may not. */
    RESOLVES("{\"type\":\"record\",\"name\":\"a.R\",\"fields\":[]}",
        "{\"type\":\"record\",\"name\":\"b.R\",\"fields\":[]}", "", "");
    assert_unresolvable("{\"type\":\"record\",\"name\":\"Q\",\"fields\":[]}", RECORD(""),
        "written as Q, wanted as R");
    assert_unresolvable(
        "{\"type\":\"fixed\",\"name\":\"G\",\"size\":2}", FIXED(2), "written as G, wanted as F");
    assert_unresolvable(FIXED(3), FIXED(2), "written as F, wanted as F");
    assert_unresolvable("{\"type\":\"enum\",\"name\":\"G\",\"symbols\":[\"A\"]}", ENUM("\"A\""),
        "written as G, wanted as E");
}

static void test_enums(void **state)
{
    (void)state;
    RESOLVES(ENUM("\"A\",\"B\",\"C\""), ENUM("\"C\",\"A\",\"B\""), "\x02", "\x04");
    RUN_FAILS(RECORD(FIELD("e", ENUM("\"A\",\"B\""))), RECORD(FIELD("e", ENUM("\"A\""))), "\x02",
        "R: e: an enum symbol that our schema does not have at byte 1");
    RESOLVES(ENUM("\"A\",\"B\""), ENUM("\"A\""), "\x00", "\x00");
    static const char with_default[] =
        "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"X\",\"A\"],\"default\":\"X\"}";
    RESOLVES(ENUM("\"A\",\"B\""), with_default, "\x02", "\x00");
    RESOLVES(ENUM("\"A\",\"B\""), with_default, "\x00", "\x02");
    RUN_FAILS(ENUM("\"A\""), with_default, "\x02",
        "E: value: an enum symbol that does not exist at byte 1");
    RUN_FAILS(ENUM("\"A\""), with_default, "\x01",
        "E: value: an enum symbol that does not exist at byte 1");
}

static void test_unions(void **state)
{
    (void)state;
    RESOLVES("[\"null\",\"int\"]", "[\"int\",\"null\"]", "\x02\x08", "\x00\x08");
    RESOLVES("[\"null\",\"int\"]", "[\"int\",\"null\"]", "\x00", "\x02");
    RESOLVES("\"int\"", "[\"null\",\"int\"]", "\x08", "\x02\x08");
    RESOLVES("[\"null\",\"int\"]", "\"int\"", "\x02\x08", "\x08");
    RUN_FAILS(RECORD(FIELD("f", "[\"null\",\"int\"]")), RECORD(FIELD("f", "\"int\"")), "\x00",
        "R: f: a union branch that our schema does not take at byte 1");
    RUN_FAILS("[\"null\",\"int\"]", "\"int\"", "\x04",
        "int: value: a union branch that does not exist at byte 1");
    /* The same type goes before a promotion, and the first promotion that fits is taken. */
    RESOLVES("\"int\"", "[\"null\",\"double\",\"int\"]", "\x02", "\x04\x02");
    RESOLVES("\"int\"", "[\"null\",\"long\",\"double\"]", "\x02", "\x02\x02");
    RESOLVES("\"float\"", "[\"long\",\"double\"]", "\x00\x00\xa0\x40", "\x02\0\0\0\0\0\0\x14\x40");
    assert_unresolvable("\"string\"", "[\"null\",\"int\"]", "written as string, wanted as union");
    RESOLVES("[\"int\",\"string\"]", "[\"bytes\",\"double\"]", "\x02\x02x", "\x00\x02x");
}

#define NAMED(name, fields) "{\"type\":\"record\",\"name\":\"" name "\",\"fields\":[" fields "]}"

static void test_unions_of_records(void **state)
{
    (void)state;
    static const char reader[] =
        "[" NAMED("A", FIELD("x", "\"int\"")) "," NAMED("B", FIELD("y", "\"long\"")) "]";
    RESOLVES(NAMED("B", FIELD("y", "\"int\"")), reader, "\x06", "\x02\x06");
    RESOLVES(NAMED("A", FIELD("x", "\"int\"")), reader, "\x06", "\x00\x06");
    assert_unresolvable(NAMED("C", ""), reader, "written as C, wanted as union");
    /* A branch of the right name that cannot be resolved is no branch, however often it is tried:
     * within one union, in a second one, or through a type that refers to itself. */
    assert_unresolvable(NAMED("A", FIELD("x", "\"string\"")),
        "[\"null\"," NAMED("A", FIELD("x", "\"int\"")) "]", "written as A, wanted as union");
    assert_unresolvable(
        RECORD(FIELD("p", NAMED("A", FIELD("x", "\"string\""))) "," FIELD("q", "\"A\"")),
        RECORD(FIELD("p", "[\"int\"," NAMED("A", FIELD("x", "\"int\"")) "," NAMED("Q",
                              FIELD_ALIAS("z", "\"string\"", "x")) "]") "," FIELD("q", "\"A\"")),
        "p: written as A, wanted as union");
}

/* B fits as long as A is thought to fit; A fails later, and with it all that was built upon it. */
static void test_recursive_refusal(void **state)
{
    (void)state;
    static const char writer[] = RECORD(
        FIELD("u", NAMED("A", FIELD("b", NAMED("B", FIELD("a", "[\"null\",\"A\"]"))) "," FIELD(
                                  "x", "\"string\""))) "," FIELD("v", "\"B\""));
    static const char reader[] =
        RECORD(FIELD("u", "[\"null\"," NAMED("A",
                              FIELD("b", NAMED("B", FIELD("a", "[\"null\",\"A\"]"))) "," FIELD(
                                  "x", "\"int\"")) "," NAMED("C", "") "]") "," FIELD("v", "\"B\""));
    assert_unresolvable(writer, reader, "u: written as A, wanted as union");
    /* The same where the failing branch has a way around it. */
    static const char writer2[] = RECORD(FIELD("u",
        "[\"int\"," NAMED("A", FIELD("b", NAMED("B", FIELD("a", "[\"null\",\"A\"]"))) "," FIELD(
                                   "x", "\"string\"")) "]") "," FIELD("v", "\"B\""));
    static const char reader2[] = RECORD(FIELD("u",
        "[\"int\"," NAMED("A", FIELD("b", NAMED("B", FIELD("a", "[\"null\",\"A\"]"))) "," FIELD(
                                   "x", "\"int\"")) "]") "," FIELD("v", "\"B\""));
    RESOLVES(writer2, reader2, "\x00\x02\x00", "\x00\x02\x00");
    RUN_FAILS(writer2, reader2, "\x02\x00\x02x\x00",
        "R: u: a union branch that our schema does not take at byte 1");
    RUN_FAILS(writer2, reader2, "\x00\x02\x02\x00\x02x",
        "R: a: a union branch that our schema does not take at byte 3");
}

static void test_recursion(void **state)
{
    (void)state;
    static const char writer[] =
        RECORD(FIELD("v", "\"int\"") "," FIELD("next", "[\"null\",\"R\"]"));
    static const char reader[] = RECORD(FIELD("next", "[\"null\",\"R\"]") "," FIELD(
        "v", "\"long\"") "," FIELD_DEFAULT("n", "\"int\"", "1"));
    RESOLVES(writer, reader, "\x02\x02\x04\x00", "\x02\x00\x04\x02\x02\x02");
    /* As deep as the data likes, up to the limit. */
    char deep[400];
    for (size_t depth = 0; depth < sizeof(deep) / 2; depth++)
        memcpy(deep + 2 * depth, "\x02\x02", 2);
    deep[sizeof(deep) - 1] = 0;
    PAIR pair;
    assert_int_equal(compile(&pair, writer, reader), OF_OK);
    OF_CLEANUP(of_buffer_release) struct of_buffer out;
    of_buffer_init(&out, 1 << 20);
    assert_int_equal(
        of_avro_plan_run(pair.plan, (uint8_t *)deep, sizeof(deep), &out, &error), OF_INPUT);
    assert_contains(error.message, "nested deeper than the limit");
    assert_int_equal(
        of_avro_plan_run(pair.plan, (uint8_t *)deep + sizeof(deep) - 40, 40, &out, &error), OF_OK);
}

static void test_containers(void **state)
{
    (void)state;
    RESOLVES(ARRAY("\"int\""), ARRAY("\"double\""), "\x02\x03\x00", "\x02\0\0\0\0\0\0\0\xc0\x00");
    /* Blocks stay blocks; their byte sizes, which would be wrong now, are left out. */
    RESOLVES(
        ARRAY("\"int\""), ARRAY("\"long\""), "\x01\x02\x02\x02\x04\x00", "\x02\x02\x02\x04\x00");
    RESOLVES(MAP("\"string\""), MAP("\"bytes\""), "\x02\x02k\x02v\x00", "\x02\x02k\x02v\x00");
    assert_unresolvable(ARRAY("\"int\""), MAP("\"int\""), "written as array, wanted as map");
    assert_unresolvable(RECORD(FIELD("list", ARRAY("\"string\""))),
        RECORD(FIELD("list", ARRAY("\"int\""))), "list: written as string, wanted as int");
    assert_unresolvable(RECORD(FIELD("o", NAMED("I", FIELD("inner", "\"string\"")))),
        RECORD(FIELD("o", NAMED("I", FIELD("inner", "\"int\"")))),
        "o: inner: written as string, wanted as int");
}

static void test_decimals(void **state)
{
    (void)state;
#define DECIMAL(p, s)                                                                              \
    "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":" #p ",\"scale\":" #s "}"
    RESOLVES(RECORD(FIELD("d", DECIMAL(12, 2))), RECORD(FIELD("d", DECIMAL(12, 2))), "\x02\x07",
        "\x02\x07");
    assert_unresolvable(RECORD(FIELD("d", DECIMAL(12, 2))), RECORD(FIELD("d", DECIMAL(12, 3))),
        "d: written as decimal(12,2), wanted as decimal(12,3)");
    RESOLVES(
        "\"long\"", "{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}", "\x02", "\x02");
}

/* Items that take no bytes cost the sender nothing; a few bytes must not become hours of work. */
static void test_items_without_bytes(void **state)
{
    (void)state;
    static const char null_array[] = RECORD(FIELD("a", ARRAY("\"null\"")));
    static const char reader[] =
        RECORD(FIELD("a", ARRAY("\"null\"")) "," FIELD_DEFAULT("b", "\"int\"", "0"));
    RESOLVES(null_array, reader, "\x80\x80\x08\x00", "\x80\x80\x08\x00\x00"); /* 65536 of them */
    RUN_FAILS(null_array, reader, "\x82\x80\x08\x00", "R: a: more items than the limit at byte 3");
    RUN_FAILS(
        null_array, RECORD(""), "\x82\x80\x08\x00", "R: a: more items than the limit at byte 3");
    /* Nor by many blocks, nor by many arrays. */
    RUN_FAILS(
        null_array, reader, "\x80\x80\x08\x02\x00", "R: a: more items than the limit at byte 4");
    static const char nested[] = RECORD(FIELD("a", ARRAY(ARRAY("\"null\""))));
    RUN_FAILS(nested,
        RECORD(FIELD("a", ARRAY(ARRAY("\"null\""))) "," FIELD_DEFAULT("b", "\"int\"", "0")),
        "\x04\x80\x80\x08\x00\x02\x00\x00", "R: a: more items than the limit at byte 6");
    RUN_FAILS(ARRAY("\"null\""), ARRAY("\"null\""), "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00",
        "array: value: more items than the limit at byte 10");
}

static void test_output_limit(void **state)
{
    (void)state;
    PAIR pair;
    assert_int_equal(compile(&pair, ARRAY("\"int\""), ARRAY("\"double\"")), OF_OK);
    OF_CLEANUP(of_buffer_release) struct of_buffer out;
    of_buffer_init(&out, 17);
    assert_int_equal(
        of_avro_plan_run(pair.plan, (const uint8_t *)"\x04\x02\x02\x00", 4, &out, &error),
        OF_INPUT);
    assert_string_equal(error.message, "the resolved record is longer than 17 bytes");
    assert_int_equal(out.length, 0);
    of_buffer_release(&out);
    of_buffer_init(&out, 18);
    assert_int_equal(
        of_avro_plan_run(pair.plan, (const uint8_t *)"\x04\x02\x02\x00", 4, &out, &error), OF_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_types),
        cmocka_unit_test(test_promotions),
        cmocka_unit_test(test_no_demotions),
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_bad_defaults),
        cmocka_unit_test(test_aliases),
        cmocka_unit_test(test_enums),
        cmocka_unit_test(test_unions),
        cmocka_unit_test(test_unions_of_records),
        cmocka_unit_test(test_recursive_refusal),
        cmocka_unit_test(test_recursion),
        cmocka_unit_test(test_containers),
        cmocka_unit_test(test_decimals),
        cmocka_unit_test(test_items_without_bytes),
        cmocka_unit_test(test_output_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
