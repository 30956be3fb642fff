/* Properties files: Java's syntax, the line that an error names, and the limits. */
#include "support.h"

#include "base/buffer.h"
#include "base/properties.h"

struct seen {
    struct of_buffer text;
    int refuse_at; /* line whose property the visitor refuses */
};

/* "line|name|value;" a property. */
static int note(
    void *context, const char *name, const char *value, int line, struct of_error *error)
{
    struct seen *seen = context;
    if (line == seen->refuse_at)
        return of_fail(error, OF_FATAL, "refused");
    of_buffer_appendf(&seen->text, "%d|%s|%s;", line, name, value);
    return OF_OK;
}

static int read_text(const char *text, size_t size, struct seen *seen, struct temporary *file,
    struct of_error *error)
{
    temporary_make(file, text, size);
    of_buffer_init(&seen->text, 4 * OF_PROPERTIES_LINE_MAX);
    return of_properties_read(file->path, note, seen, error);
}

static void assert_reads(const char *text, size_t size, const char *wanted)
{
    struct of_error error = {.message = ""};
    struct seen seen = {.refuse_at = 0};
    TEMPORARY file;
    int result = read_text(text, size, &seen, &file, &error);
    if (result < 0)
        fail_msg("%s", error.message);
    assert_string_equal(of_buffer_text(&seen.text), wanted);
    of_buffer_release(&seen.text);
}

#define ASSERT_READS(literal, wanted) assert_reads(literal, sizeof(literal) - 1, wanted)

static void test_separators(void **state)
{
    (void)state;
    ASSERT_READS("", "");
    ASSERT_READS("a=1\nb: 2\nc 3\nd\t=\t4\ne\n", "1|a|1;2|b|2;3|c|3;4|d|4;5|e|;");
    ASSERT_READS("  a = b = c : d  \n", "1|a|b = c : d;");
    ASSERT_READS("a=1", "1|a|1;");
    ASSERT_READS("a==x\nb=:x", "1|a|=x;2|b|:x;");
    ASSERT_READS("a=#no comment\nb=x!y", "1|a|#no comment;2|b|x!y;");
}

static void test_comments_and_blanks(void **state)
{
    (void)state;
    ASSERT_READS("# c\\\n! d\n\n \t\n  # e\na=1\n#", "6|a|1;");
    ASSERT_READS("a=1\r\n# c\r\n\r\nb=2\r\n", "1|a|1;4|b|2;");
    ASSERT_READS("\xef\xbb\xbf"
                 "a=1\n",
        "1|a|1;");
}

static void test_continuation(void **state)
{
    (void)state;
    ASSERT_READS("a=1,\\\n   2,\\\r\n\t3\nb=4\n", "1|a|1,2,3;4|b|4;");
    ASSERT_READS("a\\\n  =x\n", "1|a|x;");
    ASSERT_READS("a=x\\\\\nb=y\n", "1|a|x\\;2|b|y;");
    ASSERT_READS("a=x\\\\\\\ny\n", "1|a|x\\y;");
    ASSERT_READS("a=x\\\n\nb=y\n", "1|a|x;3|b|y;");
    ASSERT_READS("a=x\\\n#y\n", "1|a|x#y;");
    ASSERT_READS("a=x\\", "1|a|x;");
    ASSERT_READS("\\", "");
    ASSERT_READS("\\\n#a=x\nb=y", "1|#a|x;3|b|y;"); /* no comment: its line began above */
}

static void test_escapes(void **state)
{
    (void)state;
    ASSERT_READS("a\\ b\\=c\\:d=x\n", "1|a b=c:d|x;");
    ASSERT_READS("a=\\t\\n\\r\\f\\q\\\\\n", "1|a|\t\n\r\fq\\;");
    ASSERT_READS("\\#a=\\u0041\\u00f1\\u20aC\n", "1|#a|A\xc3\xb1\xe2\x82\xac;");
    ASSERT_READS("a=\\ud83d\\ude00\n", "1|a|\xf0\x9f\x98\x80;"); /* one character, two escapes */
    ASSERT_READS("a=\\  x\n", "1|a|  x;");
    /* Blanks at the end are dropped, as an editor leaves them; an escaped one was meant. */
    ASSERT_READS("a=x \t\nb=x\\  \n", "1|a|x;2|b|x ;");
}

