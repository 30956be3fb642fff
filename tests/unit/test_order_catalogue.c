/* Tables in files, and the reference tables of producer/data. */
#include "order/catalogue.h"
#include "order/csv.h"

#include "support.h"

#include <sys/stat.h>

/* ---- CSV ---- */

struct reading {
    char text[1024]; /* "a|b;c|d;" */
    int refuse_at;   /* line; 0: none */
};

static int on_row(void *context, const struct of_csv_row *row, struct of_error *error)
{
    struct reading *reading = context;
    if (row->line == reading->refuse_at)
        return of_fail(error, OF_INPUT, "refused");
    size_t length = strlen(reading->text);
    snprintf(reading->text + length, sizeof(reading->text) - length, "%s|%s;", row->values[0],
        row->values[1]);
    return OF_OK;
}

static const char *const columns[] = {"b", "a", NULL};

static void test_rows(void **state)
{
    (void)state;
    static const struct {
        const char *file, *rows, *error; /* rows NULL: refused */
    } cases[] = {
        {"a,b\n1,2\n3,4\n", "2|1;4|3;", NULL},
        {"x,b,a\r\n0,1,2\r\n", "1|2;", NULL},
        {"a,b\n\n1,2", "2|1;", NULL},
        {"a,b\n", "", NULL},
        {"a,b\n,\n", "|;", NULL},
        {"a,b\n\"1,\"\"x\"\"\",\"\"\n", "|1,\"x\";", NULL},
        {"", NULL, ":0: the column names are missing"},
        {"\n\n", NULL, ":2: the column names are missing"},
        {"a,c\n1,2\n", NULL, ":1: there is no column b"},
        {"a,b\n1\n", NULL, ":2: 1 values instead of 2"},
        {"a,b\n1,2\n1,2,3\n", NULL, ":3: 3 values instead of 2"},
        {"a,b\n\"1,2\n", NULL, ":2: a quote is out of place"},
        {"a,b\n\"1\"x,2\n", NULL, ":2: a quote is out of place"},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        struct reading reading = {.refuse_at = 0};
        struct of_error error;
        TEMPORARY file;
        temporary_make(&file, cases[i].file, strlen(cases[i].file));
        int result = of_csv_read(file.path, columns, on_row, &reading, &error);
        if (result == OF_OK && !cases[i].rows)
            fail_msg("%s was taken", cases[i].file);
        if (result < 0 && cases[i].rows)
            fail_msg("%s: %s", cases[i].file, error.message);
        if (cases[i].rows)
            assert_string_equal(reading.text, cases[i].rows);
        else
            assert_contains(error.message, cases[i].error);
    }
}

static void test_row_refused_and_no_file(void **state)
{
    (void)state;
    struct reading reading = {.refuse_at = 3};
    struct of_error error;
    TEMPORARY file;
    temporary_make(&file, "a,b\n1,2\n3,4\n", 12);
    assert_int_equal(of_csv_read(file.path, columns, on_row, &reading, &error), OF_INPUT);
    assert_string_equal(error.message, "refused"); /* as the visitor says it */
    assert_int_equal(of_csv_read("/nowhere", columns, on_row, &reading, &error), OF_INPUT);
    assert_contains(error.message, "/nowhere: No such file");
    assert_int_equal(of_csv_read("/", columns, on_row, &reading, &error), OF_INPUT);
}

static void test_line_limits(void **state)
{
    (void)state;
    struct of_error error;
    static char text[OF_CSV_LINE_MAX + 8];
    for (int more = 0; more < 2; more++) {
        struct reading reading = {.refuse_at = 2};
        TEMPORARY file;
        memcpy(text, "a,b\n", 4);
        memset(text + 4, ',', OF_CSV_LINE_MAX + 1);
        text[4 + OF_CSV_LINE_MAX + more] = '\n';
        temporary_make(&file, text, (size_t)(OF_CSV_LINE_MAX + 5 + more));
        assert_int_equal(of_csv_read(file.path, columns, on_row, &reading, &error), OF_INPUT);
        assert_contains(error.message, more ? ":2: longer than 4096" : ":2: more than 64 values");
    }
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
    } cases[] = {{"1", true}, {"10", true}, {"0", false}, {"11", false}, {"", false}, {"x", false},
        {"1x", false}, {" 1", false}, {"1.5", false}, {"99999999999999999999", false}};
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        struct of_csv_row row = {.file = "f", .line = 7, .values = {cases[i].text}};
        struct of_error error;
        int64_t number = -1;
        int result = of_csv_int(&row, 0, "n", 1, 10, &number, &error);
        assert_int_equal(result == OF_OK, cases[i].good);
        if (!cases[i].good)
            assert_contains(error.message, "f:7: n: '");
    }
}

/* ---- the tables ---- */

