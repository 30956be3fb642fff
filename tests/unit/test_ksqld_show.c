/* What the tool shows: widths and wrapping of texts, CSV, carets, tables, answers as tables, the
 * rows of a stream; and what the prompt makes of words. */
#include "base/memory.h"
#include "ksqld/tool/cell.h"
#include "ksqld/tool/grid.h"
#include "ksqld/tool/stream.h"
#include "ksqld/tool/trouble.h"
#include "ksqld/tool/words.h"

#include <assert.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define BUFFER OF_CLEANUP(of_buffer_release) struct of_buffer
OF_DEFINE_CLEANUP(release_json, json_t *, json_decref)
#define JSON OF_CLEANUP(release_json) json_t *

static json_t *json(const char *text)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(value);
    return value;
}

static struct of_buffer buffer(size_t limit)
{
    struct of_buffer made;
    of_buffer_init(&made, limit);
    return made;
}

/* ---- cells ---- */

static void widths_are_columns_of_the_terminal(void **state)
{
    (void)state;
    assert_int_equal(ksql_cell_width(""), 0);
    assert_int_equal(ksql_cell_width("abc"), 3);
    assert_int_equal(ksql_cell_width("stra\xc3\x9f"
                                     "e"),
        6);
    assert_int_equal(ksql_cell_width("\xe6\xbc\xa2"), 2); /* a wide character */
    assert_int_equal(ksql_cell_width("e\xcc\x81"), 1);    /* a combining one */
    assert_int_equal(ksql_cell_width("a\nlonger\nb"), 6); /* the widest line */
    assert_int_equal(ksql_cell_width("\xff\x1b"), 2);     /* each a U+FFFD */
    assert_int_equal(ksql_cell_width("\xc0\x80"), 2);     /* overlong */
    assert_int_equal(ksql_cell_width("\xed\xa0\x80"), 3); /* a surrogate */
}

static void expect_lines(const char *text, size_t width, const char *expected)
{
    BUFFER out = buffer(1000);
    size_t at = 0;
    do {
        ksql_cell_append(text, &at, width, &out);
        of_buffer_append_byte(&out, '|');
    } while (text[at]);
    assert_string_equal(of_buffer_text(&out), expected);
}

static void texts_are_wrapped_and_made_safe(void **state)
{
    (void)state;
    expect_lines("abcdef", 4, "abcd|ef|");
    expect_lines("ab\ncd", 4, "ab|cd|");
    expect_lines("ab\n", 4, "ab|");
    expect_lines("", 4, "|");
    expect_lines("\xe6\xbc\xa2\xe6\xbc\xa2", 3, "\xe6\xbc\xa2|\xe6\xbc\xa2|");
    expect_lines("\xe6\xbc\xa2z", 1, "\xe6\xbc\xa2|z|"); /* wider than the column */
    expect_lines("a\x1b[31m\tb\x7f", 20, "a\xef\xbf\xbd[31m b\xef\xbf\xbd|");
}

static void csv_is_quoted_where_it_must_be(void **state)
{
    (void)state;
    BUFFER out = buffer(1000);
    JSON row = json("[1, null, \"\", \"plain\", \"a,b\", \"say \\\"x\\\"\", \"l\\nm\", \" s\", "
                    "\"s \", true, 1.5, {\"A\": [1]}]");
    ksql_cell_csv(row, &out);
    assert_string_equal(of_buffer_text(&out),
        "1,,\"\",plain,\"a,b\",\"say \"\"x\"\"\",\"l\nm\",\" s\",\"s \",true,1.5,"
        "\"{\"\"A\"\":[1]}\"\n");
}

static void expect_caret(const char *text, int line, int column, const char *expected)
{
    BUFFER out = buffer(1000);
    ksql_cell_caret(text, strlen(text), line, column, &out);
    assert_string_equal(of_buffer_text(&out), expected);
}

