/* The rules' language, which rule decides, and rules that can match nothing, by tables. */
#include "routing/rules.h"

#include "support.h"

#define TEXT(s)                                                                                    \
    {                                                                                              \
        (s), sizeof(s) - 1                                                                         \
    }

/* Toys are internal, Tools external, Ice Cream both. */
static const struct of_text categories[] = {TEXT("Toys"), TEXT("Tools"), TEXT("Ice Cream")};
static const struct of_text provinces[] = {TEXT("PH-00"), TEXT("PH-CAV"), TEXT("PH-LAG")};
static const struct rule_product products[] = {
    {ROUTE_INTERNAL, 0}, {ROUTE_EXTERNAL, 1}, {ROUTE_INTERNAL, 2}, {ROUTE_EXTERNAL, 2}};
static const struct rule_world world = {products, 4, categories, provinces, 3, 3};

static int parse(const char *text, struct rules *rules, struct of_error *error)
{
    return rules_parse("r", text, strlen(text), &world, rules, error);
}

struct match_case {
    const char *rules;
    struct rule_facts facts;
    int line; /* of the rule that decides; 0: none */
    enum route to;
};

static const struct match_case matches[] = {
    {"", {ROUTE_EXTERNAL, 0, 0, 100}, 0, 0},
    {"# nothing\n\n", {ROUTE_EXTERNAL, 0, 0, 100}, 0, 0},
    {"external", {ROUTE_INTERNAL, 0, 0, 100}, 1, ROUTE_EXTERNAL},
    {"\n  external # all\r\n", {ROUTE_INTERNAL, 0, 0, 100}, 2, ROUTE_EXTERNAL},
    {"external when route = external\ninternal", {ROUTE_EXTERNAL, 1, 0, 0}, 1, ROUTE_EXTERNAL},
    {"external when route = external\ninternal", {ROUTE_INTERNAL, 0, 0, 0}, 2, ROUTE_INTERNAL},
    {"external when category = Toys, \"Ice Cream\"", {ROUTE_INTERNAL, 2, 0, 0}, 1, ROUTE_EXTERNAL},
    {"external when category = Toys", {ROUTE_INTERNAL, 2, 0, 0}, 0, 0},
    {"external when category != Toys", {ROUTE_INTERNAL, 2, 0, 0}, 1, ROUTE_EXTERNAL},
    {"external when category != Toys", {ROUTE_INTERNAL, 0, 0, 0}, 0, 0},
    /* What nobody names: = never, != always. */
    {"external when category != Toys", {ROUTE_INTERNAL, SIZE_MAX, 0, 0}, 1, ROUTE_EXTERNAL},
    {"external when category = Toys, Tools", {ROUTE_INTERNAL, SIZE_MAX, 0, 0}, 0, 0},
    {"external when province = PH-CAV", {ROUTE_INTERNAL, 0, 1, 0}, 1, ROUTE_EXTERNAL},
    {"external when province = PH-CAV", {ROUTE_INTERNAL, 0, SIZE_MAX, 0}, 0, 0},
    {"external when province != PH-CAV", {ROUTE_INTERNAL, 0, SIZE_MAX, 0}, 1, ROUTE_EXTERNAL},
    {"external when province != PH-CAV, PH-00", {ROUTE_INTERNAL, 0, 0, 0}, 0, 0},
    {"external when amount >= 99.95", {ROUTE_INTERNAL, 0, 0, 9995}, 1, ROUTE_EXTERNAL},
    {"external when amount >= 99.95", {ROUTE_INTERNAL, 0, 0, 9994}, 0, 0},
    {"external when amount > 99.9", {ROUTE_INTERNAL, 0, 0, 9991}, 1, ROUTE_EXTERNAL},
    {"external when amount > 99.9", {ROUTE_INTERNAL, 0, 0, 9990}, 0, 0},
    {"external when amount < 5", {ROUTE_INTERNAL, 0, 0, 499}, 1, ROUTE_EXTERNAL},
    {"external when amount < 5", {ROUTE_INTERNAL, 0, 0, 500}, 0, 0},
    {"external when amount <= 5 and amount > 2", {ROUTE_INTERNAL, 0, 0, 500}, 1, ROUTE_EXTERNAL},
    {"external when amount <= 5 and amount > 2", {ROUTE_INTERNAL, 0, 0, 200}, 0, 0},
    {"external when amount = 7.00", {ROUTE_INTERNAL, 0, 0, 700}, 1, ROUTE_EXTERNAL},
    {"external when amount = 7.00", {ROUTE_INTERNAL, 0, 0, 701}, 0, 0},
    {"external when amount = 9999999999.99", {ROUTE_INTERNAL, 0, 0, OF_ORDER_AMOUNT_MAX}, 1,
        ROUTE_EXTERNAL},
    {"external", {ROUTE_INTERNAL, 0, 0, -1}, 1, ROUTE_EXTERNAL},
    {"internal when category = Tools\nexternal when route = external", {ROUTE_EXTERNAL, 1, 2, 0}, 1,
        ROUTE_INTERNAL},
    {"external when route = internal and category = \"Ice Cream\" and province = PH-LAG and "
     "amount >= 1000",
        {ROUTE_INTERNAL, 2, 2, 100000}, 1, ROUTE_EXTERNAL},
};

