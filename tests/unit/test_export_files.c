/* Documents as files: whole or not at all, once, whatever step fails or is the last before a crash.
 * And what the documents say. */
#include "base/clock.h"
#include "export/document.h"
#include "export/files.h"

#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <sys/stat.h>

#define DATE INT64_C(1795251600000) /* 2026-11-21T09:00:00Z */
#define STEPS 6                     /* of one file and its folders: see enum files_step */

struct fixture {
    char folder[40];
    struct files files;
    struct of_buffer content;
    int steps_left; /* until one fails, or crashes; negative: none will */
    bool crash;
    int done;
};

static int before(void *context, enum files_step step)
{
    struct fixture *fixture = context;
    (void)step;
    fixture->done++;
    if (fixture->steps_left < 0 || fixture->steps_left-- > 0)
        return 0;
    if (fixture->crash)
        _exit(0);
    return ENOSPC;
}

static void open_files(struct fixture *fixture, const char *instance)
{
    struct of_error error;
    if (files_open(&fixture->files, fixture->folder, instance, &error) < 0)
        fail_msg("%s", error.message);
    fixture->files.before = before;
    fixture->files.context = fixture;
}

static int set_up(void **state)
{
    struct fixture *fixture = of_alloc(sizeof(*fixture));
    snprintf(fixture->folder, sizeof(fixture->folder), "/tmp/orderflow-test-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    fixture->steps_left = -1;
    of_buffer_init(&fixture->content, 200000);
    of_buffer_append_text(&fixture->content, "{\"order_id\":7}\n");
    open_files(fixture, "1");
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    OF_FREE char *command = of_asprintf("rm -rf %s", fixture->folder);
    assert_int_equal(system(command), 0);
    of_buffer_release(&fixture->content);
    free(fixture);
    return 0;
}

/* Names in a folder of the fixture, hidden ones too; the number of them. */
static int list(const struct fixture *fixture, const char *below, char last[256])
{
    OF_FREE char *path = of_asprintf("%s/%s", fixture->folder, below);
    DIR *dir = opendir(path);
    int count = 0;
    struct dirent *entry;
    if (!dir)
        return 0;
    while ((entry = readdir(dir)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            snprintf(last, 256, "%s", entry->d_name);
            count++;
        }
    closedir(dir);
    return count;
}

static char *read_whole(const struct fixture *fixture, const char *name)
{
    OF_FREE char *path = of_asprintf("%s/%s", fixture->folder, name);
    FILE *file = fopen(path, "r");
    if (!file)
        return NULL;
    char *text = of_alloc(300000);
    text[fread(text, 1, 299999, file)] = '\0';
    fclose(file);
    return text;
}

static int put(struct fixture *fixture, int64_t id, bool *written, struct of_error *error)
{
    return files_put(&fixture->files, id, DATE, &fixture->content, written, error);
}

static void assert_file(const struct fixture *fixture, const char *content)
{
    char last[256];
    assert_int_equal(list(fixture, "2026-11-21", last), 1);
    assert_string_equal(last, "order-7.json");
    OF_FREE char *text = read_whole(fixture, "2026-11-21/order-7.json");
    assert_string_equal(text, content);
}

static void writes_once(void **state)
{
    struct fixture *fixture = *state;
    struct of_error error;
    bool written = false;
    assert_int_equal(put(fixture, 7, &written, &error), OF_OK);
    assert_true(written);
    assert_file(fixture, "{\"order_id\":7}\n");
    assert_int_equal(put(fixture, 7, &written, &error), OF_OK);
    assert_false(written);
    assert_int_equal(files_settle(&fixture->files, &error), OF_OK);
    int done = fixture->done;
    assert_int_equal(files_settle(&fixture->files, &error), OF_OK); /* nothing left to sync */
    assert_int_equal(fixture->done, done);
    struct stat facts;
    OF_FREE char *path = of_asprintf("%s/2026-11-21/order-7.json", fixture->folder);
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0644);
}

static void refuses_another_content(void **state)
{
    struct fixture *fixture = *state;
    struct of_error error;
    bool written = false;
    assert_int_equal(put(fixture, 7, &written, &error), OF_OK);
    fixture->content.data[2] = 'x'; /* as long as before */
    assert_int_equal(put(fixture, 7, &written, &error), OF_INPUT);
    assert_contains(error.message, "/2026-11-21/order-7.json is there already, with another");
    fixture->content.length--;
    assert_int_equal(put(fixture, 7, &written, &error), OF_INPUT);
    assert_file(fixture, "{\"order_id\":7}\n");
}

/* Larger than what is compared at a time. */
static void compares_large_files(void **state)
{
    struct fixture *fixture = *state;
    struct of_error error;
    bool written = false;
    for (int i = 0; i < 150000; i++)
        of_buffer_append_byte(&fixture->content, (uint8_t)('a' + i % 26));
    assert_int_equal(put(fixture, 7, &written, &error), OF_OK);
    assert_int_equal(put(fixture, 7, &written, &error), OF_OK);
    assert_false(written);
    fixture->content.data[fixture->content.length - 1] = '!';
    assert_int_equal(put(fixture, 7, &written, &error), OF_INPUT);
}

static void refuses_what_has_no_day(void **state)
{
    struct fixture *fixture = *state;
    struct of_error error;
    bool written;
    static const int64_t dates[] = {INT64_MIN, INT64_C(253402300800000), INT64_MAX};
    for (size_t i = 0; i < OF_COUNT(dates); i++)
        assert_int_equal(
            files_put(&fixture->files, 7, dates[i], &fixture->content, &written, &error), OF_INPUT);
    char last[256];
    assert_int_equal(list(fixture, ".", last), 0);
}

/* Each step in turn fails: nothing half-written stays, and the next try succeeds. */
static void survives_each_failure(void **state)
{
    struct fixture *fixture = *state;
    for (int fail_at = 0; fail_at <= STEPS; fail_at++) {
        struct of_error error;
        bool written;
        char last[256];
        open_files(fixture, "1");
        fixture->steps_left = fail_at;
        int result = put(fixture, 7, &written, &error);
        bool stands = result == OF_OK;
        if (result == OF_OK)
            result = files_settle(&fixture->files, &error);
        assert_int_equal(result, fail_at <= STEPS ? OF_RETRY : OF_OK);
        assert_contains(error.message, "No space left on device");
        fixture->steps_left = -1;
        assert_int_equal(list(fixture, "2026-11-21", last), stands);
        assert_int_equal(put(fixture, 7, &written, &error), OF_OK);
        assert_int_equal(files_settle(&fixture->files, &error), OF_OK);
        assert_file(fixture, "{\"order_id\":7}\n");
        OF_FREE char *command = of_asprintf("rm -r %s/2026-11-21", fixture->folder);
        assert_int_equal(system(command), 0);
    }
}

/* A process that dies before any of its steps leaves the file whole or not at all; the next one of
 * its name clears away the rest and writes it once. */
static void survives_a_crash_before_each_step(void **state)
{
    struct fixture *fixture = *state;
    int leftovers = 0;
    for (int crash_at = 0; crash_at <= STEPS; crash_at++) {
        struct of_error error;
        bool written;
        char last[256];
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            fixture->crash = true;
            fixture->steps_left = crash_at;
            if (put(fixture, 7, &written, &error) == OF_OK)
                (void)!files_settle(&fixture->files, &error);
            _exit(0);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        OF_FREE char *text = read_whole(fixture, "2026-11-21/order-7.json");
        if (text)
            assert_string_equal(text, "{\"order_id\":7}\n");
        int names = list(fixture, "2026-11-21", last);
        leftovers += names == 1 && last[0] == '.';
        open_files(fixture, "1");
        assert_int_equal(list(fixture, "2026-11-21", last), text ? 1 : 0);
        assert_int_equal(put(fixture, 7, &written, &error), OF_OK);
        assert_int_equal(written, !text);
        assert_file(fixture, "{\"order_id\":7}\n");
        OF_FREE char *command = of_asprintf("rm -r %s/2026-11-21", fixture->folder);
        assert_int_equal(system(command), 0);
    }
    assert_true(leftovers > 0); /* some crashes came between creating and renaming */
}

static void clears_away_only_its_own(void **state)
{
    struct fixture *fixture = *state;
    struct of_error error;
    static const char *const names[] = {
        ".1.order-5.abcdef", ".12.order-5.abcdef", ".1.x", "order-5"};
    bool written;
    char last[256];
    assert_int_equal(put(fixture, 7, &written, &error), OF_OK);
    for (size_t i = 0; i < OF_COUNT(names); i++) {
        OF_FREE char *path = of_asprintf("%s/2026-11-21/%s", fixture->folder, names[i]);
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fclose(file);
    }
    open_files(fixture, "1");
    assert_int_equal(list(fixture, "2026-11-21", last), 4);
    open_files(fixture, "12");
    assert_int_equal(list(fixture, "2026-11-21", last), 3);
}

static void more_folders_than_wait(void **state)
{
    struct fixture *fixture = *state;
    struct of_error error;
    bool written;
    for (int i = 0; i < FILES_DIRTY_MAX; i++)
        assert_int_equal(
            files_put(&fixture->files, 7, DATE + i * OF_DAY, &fixture->content, &written, &error),
            OF_OK);
    assert_int_equal(fixture->files.dirty_count, FILES_DIRTY_MAX);
    assert_int_equal(
        files_put(&fixture->files, 7, DATE - OF_DAY, &fixture->content, &written, &error), OF_OK);
    assert_int_equal(fixture->files.dirty_count, 1);
}

static void folders_that_cannot_be(void **state)
{
    struct fixture *fixture = *state;
    struct of_error error;
    struct files files;
    assert_int_equal(files_open(&files, "/proc/nowhere", "1", &error), OF_FATAL);
    assert_contains(error.message, "/proc/nowhere: ");
    assert_int_equal(files_open(&files, fixture->folder, "a/b", &error), OF_INPUT);
    char name[NAME_MAX];
    memset(name, 'x', sizeof(name));
    name[NAME_MAX / 2 + 1] = '\0';
    assert_int_equal(files_open(&files, fixture->folder, name, &error), OF_INPUT);
    name[NAME_MAX / 2] = '\0';
    assert_int_equal(files_open(&files, fixture->folder, name, &error), OF_OK);
}

/* ---- documents ---- */

static struct of_order_line sample(int32_t number)
{
    struct of_order_line line;
    of_order_line_init(&line);
    line.order_id = 34421;
    line.line = number;
    line.order_date = DATE;
    line.has_payment_date = true;
    line.payment_date = DATE + 1500;
    line.customer_id = 12;
    line.customer_name = (struct of_text){"Edwin \"Ed\" Mu\xc3\xb1oz", 17};
    line.company = (struct of_text){NULL, 0};
    line.sku = 52;
    line.product_name = (struct of_text){"Guitar", 6};
    line.from_location = 10;
    line.from_location_name = (struct of_text){"Warehouse", 9};
    line.quantity = 3;
    line.unit_price = 123450;
    line.discount_percent = 12.5f;
    line.subtotal = 5;
    return line;
}

static void document_says_all(void **state)
{
    (void)state;
    struct of_error error;
    struct of_order_line lines[2] = {sample(1), sample(4)};
    lines[1].subtotal = -1205;
    OF_CLEANUP(of_buffer_release) struct of_buffer out;
    of_buffer_init(&out, DOCUMENT_BYTES_MAX);
    assert_int_equal(document_print(lines, 1, &out, &error), OF_OK);
    assert_string_equal(of_buffer_text(&out),
        "{\"order_id\":34421,\"order_date\":\"2026-11-21T09:00:00Z\","
        "\"payment_date\":\"2026-11-21T09:00:01.500Z\",\"express_shipping\":false,\"eta\":null,"
        "\"customer\":{\"customer_id\":12,\"name\":\"Edwin \\\"Ed\\\" Mu\xc3\xb1oz\","
        "\"company\":\"\",\"street_address\":\"\",\"lgu\":\"\",\"provincial_code\":\"\","
        "\"contact_number\":\"\"},\"lines\":[{\"line\":1,\"sku\":52,\"product\":\"Guitar\","
        "\"category\":\"\",\"quantity\":3,\"unit_of_measures\":\"\",\"uom_type\":\"\","
        "\"from\":{\"id\":10,\"name\":\"Warehouse\"},\"to\":{\"id\":0,\"name\":\"\"},"
        "\"unit_price\":1234.50,\"discount_percent\":12.5,\"amount\":0.05}],\"amount\":0.05}\n");
    of_buffer_clear(&out);
    assert_int_equal(document_print(lines, 2, &out, &error), OF_OK);
    assert_contains(of_buffer_text(&out), "\"line\":4,");
    assert_contains(of_buffer_text(&out), "\"amount\":-12.05}],\"amount\":-12.00}\n");
}

static void document_limits(void **state)
{
    (void)state;
    struct of_error error;
    struct of_order_line lines[2] = {sample(1), sample(2)};
    OF_CLEANUP(of_buffer_release) struct of_buffer out;
    of_buffer_init(&out, 100);
    assert_int_equal(document_print(lines, 1, &out, &error), OF_INPUT);
    assert_contains(error.message, "a document is longer than 100 bytes");
    of_buffer_release(&out);
    of_buffer_init(&out, DOCUMENT_BYTES_MAX);
    lines[0].subtotal = lines[1].subtotal = INT64_MAX;
    assert_int_equal(document_print(lines, 2, &out, &error), OF_INPUT);
    assert_contains(error.message, "add up to too much");
    static const float none[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < OF_COUNT(none); i++) {
        lines[0] = sample(3);
        lines[0].discount_percent = none[i];
        assert_int_equal(document_print(lines, 1, &out, &error), OF_INPUT);
        assert_string_equal(error.message, "order 34421, line 3: its discount is no number");
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(writes_once),
        TEST(refuses_another_content),
        TEST(compares_large_files),
        TEST(refuses_what_has_no_day),
        TEST(survives_each_failure),
        TEST(survives_a_crash_before_each_step),
        TEST(clears_away_only_its_own),
        TEST(more_folders_than_wait),
        TEST(folders_that_cannot_be),
        cmocka_unit_test(document_says_all),
        cmocka_unit_test(document_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