static void carets_stand_under_their_column(void **state)
{
    (void)state;
    expect_caret("SELECT\n  x FORM y;\nz", 2, 5, "  x FORM y;\n    ^");
    expect_caret("abc", 1, 4, "abc\n   ^");  /* behind the end */
    expect_caret("abc", 1, 99, "abc\n   ^"); /* further behind */
    expect_caret("abc", 2, 1, "");
    expect_caret("abc", 1, 0, "");
    expect_caret("'\xe6\xbc\xa2' x", 1, 5, "'\xe6\xbc\xa2' x\n     ^"); /* wide before it */
    expect_caret("\tx", 1, 2, " x\n ^");
    char line[400];
    memset(line, 'a', sizeof(line) - 1);
    line[sizeof(line) - 1] = '\0';
    line[200] = 'X';
    BUFFER out = buffer(1000);
    ksql_cell_caret(line, strlen(line), 1, 201, &out);
    const char *text = of_buffer_text(&out), *feed = strchr(text, '\n');
    assert_int_equal(feed - text, KSQL_CARET_WIDTH);
    assert_int_equal(text[strchr(feed, '^') - feed - 1], 'X');
}

/* ---- tables ---- */

static void expect_table(const char *names, const char *rows, size_t width, const char *expected)
{
    JSON head = json(names);
    JSON body = json(rows);
    BUFFER out = buffer(10000);
    struct ksql_table table;
    ksql_table_fit(&table, head, body, width);
    ksql_table_head(&table, &out);
    for (size_t i = 0; i < json_array_size(body); i++)
        ksql_table_row(&table, json_array_get(body, i), &out);
    ksql_table_foot(&table, &out);
    assert_string_equal(of_buffer_text(&out), expected);
}

static void tables_fit_their_width(void **state)
{
    (void)state;
    expect_table("[\"ID\", \"NAME\"]", "[[1, \"a\"], [null, \"\xe6\xbc\xa2z\"]]", 0,
        "+------+------+\n"
        "| ID   | NAME |\n"
        "+------+------+\n"
        "| 1    | a    |\n"
        "| null | \xe6\xbc\xa2z  |\n"
        "+------+------+\n");
    /* 22 columns: one short of what it needs, so the widest cell is wrapped. */
    expect_table("[\"A\", \"B\"]", "[[\"xy\", \"0123456789abcd\"]]", 22,
        "+----+---------------+\n"
        "| A  | B             |\n"
        "+----+---------------+\n"
        "| xy | 0123456789abc |\n"
        "|    | d             |\n"
        "+----+---------------+\n");
    expect_table("[\"A\", \"B\"]", "[[\"0123456789\", \"a\\nb\"]]", 13, /* A would be below 6 */
        "A: 0123456789\n"
        "B: a\n"
        "  b\n"
        "\n");
    expect_table("[\"A\"]", "[]", 80,
        "+---+\n"
        "| A |\n"
        "+---+\n"
        "+---+\n");
}

static void columns_of_types_have_their_width(void **state)
{
    (void)state;
    JSON names = json("[\"I\", \"B\", \"D\", \"S\"]");
    JSON types = json("[\"INTEGER\", \"BOOLEAN\", \"DECIMAL(4, 2)\", \"STRING\"]");
    struct ksql_table table;
    ksql_table_fit_types(&table, names, types, 80);
    assert_int_equal(table.widths[0], 11);
    assert_int_equal(table.widths[1], 5);
    assert_int_equal(table.widths[2], 6);
    assert_int_equal(table.widths[3], 80 - 13 - 11 - 5 - 6); /* what is left */
    ksql_table_fit_types(&table, names, types, 0);
    assert_int_equal(table.widths[3], 32);
}

static void too_many_columns_are_left_out(void **state)
{
    (void)state;
    JSON names = json_array();
    for (unsigned i = 0; i <= KSQL_TABLE_COLUMNS_MAX; i++)
        json_array_append_new(names, json_string("c"));
    struct ksql_table table;
    ksql_table_fit(&table, names, NULL, 80);
    assert_int_equal(table.count, KSQL_TABLE_COLUMNS_MAX);
    assert_true(table.list);
}

/* ---- answers ---- */