static void assert_fails(const char *text, int line, const char *what)
{
    struct of_error error;
    struct seen seen = {.refuse_at = 0};
    TEMPORARY file;
    assert_int_equal(read_text(text, strlen(text), &seen, &file, &error), OF_INPUT);
    OF_FREE char *wanted = of_asprintf("%s:%d: %s", file.path, line, what);
    assert_string_equal(error.message, wanted);
    of_buffer_release(&seen.text);
}

static void test_errors_name_the_line(void **state)
{
    (void)state;
    assert_fails("a=1\n\n=2\n", 3, "not of the form name=value");
    assert_fails("a=1\\\n,2\n: 3\n", 3, "not of the form name=value");
    assert_fails("a=\\u12g4\n", 1, "not of the form name=value");
    assert_fails("a=\\u12", 1, "not of the form name=value");
    assert_fails("# x\na\\u=1", 2, "not of the form name=value");
    assert_fails("a=\\u0000\n", 1, "not of the form name=value");
    assert_fails("a=\\ud83d\n", 1, "not of the form name=value");
    assert_fails("a=\\ud83dx\\ude00\n", 1, "not of the form name=value");
    assert_fails("a=\\ude00\\ud83d\n", 1, "not of the form name=value");
}

static void test_visitor_ends_it(void **state)
{
    (void)state;
    static const char text[] = "a=1\nb=2\nc=3\n";
    struct of_error error;
    struct seen seen = {.refuse_at = 2};
    TEMPORARY file;
    assert_int_equal(read_text(text, sizeof(text) - 1, &seen, &file, &error), OF_FATAL);
    assert_string_equal(error.message, "refused");
    assert_string_equal(of_buffer_text(&seen.text), "1|a|1;");
    of_buffer_release(&seen.text);
}

static void test_unreadable(void **state)
{
    (void)state;
    struct of_error error;
    struct seen seen = {.refuse_at = 0};
    assert_int_equal(of_properties_read("/nonexistent/x", note, &seen, &error), OF_INPUT);
    assert_string_equal(error.message, "cannot read /nonexistent/x: No such file or directory");
    assert_int_equal(of_properties_read("/tmp", note, &seen, &error), OF_INPUT);
    assert_string_equal(error.message, "cannot read /tmp: Is a directory");
    TEMPORARY file;
    assert_int_equal(read_text("a=\0b\n", 5, &seen, &file, &error), OF_INPUT);
    assert_contains(error.message, "is no text: it holds a NUL byte");
    of_buffer_release(&seen.text);
}

static void test_limits(void **state)
{
    (void)state;
    /* The longest line, then one byte more; also when it is put together from two. */
    OF_FREE char *text = of_alloc(OF_PROPERTIES_FILE_MAX + 2);
    for (int more = 0; more < 2; more++) {
        for (int split = 0; split < 2; split++) {
            struct of_error error = {.message = ""};
            struct seen seen = {.refuse_at = 0};
            TEMPORARY file;
            size_t size = OF_PROPERTIES_LINE_MAX + (size_t)more;
            memset(text, 'x', size);
            memcpy(text, "a=", 2);
            if (split) {
                memcpy(text + 100, "\\\n", 2);
                memset(text + size, 'x', 2);
                size += 2;
            }
            int result = read_text(text, size, &seen, &file, &error);
            assert_int_equal(result, more ? OF_INPUT : OF_OK);
            if (more)
                assert_contains(error.message, ":1: the line is longer than 65536 bytes");
            else
                assert_int_equal(seen.text.length, OF_PROPERTIES_LINE_MAX - 2 + 5);
            of_buffer_release(&seen.text);
        }
    }
    for (int more = 0; more < 2; more++) {
        struct of_error error = {.message = ""};
        struct seen seen = {.refuse_at = 0};
        TEMPORARY file;
        memset(text, '\n', OF_PROPERTIES_FILE_MAX + 1);
        int result = read_text(text, OF_PROPERTIES_FILE_MAX + (size_t)more, &seen, &file, &error);
        assert_int_equal(result, more ? OF_INPUT : OF_OK);
        if (more)
            assert_contains(error.message, "is longer than 1048576 bytes");
        of_buffer_release(&seen.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_separators),
        cmocka_unit_test(test_comments_and_blanks),
        cmocka_unit_test(test_continuation),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_errors_name_the_line),
        cmocka_unit_test(test_visitor_ends_it),
        cmocka_unit_test(test_unreadable),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
