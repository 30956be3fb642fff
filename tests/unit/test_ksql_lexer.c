/* Tokens, their places, and scripts cut into statements. */
#include "ksqld/lang/lexer.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void release_pieces(struct ksql_pieces *pieces)
{
    ksql_pieces_release(pieces);
}
#define PIECES OF_CLEANUP(release_pieces)

/* The kinds of all tokens, one letter each. */
static void assert_kinds(const char *text, const char *kinds)
{
    static const char letters[] = "EWQDSINFVY?!"; /* in the order of enum ksql_token_kind */
    char found[64] = "";
    struct ksql_lexer lexer;
    ksql_lexer_init(&lexer, text, strlen(text));
    for (size_t i = 0; i < sizeof(found) - 1; i++) {
        struct ksql_token token;
        ksql_lexer_next(&lexer, &token);
        if (token.kind == KSQL_TOKEN_END)
            break;
        found[i] = letters[token.kind];
    }
    assert_string_equal(found, kinds);
}

static void test_kinds(void **state)
{
    (void)state;
    assert_kinds("SELECT a_1@x FROM `b``c` , \"d\";", "WWWQYQY");
    assert_kinds("1 1.5 .5 1. 1e5 1.5E-3 1e5x 1abc 1.5e", "INNNFFDDNW");
    assert_kinds("'it''s' '' ';' '--' '/*'", "SSSSS");
    assert_kinds("a->b <= >= <> != || := => < - >", "WYWYYYYYYYYYY");
    assert_kinds("${x} ${_y1} $ ${1} ${x", "VV???I???W");
    assert_kinds("-- all of it", "");
    assert_kinds("a -- b\n c /* d ; \n */ e --", "WWW");
    assert_kinds("a /* b", "W!");
    assert_kinds("'a", "!");
    assert_kinds("`a", "!");
    assert_kinds("\xc3\xb1 a", "?W");
}

static void test_places(void **state)
{
    (void)state;
    const char *text = "a '\xc3\xb1' b\n  -- c\n  d";
    struct ksql_lexer lexer;
    ksql_lexer_init(&lexer, text, strlen(text));
    static const struct {
        size_t offset;
        int line, column;
    } expected[] = {{0, 1, 1}, {2, 1, 3}, {7, 1, 7}, {18, 3, 3}, {19, 3, 4}, {19, 3, 4}};
    for (size_t i = 0; i < OF_COUNT(expected); i++) {
        struct ksql_token token;
        ksql_lexer_next(&lexer, &token);
        assert_int_equal(token.place.offset, expected[i].offset);
        assert_int_equal(token.place.line, expected[i].line);
        assert_int_equal(token.place.column, expected[i].column);
    }
}

static void assert_name(const char *text, const char *name)
{
    struct ksql_lexer lexer;
    struct ksql_token token;
    ksql_lexer_init(&lexer, text, strlen(text));
    ksql_lexer_next(&lexer, &token);
    char *found OF_FREE = ksql_token_name(&token);
    assert_string_equal(found, name);
}

static void test_names(void **state)
{
    (void)state;
    assert_name("item_Info", "ITEM_INFO");
    assert_name("`item``Info`", "item`Info");
    assert_name("\"a\"\"b`\"", "a\"b`");
    assert_name("'it''s'", "it's");
    assert_name("''", "");
}

static void test_split(void **state)
{
    (void)state;
    const char *text = "-- first\nSELECT ';' /* ; */ FROM a;;\n  SET 'x'='y' ;\nlast -- ;\n";
    struct ksql_pieces pieces PIECES = {0};
    struct of_error error;
    assert_int_equal(ksql_split(text, strlen(text), &pieces, &error), 0);
    assert_int_equal(pieces.count, 3);
    assert_int_equal(pieces.items[0].length, strlen("SELECT ';' /* ; */ FROM a;"));
    assert_int_equal(pieces.items[0].place.line, 2);
    assert_memory_equal(pieces.items[1].text, "SET 'x'='y' ;", pieces.items[1].length);
    assert_int_equal(pieces.items[1].place.line, 3);
    assert_int_equal(pieces.items[1].place.column, 3);
    assert_int_equal(pieces.items[2].length, 4);
    assert_int_equal(pieces.items[2].place.line, 4);
}

static void test_split_nothing(void **state)
{
    (void)state;
    struct ksql_pieces pieces PIECES = {0};
    struct of_error error;
    assert_int_equal(ksql_split("", 0, &pieces, &error), 0);
    assert_int_equal(pieces.count, 0);
    assert_int_equal(ksql_split(" ; /* a */ ;", 12, &pieces, &error), 0);
    assert_int_equal(pieces.count, 0);
}

static void assert_unfinished(const char *text, const char *message)
{
    struct ksql_pieces pieces PIECES = {0};
    struct of_error error;
    assert_int_equal(ksql_split(text, strlen(text), &pieces, &error), OF_INPUT);
    assert_string_equal(error.message, message);
    assert_null(pieces.items);
}

static void test_split_unfinished(void **state)
{
    (void)state;
    assert_unfinished("a;\n 'b;", "2:2: this string does not end");
    assert_unfinished("a `b;", "1:3: this quoted name does not end");
    assert_unfinished("a; b \"", "1:6: this quoted name does not end");
    assert_unfinished("a /* b *", "1:3: this comment does not end");
}

static void test_split_limits(void **state)
{
    (void)state;
    char *text OF_FREE = of_alloc(KSQL_TEXT_MAX + 1);
    struct of_error error;
    struct ksql_pieces pieces PIECES = {0};

    memset(text, ' ', KSQL_TEXT_MAX + 1);
    assert_int_equal(ksql_split(text, KSQL_TEXT_MAX, &pieces, &error), 0);
    assert_int_equal(ksql_split(text, KSQL_TEXT_MAX + 1, &pieces, &error), OF_INPUT);

    memset(text, 'a', KSQL_STATEMENT_MAX + 1);
    assert_int_equal(ksql_split(text, KSQL_STATEMENT_MAX, &pieces, &error), 0);
    ksql_pieces_release(&pieces);
    assert_int_equal(ksql_split(text, KSQL_STATEMENT_MAX + 1, &pieces, &error), OF_INPUT);

    for (size_t i = 0; i < KSQL_STATEMENTS_MAX + 1; i++)
        memcpy(text + 2 * i, "a;", 2);
    assert_int_equal(ksql_split(text, 2 * KSQL_STATEMENTS_MAX, &pieces, &error), 0);
    assert_int_equal(pieces.count, KSQL_STATEMENTS_MAX);
    ksql_pieces_release(&pieces);
    assert_int_equal(ksql_split(text, 2 * KSQL_STATEMENTS_MAX + 1, &pieces, &error), OF_INPUT);
    assert_string_equal(error.message, "1:8193: more than 4096 statements");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_split_nothing),
        cmocka_unit_test(test_split_unfinished),
        cmocka_unit_test(test_split_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