static void expect_grid(
    const char *entity, const char *caption, const char *names, const char *rows, bool message)
{
    JSON answer = json(entity);
    JSON head = json(names);
    JSON body = json(rows);
    OF_CLEANUP(ksql_grid_release) struct ksql_grid grid;
    ksql_grid_init(&grid, answer);
    assert_string_equal(of_buffer_text(&grid.caption), caption);
    assert_true(json_equal(grid.names, head));
    assert_true(json_equal(grid.rows, body));
    assert_int_equal(grid.message, message);
}

static void answers_become_tables(void **state)
{
    (void)state;
    expect_grid("{\"@type\":\"kafka_topics\",\"topics\":[{\"name\":\"t\",\"replicaInfo\":[3,3]},"
                "{\"name\":\"u\",\"replicaInfo\":[]}]}",
        "", "[\"Kafka Topic\",\"Partitions\",\"Partition Replicas\"]",
        "[[\"t\",2,3],[\"u\",0,null]]", false);
    expect_grid("{\"@type\":\"currentStatus\",\"commandStatus\":{\"message\":\"done\"}}", "",
        "[\"Message\"]", "[[\"done\"]]", true);
    expect_grid("{\"@type\":\"of the future\",\"a\":1}", "", "[\"Name\",\"Value\"]",
        "[[\"@type\",\"of the future\"],[\"a\",1]]", false);
    expect_grid("{\"@type\":\"type_list\",\"types\":{\"A\":{\"type\":\"ARRAY\",\"memberSchema\":"
                "{\"type\":\"STRUCT\",\"fields\":[{\"name\":\"X\",\"schema\":{\"type\":\"DECIMAL\","
                "\"parameters\":{\"precision\":4,\"scale\":2}}},{\"name\":\"Y\",\"schema\":{"
                "\"type\":\"MAP\",\"memberSchema\":{\"type\":\"STRING\"}}}]}}}}",
        "", "[\"Type Name\",\"Schema\"]",
        "[[\"A\",\"ARRAY<STRUCT<X DECIMAL(4, 2), Y MAP<STRING, STRING>>>\"]]", false);
    expect_grid("{\"@type\":\"sourceDescription\",\"sourceDescription\":{\"name\":\"T\",\"type\":"
                "\"TABLE\",\"extended\":true,\"partitions\":4,\"fields\":[{\"name\":\"K\","
                "\"schema\":{\"type\":\"INTEGER\"},\"type\":\"KEY\"},{\"name\":\"H\",\"schema\":{"
                "\"type\":\"BYTES\"},\"type\":\"HEADER\",\"headerKey\":\"x\"}]}}",
        "Name         : T\nType         : TABLE\nPartitions   : 4\n", "[\"Field\",\"Type\"]",
        "[[\"K\",\"INTEGER (primary key)\"],[\"H\",\"BYTES (header('x'))\"]]", false);
    expect_grid("{\"@type\":\"sourceDescription\",\"sourceDescription\":{\"name\":\"T\",\"type\":"
                "\"TABLE\",\"windowType\":\"HOPPING\",\"fields\":[{\"name\":\"K\",\"schema\":{"
                "\"type\":\"INTEGER\"},\"type\":\"KEY\"},{\"name\":\"V\",\"schema\":{\"type\":"
                "\"INTEGER\"}}]}}",
        "Name         : T\n", "[\"Field\",\"Type\"]",
        "[[\"K\",\"INTEGER (primary key) (Window type: HOPPING)\"],[\"V\",\"INTEGER\"]]", false);
    expect_grid("{\"@type\":\"source_descriptions\",\"sourceDescriptions\":[{\"name\":\"S\","
                "\"type\":\"STREAM\",\"topic\":\"s\",\"windowType\":null,\"partitions\":2,"
                "\"statement\":\"x;\"}]}",
        "", "[\"Name\",\"Type\",\"Kafka Topic\",\"Window\",\"Partitions\",\"Statement\"]",
        "[[\"S\",\"STREAM\",\"s\",null,2,\"x;\"]]", false);
    expect_grid("{\"@type\":\"describe_function\",\"name\":\"F\",\"functions\":[{\"arguments\":[{"
                "\"name\":\"a\",\"type\":\"INT\"},{\"name\":\"\",\"type\":\"INT\",\"isVariadic\":"
                "true}],\"returnType\":\"BIGINT\",\"description\":\"d\"}]}",
        "Name         : F\n", "[\"Arguments\",\"Returns\",\"Description\"]",
        "[[\"a INT, INT...\",\"BIGINT\",\"d\"]]", false);
}