static void test_first_match_decides(void **state)
{
    (void)state;
    for (size_t i = 0; i < OF_COUNT(matches); i++) {
        const struct match_case *expected = &matches[i];
        struct rules rules;
        struct of_error error;
        if (parse(expected->rules, &rules, &error) < 0)
            fail_msg("%s: %s", expected->rules, error.message);
        const struct rule *rule = rules_match(&rules, &expected->facts);
        if ((rule ? rule->line : 0) != expected->line)
            fail_msg("%s: line %d decides", expected->rules, rule ? rule->line : 0);
        if (rule)
            assert_int_equal(rule->to, expected->to);
    }
}

static const struct {
    const char *rules, *message;
} errors[] = {
    {"partner", "r:1:1: expected internal or external, not partner"},
    {"internal\n  = x", "r:2:3: expected internal or external, not ="},
    {"external if amount > 1", "r:1:10: expected when or the line's end, not if"},
    {"external when", "r:1:14: expected route, category, province or amount, not the line's end"},
    {"external when weight > 1",
        "r:1:15: expected route, category, province or amount, not weight"},
    {"external when \"route\" = internal",
        "r:1:15: expected route, category, province or amount, not route"},
    {"external when category", "r:1:23: expected = or != after category, not the line's end"},
    {"external when category < Toys", "r:1:24: expected = or != after category, not <"},
    {"external when category = ", "r:1:26: expected a category, not the line's end"},
    {"external when category = Toys,", "r:1:31: expected a category, not the line's end"},
    {"external when category = Cars", "r:1:26: there is no category 'Cars'"},
    {"external when category = toys", "r:1:26: there is no category 'toys'"},
    {"external when province = PH-XX", "r:1:26: there is no province 'PH-XX'"},
    {"external when route != internal", "r:1:21: expected = after route, not !="},
    {"external when route = both", "r:1:23: expected internal or external, not both"},
    {"external when amount != 1", "r:1:22: expected =, <, <=, > or >= after amount, not !="},
    {"external when amount > x", "r:1:24: expected an amount like 1500 or 99.95, not x"},
    {"external when amount > 1.", "r:1:24: expected an amount like 1500 or 99.95, not 1."},
    {"external when amount > .5", "r:1:24: expected an amount like 1500 or 99.95, not .5"},
    {"external when amount > 1.005", "r:1:24: expected an amount like 1500 or 99.95, not 1.005"},
    {"external when amount > -1", "r:1:24: expected an amount like 1500 or 99.95, not -1"},
    {"external when amount > \"1\"", "r:1:24: expected an amount like 1500 or 99.95, not 1"},
    {"external when amount > 10000000000",
        "r:1:24: the amount 10000000000 is larger than any order line's"},
    {"external when amount > 99999999999999999999999",
        "r:1:24: expected an amount like 1500 or 99.95, not 99999999999999999999999"},
    {"external when amount > 1 or amount < 1", "r:1:26: expected and or the line's end, not or"},
    {"external when category = \"Ice", "r:1:26: the closing quote is missing"},
    {"external when category = Ice Cream", "r:1:26: there is no category 'Ice'"},
    {"external; internal", "r:1:9: ';' has no meaning here"},
    {"external \x01", "r:1:10: a byte 0x01 has no meaning here"},
};