static void test_our_tables(void **state)
{
    (void)state;
    struct of_error error;
    OF_CLEANUP(of_cleanup_catalogue) struct of_catalogue *catalogue = NULL;
    if (of_catalogue_load(PRODUCER_DATA, &catalogue, &error) < 0)
        fail_msg("%s", error.message);
    size_t count;
    const struct of_product *products = of_catalogue_products(catalogue, &count);
    assert_int_equal(count, 55);
    int routes[3] = {0};
    for (size_t i = 0; i < count; i++) {
        routes[products[i].route]++;
        assert_ptr_equal(of_catalogue_product(catalogue, products[i].sku), &products[i]);
        assert_true(products[i].name.length > 0 && products[i].unit_of_measure.length > 0);
    }
    assert_true(routes[OF_ROUTE_INTERNAL] > 0 && routes[OF_ROUTE_EXTERNAL] > 0);
    const struct of_product *rice = of_catalogue_product(catalogue, 23);
    assert_string_equal(rice->name.data, "Rice");
    assert_string_equal(rice->category.data, "Groceries");
    assert_string_equal(
        of_catalogue_categories(catalogue, &count)[rice->category_index].data, "Groceries");
    assert_null(of_catalogue_product(catalogue, 0));
    assert_null(of_catalogue_product(catalogue, 56));
    assert_non_null(of_catalogue_location(catalogue, 10));
    assert_non_null(of_catalogue_location(catalogue, 50));
    assert_null(of_catalogue_location(catalogue, 9));
    const struct of_text *provinces = of_catalogue_provinces(catalogue, &count);
    assert_true(count > 50);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(of_catalogue_province(catalogue, provinces[i]), i);
    assert_int_equal(of_catalogue_province(catalogue, (struct of_text){"PH-0", 4}), SIZE_MAX);
    assert_int_equal(of_catalogue_province(catalogue, (struct of_text){NULL, 0}), SIZE_MAX);
}

static void write_table(const char *folder, const char *name, const char *content)
{
    OF_FREE char *path = of_asprintf("%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(content, file);
    fclose(file);
}

#define PRODUCTS "sku,name,category,unit_of_measure,uom_type,route\n"
#define LOCATIONS "id,name,longitude,latitude\n"

static void test_bad_tables(void **state)
{
    (void)state;
    static const struct {
        const char *products, *locations, *provinces, *error; /* NULL: taken */
    } cases[] = {
        {PRODUCTS, LOCATIONS, "iso_3166_2\n", NULL},
        {PRODUCTS "1,A,B,each,E,1\n", LOCATIONS "10,W,1,2\n", "iso_3166_2\nPH-00\nPH-00\n", NULL},
        {PRODUCTS "0,A,B,each,E,1\n", LOCATIONS, "iso_3166_2\n", "catalogue.csv:2: sku: '0' is no"},
        {PRODUCTS "1,A,B,each,E,3\n", LOCATIONS, "iso_3166_2\n", "catalogue.csv:2: route: '3' is"},
        {PRODUCTS "1,A,B,each,X,1\n", LOCATIONS, "iso_3166_2\n", "catalogue.csv:2: uom_type"},
        {PRODUCTS "1,A,,each,E,1\n", LOCATIONS, "iso_3166_2\n", "catalogue.csv:2: an empty name"},
        {PRODUCTS "1,A,B,each,E,1\n2,A,B,each,E,1\n1,A,B,each,E,1\n", LOCATIONS, "iso_3166_2\n",
            "SKU 1 is there twice"},
        {PRODUCTS, LOCATIONS "x,W,1,2\n", "iso_3166_2\n", "locations.csv:2: id: 'x' is no"},
        {PRODUCTS, LOCATIONS "5,W,1,2\n5,V,1,2\n", "iso_3166_2\n", "location 5 is there twice"},
        {PRODUCTS, LOCATIONS, "code\n", "provinces.csv:1: there is no column iso_3166_2"},
    };
    char folder[] = "/tmp/orderflow-test-XXXXXX";
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        struct of_error error;
        OF_CLEANUP(of_cleanup_catalogue) struct of_catalogue *catalogue = NULL;
        write_table(folder, "catalogue.csv", cases[i].products);
        write_table(folder, "locations.csv", cases[i].locations);
        write_table(folder, "provinces.csv", cases[i].provinces);
        int result = of_catalogue_load(folder, &catalogue, &error);
        if (result == OF_OK && cases[i].error)
            fail_msg("case %zu was taken", i);
        if (result < 0 && !cases[i].error)
            fail_msg("case %zu: %s", i, error.message);
        if (cases[i].error)
            assert_contains(error.message, cases[i].error);
    }
    static const char *const names[] = {"catalogue.csv", "locations.csv", "provinces.csv"};
    for (size_t i = 0; i < OF_COUNT(names); i++) {
        OF_FREE char *path = of_asprintf("%s/%s", folder, names[i]);
        unlink(path);
    }
    struct of_error error;
    struct of_catalogue *catalogue = NULL;
    assert_int_equal(of_catalogue_load(folder, &catalogue, &error), OF_INPUT);
    assert_contains(error.message, "catalogue.csv: No such file");
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_row_refused_and_no_file),
        cmocka_unit_test(test_line_limits),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_our_tables),
        cmocka_unit_test(test_bad_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