static void deep_types_are_cut(void **state)
{
    (void)state;
    json_t *schema = json("{\"type\":\"STRING\"}");
    for (int i = 0; i <= KSQL_GRID_TYPE_DEPTH_MAX; i++)
        schema = json_pack("{s:s, s:o}", "type", "ARRAY", "memberSchema", schema);
    JSON outer = schema;
    BUFFER out = buffer(10000);
    ksql_grid_type(outer, &out);
    assert_non_null(strstr(of_buffer_text(&out), "ARRAY<...>"));
}

/* ---- streams of rows ---- */

struct shown {
    char *text;
    size_t size;
    struct ksql_show show;
    struct ksql_stream stream;
};

static void stream_begin(struct shown *shown, enum ksql_output output, bool text)
{
    *shown = (struct shown){.show = {.output = output}};
    shown->show.out = open_memstream(&shown->text, &shown->size);
    ksql_stream_init(&shown->stream, &shown->show, text);
}

static void shown_release(struct shown *shown)
{
    ksql_stream_release(&shown->stream);
    fclose(shown->show.out);
    of_cleanup_free(&shown->text);
}

#define SHOWN OF_CLEANUP(shown_release) struct shown
#define HEADER                                                                                     \
    "{\"queryId\":\"q\",\"columnNames\":[\"A\",\"B\"],\"columnTypes\":[\"INTEGER\","               \
    "\"STRING\"]}\n"

static bool feed(struct shown *shown, long status, const char *text)
{
    return ksql_stream_take(&shown->stream, status, text, strlen(text));
}

static void rows_come_in_pieces(void **state)
{
    (void)state;
    static const char body[] = HEADER "[1,\"x\"]\n\n[2,null]\n{\"finalMessage\":\"Limit Reached\"}";
    for (size_t cut = 0; cut < sizeof(body); cut++) {
        SHOWN shown;
        struct of_error error;
        stream_begin(&shown, KSQL_OUTPUT_CSV, false);
        assert_true(ksql_stream_take(&shown.stream, 200, body, cut));
        assert_true(feed(&shown, 200, body + cut));
        assert_int_equal(ksql_stream_end(&shown.stream, 200, false, &error), 0);
        assert_string_equal(shown.text, "A,B\n1,x\n2,\n");
        assert_int_equal(shown.stream.rows, 2);
        assert_string_equal(shown.stream.note, "Limit Reached");
        assert_null(shown.stream.refusal);
    }
}

static void rows_are_objects_as_json(void **state)
{
    (void)state;
    SHOWN shown;
    struct of_error error;
    stream_begin(&shown, KSQL_OUTPUT_JSON, false);
    assert_true(feed(&shown, 200, HEADER "[1,{\"X\":[true]}]\n[2"));
    assert_int_equal(ksql_stream_end(&shown.stream, 200, true, &error), 0); /* broken off */
    assert_string_equal(shown.text, "{\"A\":1,\"B\":{\"X\":[true]}}\n");
}

static void numbers_keep_their_digits(void **state)
{
    (void)state;
    static const char body[] = HEADER
        "[12345678901234567890.1234567890, \"\\\"],[\\\\\"]\n[ 1.50 ,{\"D\":[1.10,\"]\"]} ]\n";
    struct of_error error;
    SHOWN objects;
    stream_begin(&objects, KSQL_OUTPUT_JSON, false);
    assert_true(feed(&objects, 200, body));
    assert_int_equal(ksql_stream_end(&objects.stream, 200, false, &error), 0);
    assert_string_equal(objects.text,
        "{\"A\":12345678901234567890.1234567890,\"B\":\"\\\"],[\\\\\"}\n"
        "{\"A\":1.50,\"B\":{\"D\":[1.10,\"]\"]}}\n");
    SHOWN lines;
    stream_begin(&lines, KSQL_OUTPUT_CSV, false);
    assert_true(feed(&lines, 200, body));
    assert_int_equal(ksql_stream_end(&lines.stream, 200, false, &error), 0);
    assert_string_equal(lines.text, "A,B\n12345678901234567890.1234567890,\"\"\"],[\\\"\n"
                                    "1.50,\"{\"\"D\"\":[1.10,\"\"]\"\"]}\"\n");
}