static void test_errors_name_their_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < OF_COUNT(errors); i++) {
        struct rules rules = {.count = 77};
        struct of_error error;
        if (parse(errors[i].rules, &rules, &error) != OF_INPUT)
            fail_msg("'%s' was taken", errors[i].rules);
        if (strncmp(error.message, errors[i].message, strlen(errors[i].message)) != 0)
            fail_msg("'%s': %s", errors[i].rules, error.message);
        assert_int_equal(rules.count, 77); /* untouched */
    }
}

#define ALONE "the rule can match nothing: this condition leaves none"
#define BEFORE "the rule can match nothing: the rules before it take all that it would"

static const struct {
    const char *rules, *place, *why; /* place NULL: each rule can match */
} reaches[] = {
    {"external when category = Toys and category = Tools", "r:1:35: ", ALONE},
    {"external when category = Toys and category != Toys", "r:1:35: ", ALONE},
    {"external when route = internal and route = external", "r:1:36: ", ALONE},
    {"external when province = PH-00 and province != PH-00", "r:1:36: ", ALONE},
    {"external when province != PH-00, PH-CAV, PH-LAG", NULL, NULL}, /* others, unknown ones */
    {"external when amount < 5 and amount >= 5", "r:1:30: ", ALONE},
    {"external when amount < 0", "r:1:15: ", ALONE},
    {"external when amount > 9999999999.99", "r:1:15: ", ALONE},
    {"external when amount <= 5 and amount >= 5", NULL, NULL},
    /* By the catalogue: no toy is external. */
    {"external when category = Toys and route = external", "r:1:35: ", ALONE},
    {"external when category != Tools, \"Ice Cream\" and route = external", "r:1:50: ", ALONE},
    {"external\ninternal", "r:2:1: ", BEFORE},
    {"# all\nexternal\n\n  internal when amount > 5", "r:4:3: ", BEFORE},
    {"external when amount >= 5\ninternal when amount >= 6", "r:2:1: ", BEFORE},
    {"external when amount >= 6\ninternal when amount >= 5", NULL, NULL},
    /* By the rules before it together. */
    {"external when amount >= 5\ninternal when amount < 5\ninternal", "r:3:1: ", BEFORE},
    {"external when amount > 5\ninternal when amount < 5\ninternal", NULL, NULL}, /* 5.00 itself */
    {"external when route = external\ninternal when route = internal\nexternal", "r:3:1: ", BEFORE},
    {"internal when province = PH-00\ninternal when province = PH-CAV\n"
     "external when province = PH-00, PH-CAV",
        "r:3:1: ", BEFORE},
    {"internal when route = internal\nexternal when category = Toys", "r:2:1: ", BEFORE},
    {"internal when category = Toys and amount > 5\ninternal when province = PH-00\n"
     "external when category = Toys and province = PH-00 and amount < 5",
        "r:3:1: ", BEFORE},
};

static void test_rules_that_can_match_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < OF_COUNT(reaches); i++) {
        struct rules rules;
        struct of_error error;
        int result = parse(reaches[i].rules, &rules, &error);
        if (!reaches[i].place) {
            if (result < 0)
                fail_msg("'%s': %s", reaches[i].rules, error.message);
            continue;
        }
        if (result != OF_INPUT)
            fail_msg("'%s' was taken", reaches[i].rules);
        assert_contains(error.message, reaches[i].place);
        assert_contains(error.message, reaches[i].why);
    }
}