static void refusals_come_as_a_whole_or_amid_rows(void **state)
{
    (void)state;
    struct of_error error;
    SHOWN shown;
    stream_begin(&shown, KSQL_OUTPUT_TABLE, false);
    assert_true(feed(&shown, 400, "{\n\"message\":"));
    assert_true(feed(&shown, 400, "\"no such source\"}\n"));
    assert_int_equal(ksql_stream_end(&shown.stream, 400, false, &error), 0);
    assert_string_equal(shown.stream.refusal, "no such source");
    SHOWN other;
    stream_begin(&other, KSQL_OUTPUT_CSV, false);
    assert_true(feed(&other, 200, HEADER "{\"error_code\":50000,\"message\":\"gone\"}\n"));
    assert_int_equal(ksql_stream_end(&other.stream, 200, false, &error), 0);
    assert_string_equal(other.stream.refusal, "gone");
    SHOWN page;
    stream_begin(&page, KSQL_OUTPUT_CSV, false);
    assert_true(feed(&page, 502, "<html>"));
    assert_int_equal(ksql_stream_end(&page.stream, 502, false, &error), 0);
    assert_string_equal(page.stream.refusal, "the server answered with HTTP 502");
}

static void nonsense_is_named(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "<p>\n", "[1,2]\n", HEADER "[1,\n", "3\n", HEADER "[1]\n", HEADER "[1,2,3]\n"};
    for (size_t i = 0; i < OF_COUNT(bodies); i++) {
        SHOWN shown;
        struct of_error error;
        stream_begin(&shown, KSQL_OUTPUT_CSV, false);
        assert_false(feed(&shown, 200, bodies[i]));
        assert_int_equal(ksql_stream_end(&shown.stream, 200, false, &error), OF_INPUT);
        assert_non_null(strstr(error.message, i < 4 ? "no line of JSON" : "cells in a row"));
    }
}

static void texts_are_printed_as_they_are(void **state)
{
    (void)state;
    SHOWN shown;
    struct of_error error;
    stream_begin(&shown, KSQL_OUTPUT_TABLE, true);
    assert_true(feed(&shown, 200, "Key format: KAFKA\nrowtime: 1, \x1b[2J"));
    assert_int_equal(ksql_stream_end(&shown.stream, 200, false, &error), 0);
    assert_string_equal(shown.text, "Key format: KAFKA\nrowtime: 1, \xef\xbf\xbd[2J\n");
}

/* ---- troubles ---- */

static void troubles_have_place_and_caret(void **state)
{
    (void)state;
    static const char text[] = "SHOW x;\n  CREATE STREM ${n};";
    const struct ksql_script script = {"f.sql", text, strlen(text)};
    OF_CLEANUP(ksql_pieces_release) struct ksql_pieces pieces = {0};
    OF_CLEANUP(ksql_session_release) struct ksql_session session;
    struct of_error error;
    ksql_session_init(&session);
    assert_int_equal(ksql_split(text, strlen(text), &pieces, &error), 0);
    assert_int_equal(
        ksql_trouble_refused(&script, &session, &pieces.items[1], "line 1:8: no", &error),
        OF_INPUT);
    assert_string_equal(
        error.message, "f.sql:2:10: line 1:8: no\n  CREATE STREM ${n};\n         ^");
    /* With variables the place is one of what was sent. */
    assert_int_equal(ksql_session_define(&session, "n=STREAMS", &error), 0);
    assert_int_equal(
        ksql_trouble_refused(&script, &session, &pieces.items[1], "line 1:14: no", &error),
        OF_INPUT);
    assert_string_equal(
        error.message, "f.sql:2:16: line 1:14: no\nCREATE STREM STREAMS;\n             ^");
    /* No place known, no name: the statement's first character. */
    const struct ksql_script typed = {NULL, text, strlen(text)};
    assert_int_equal(
        ksql_trouble_refused(&typed, &session, &pieces.items[0], "no", &error), OF_INPUT);
    assert_string_equal(error.message, "1:1: no\nSHOW x;\n^");
}

static void long_troubles_do_without_caret(void **state)
{
    (void)state;
    static const char text[] = "SHOW x;";
    const struct ksql_script script = {"f", text, strlen(text)};
    char message[OF_ERROR_MESSAGE_MAX - 10];
    memset(message, 'm', sizeof(message) - 1);
    message[sizeof(message) - 1] = '\0';
    struct of_error error;
    of_fail(&error, OF_INPUT, "%s", message);
    const struct ksql_place place = {.line = 1, .column = 1};
    assert_int_equal(ksql_trouble_at(&script, place, OF_INPUT, &error), OF_INPUT);
    assert_null(strchr(error.message, '\n'));
}

/* ---- words ---- */

static void words_are_completed(void **state)
{
    (void)state;
    struct ksql_words words;
    char *const *first;
    ksql_words_init(&words);
    JSON answer = json("[{\"@type\":\"streams\",\"streams\":[{\"name\":\"ORDERS\"},{\"name\":"
                       "\"ORDER_INFO\"},{\"name\":\"lower\"}]},{\"@type\":\"tables\",\"tables\":"
                       "[{\"name\":\"ORDERS\"}]}]");
    ksql_words_add_sources(&words, answer);
    assert_int_equal(ksql_words_find(&words, "orde", 4, &first), 2); /* each once */
    OF_FREE char *common = ksql_words_common(first, 2, "orde", 4);
    assert_string_equal(common, "order");
    assert_int_equal(ksql_words_find(&words, "ORDER_", 6, &first), 1);
    OF_FREE char *only = ksql_words_common(first, 1, "ORDER_", 6);
    assert_string_equal(only, "ORDER_INFO");
    assert_int_equal(ksql_words_find(&words, "`lo", 3, &first), 1); /* it needs its quotes */
    assert_string_equal(first[0], "`lower`");
    assert_int_equal(ksql_words_find(&words, "sele", 4, &first), 1);
    assert_int_equal(ksql_words_find(&words, "zzz", 3, &first), 0);
    ksql_words_release(&words);
}

static size_t last(const char *text)
{
    return ksql_words_last(text, strlen(text));
}

static void words_end_at_the_cursor(void **state)
{
    (void)state;
    assert_int_equal(last("SELECT ord"), 3);
    assert_int_equal(last("ord"), 3);
    assert_int_equal(last("a.b_1"), 3);
    assert_int_equal(last("SELECT "), 0);
    assert_int_equal(last(""), 0);
    assert_int_equal(last("WITH (a='ord"), 0);
    assert_int_equal(last("WITH (a='ord') SEL"), 3);
    assert_int_equal(last("FROM `or"), 3);
}

static bool whole(const char *text)
{
    return ksql_words_whole(text, strlen(text));
}

static void statements_are_whole_at_a_semicolon(void **state)
{
    (void)state;
    assert_true(whole("SHOW STREAMS;\n"));
    assert_true(whole("SHOW STREAMS; -- so\n"));
    assert_true(whole("\n"));
    assert_true(whole("-- nothing\n"));
    assert_false(whole("SHOW STREAMS\n"));
    assert_false(whole("SHOW ';'\n"));
    assert_false(whole("SHOW ';\n"));
    assert_false(whole("/* ; \n"));
    assert_false(whole("a; b\n"));
}

static void the_history_keeps_lines(void **state)
{
    (void)state;
    static const char text[] = "SELECT a.b, -- first\n   'x  y' /* z */\nFROM\ts;\n";
    OF_FREE char *line = ksql_words_line(text, strlen(text));
    assert_string_equal(line, "SELECT a.b, 'x  y' FROM s;");
}

static void words_have_a_number(void **state)
{
    (void)state;
    struct ksql_words words OF_CLEANUP(ksql_words_release) = {.items = NULL};
    char word[16];
    for (unsigned i = 0; i <= KSQL_WORDS_MAX; i++) {
        assert_int_equal(words.count, i);
        snprintf(word, sizeof(word), "w%05u", i);
        ksql_words_add(&words, word);
    }
    assert_int_equal(words.count, KSQL_WORDS_MAX);
    char *const *first;
    assert_int_equal(ksql_words_find(&words, word, strlen(word), &first), 0);
}