static void test_limits(void **state)
{
    (void)state;
    struct of_error error;
    struct rules rules;
    OF_CLEANUP(of_buffer_release) struct of_buffer text;
    of_buffer_init(&text, RULES_FILE_MAX);
    for (int i = 0; i < RULES_MAX; i++)
        of_buffer_appendf(&text, "external when amount = %d\n", i);
    assert_int_equal(parse(of_buffer_text(&text), &rules, &error), OF_OK);
    assert_int_equal(rules.count, RULES_MAX);
    of_buffer_appendf(&text, "internal");
    assert_int_equal(parse(of_buffer_text(&text), &rules, &error), OF_INPUT);
    assert_string_equal(error.message, "r:101:1: more than 100 rules");

    char word[128];
    memset(word, 'x', sizeof(word));
    snprintf(word, sizeof(word), "external when category = \"%.*s\"", RULE_VALUE_MAX + 1,
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    assert_int_equal(parse(word, &rules, &error), OF_INPUT);
    assert_string_equal(error.message, "r:1:26: a value is longer than 64 bytes");
    word[26 + RULE_VALUE_MAX] = '"';
    word[27 + RULE_VALUE_MAX] = '\0';
    assert_int_equal(parse(word, &rules, &error), OF_INPUT);
    assert_contains(error.message, "r:1:26: there is no category 'xxx");

    static struct of_text many[RULE_PROVINCES_MAX + 1];
    static char names[RULE_PROVINCES_MAX + 1][8];
    for (int i = 0; i <= RULE_PROVINCES_MAX; i++)
        many[i] = (struct of_text){names[i], (size_t)snprintf(names[i], 8, "P%d", i)};
    struct rule_world large = world;
    large.provinces = many;
    large.province_count = RULE_PROVINCES_MAX;
    const char *last = "external when province = P126";
    assert_int_equal(rules_parse("r", last, strlen(last), &large, &rules, &error), OF_OK);
    assert_non_null(rules_match(&rules, &(struct rule_facts){ROUTE_INTERNAL, 0, 126, 5}));
    assert_null(rules_match(&rules, &(struct rule_facts){ROUTE_INTERNAL, 0, 127, 5}));
    large.province_count++;
    assert_int_equal(rules_parse("r", last, strlen(last), &large, &rules, &error), OF_INPUT);
    assert_string_equal(error.message, "r: there are more than 127 provinces");
    large = world;
    large.category_count = RULE_CATEGORIES_MAX + 1;
    assert_int_equal(rules_parse("r", "", 0, &large, &rules, &error), OF_INPUT);
    assert_string_equal(error.message, "r: the catalogue has more than 63 categories");
}

static void test_files(void **state)
{
    (void)state;
    struct rules rules;
    struct of_error error;
    TEMPORARY file;
    temporary_make(&file, "internal when route = internal", 30);
    assert_int_equal(rules_load(file.path, &world, &rules, &error), OF_OK);
    assert_int_equal(rules.count, 1);
    assert_int_equal(rules_load("/nowhere/rules", &world, &rules, &error), OF_INPUT);
    assert_contains(error.message, "/nowhere/rules: No such file");
    assert_int_equal(rules_load("/", &world, &rules, &error), OF_INPUT);
    OF_FREE char *large = of_alloc(RULES_FILE_MAX + 1);
    memset(large, '\n', RULES_FILE_MAX + 1);
    TEMPORARY most, more;
    temporary_make(&most, large, RULES_FILE_MAX);
    temporary_make(&more, large, RULES_FILE_MAX + 1);
    assert_int_equal(rules_load(most.path, &world, &rules, &error), OF_OK);
    assert_int_equal(rules_load(more.path, &world, &rules, &error), OF_INPUT);
    assert_contains(error.message, "is longer than 65536 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_match_decides),
        cmocka_unit_test(test_errors_name_their_place),
        cmocka_unit_test(test_rules_that_can_match_nothing),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