/* What was written to the file, which is closed. */
static size_t size_of(FILE *file, const char *part)
{
    char line[256] = "";
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    if (part && (!fgets(line, sizeof(line), file) || !strstr(line, part)))
        fail_msg("%s", line);
    fclose(file);
    return size;
}

/* A text of quotes, which CSV doubles. */
static void show_quotes(size_t quotes, bool warned)
{
    struct ksql_show show = {.output = KSQL_OUTPUT_CSV, .out = tmpfile()};
    char *cell OF_FREE = of_alloc(2 * quotes + 3);
    cell[0] = '"';
    for (size_t i = 0; i < quotes; i++)
        memcpy(cell + 1 + 2 * i, "\\\"", 2);
    cell[1 + 2 * quotes] = '"';
    const struct of_text text = {cell, 2 * quotes + 2};
    FILE *errors = tmpfile();
    int before = dup(STDERR_FILENO);
    dup2(fileno(errors), STDERR_FILENO);
    ksql_show_row(&show, &text, 1);
    dup2(before, STDERR_FILENO);
    close(before);
    assert_true(size_of(show.out, NULL) <= KSQL_SHOW_ROW_MAX);
    assert_int_equal(size_of(errors, warned ? "is left out" : NULL) > 0, warned);
}

static void rows_have_a_length_as_they_are_shown(void **state)
{
    (void)state;
    show_quotes(1000, false);
    show_quotes(KSQL_SHOW_ROW_MAX / 2, true); /* and two around them */
}

static void lines_of_an_answer_have_a_length(void **state)
{
    (void)state;
    struct ksql_show show = {.output = KSQL_OUTPUT_JSON, .out = stderr};
    char *spaces OF_FREE = of_alloc(KSQL_STREAM_LINE_MAX + 1);
    memset(spaces, ' ', KSQL_STREAM_LINE_MAX + 1);
    for (size_t over = 0; over < 2; over++) {
        struct ksql_stream stream OF_CLEANUP(ksql_stream_release);
        ksql_stream_init(&stream, &show, false);
        assert_int_equal(
            ksql_stream_take(&stream, 200, spaces, KSQL_STREAM_LINE_MAX + over), !over);
        assert_int_equal(stream.result, over ? OF_INPUT : OF_OK);
    }
}

int main(void)
{
    assert(setlocale(LC_CTYPE, "C.UTF-8"));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(widths_are_columns_of_the_terminal),
        cmocka_unit_test(texts_are_wrapped_and_made_safe),
        cmocka_unit_test(csv_is_quoted_where_it_must_be),
        cmocka_unit_test(carets_stand_under_their_column),
        cmocka_unit_test(tables_fit_their_width),
        cmocka_unit_test(columns_of_types_have_their_width),
        cmocka_unit_test(too_many_columns_are_left_out),
        cmocka_unit_test(answers_become_tables),
        cmocka_unit_test(deep_types_are_cut),
        cmocka_unit_test(rows_come_in_pieces),
        cmocka_unit_test(rows_are_objects_as_json),
        cmocka_unit_test(numbers_keep_their_digits),
        cmocka_unit_test(refusals_come_as_a_whole_or_amid_rows),
        cmocka_unit_test(nonsense_is_named),
        cmocka_unit_test(texts_are_printed_as_they_are),
        cmocka_unit_test(troubles_have_place_and_caret),
        cmocka_unit_test(long_troubles_do_without_caret),
        cmocka_unit_test(words_are_completed),
        cmocka_unit_test(words_end_at_the_cursor),
        cmocka_unit_test(statements_are_whole_at_a_semicolon),
        cmocka_unit_test(the_history_keeps_lines),
        cmocka_unit_test(words_have_a_number),
        cmocka_unit_test(rows_have_a_length_as_they_are_shown),
        cmocka_unit_test(lines_of_an_answer_have_a_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
