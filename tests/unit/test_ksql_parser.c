/* Statements to trees and back, and what the parser says of bad ones. */
#include "ksqld/lang/format.h"
#include "ksqld/lang/node.h"
#include "ksqld/lang/parser.h"
#include "ksqld/lang/variables.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define TEXT_MAX (1024u * 1024)

static void assert_statement(const char *text, const char *expected)
{
    struct ksql_arena arena OF_CLEANUP(ksql_arena_release) = {0};
    struct ksql_problem problem OF_CLEANUP(ksql_problem_release) = {0};
    struct of_buffer out OF_CLEANUP(of_buffer_release);
    of_buffer_init(&out, TEXT_MAX);
    struct ksql_parsed parsed;
    if (ksql_parse(&arena, text, strlen(text), &parsed, &problem))
        fail_msg("%s: %s", text, problem.message);
    if (parsed.kind == KSQL_STATEMENT_CREATE)
        assert_int_equal(ksql_format_create(&parsed, &out), 0);
    else
        assert_int_equal(ksql_format_create_as(&parsed, &out), 0);
    assert_string_equal(of_buffer_text(&out), expected);
}

static void assert_expression(const char *text, const char *expected)
{
    char *statement OF_FREE = of_asprintf("CREATE STREAM A AS SELECT %s X FROM B;", text);
    char *formatted OF_FREE =
        of_asprintf("CREATE STREAM A AS SELECT %s X\nFROM B B\nEMIT CHANGES;", expected);
    assert_statement(statement, formatted);
    assert_statement(formatted, formatted); /* what is logged can be read again */
}

static void assert_refused(const char *text, const char *message, int line, int column)
{
    struct ksql_arena arena OF_CLEANUP(ksql_arena_release) = {0};
    struct ksql_problem problem OF_CLEANUP(ksql_problem_release) = {0};
    struct ksql_parsed parsed;
    assert_int_equal(ksql_parse(&arena, text, strlen(text), &parsed, &problem), OF_INPUT);
    assert_string_equal(problem.message, message);
    assert_int_equal(problem.place.line, line);
    assert_int_equal(problem.place.column, column);
}

static void test_create(void **state)
{
    (void)state;
    assert_statement("create stream finished (k varchar key, a int, `b` STRUCT<x DECIMAL(12,2), "
                     "y ARRAY<MAP<STRING, TIMESTAMP>>>) with (kafka_topic='it''s', "
                     "VALUE_FORMAT='AVRO', 'partitions'=4, wrap_single_value=true);",
        "CREATE STREAM FINISHED (K STRING KEY, A INTEGER, `b` STRUCT<X DECIMAL(12, 2), Y "
        "ARRAY<MAP<STRING, TIMESTAMP>>>) WITH (KAFKA_TOPIC='it''s', PARTITIONS=4, "
        "VALUE_FORMAT='AVRO', WRAP_SINGLE_VALUE=true);");
    assert_statement("CREATE OR REPLACE TABLE IF NOT EXISTS `t` (id BIGINT PRIMARY KEY);",
        "CREATE OR REPLACE TABLE IF NOT EXISTS `t` (ID BIGINT PRIMARY KEY);");
}

static void test_create_as(void **state)
{
    (void)state;
    assert_statement("CREATE STREAM x WITH (VALUE_FORMAT='AVRO') AS SELECT *, a.*, b c FROM d AS a "
                     "WHERE e = 1 PARTITION BY f, g EMIT CHANGES;",
        "CREATE STREAM X WITH (VALUE_FORMAT='AVRO') AS SELECT\n  *,\n  A.*,\n  B C\nFROM D A\n"
        "WHERE (E = 1)\nPARTITION BY F, G\nEMIT CHANGES;");
    assert_statement("CREATE STREAM x AS SELECT emit FROM d emit PARTITION BY (f, g);",
        "CREATE STREAM X AS SELECT EMIT\nFROM D EMIT\nPARTITION BY F, G\nEMIT CHANGES;");
    assert_statement("CREATE STREAM x AS SELECT a FROM d PARTITION BY (f) + 1;",
        "CREATE STREAM X AS SELECT A\nFROM D D\nPARTITION BY (F + 1)\nEMIT CHANGES;");
}

static void test_expressions(void **state)
{
    (void)state;
    assert_expression("a + b * -c - 1", "((A + (B * -C)) - 1)");
    assert_expression("a - -5", "(A - -5)");
    assert_expression("- -5", "- -5");
    assert_expression(
        "not a = b and c or d is not null", "(((NOT (A = B)) AND C) OR (D IS NOT NULL))");
    assert_expression("(a or b) and c is null", "((A OR B) AND (C IS NULL))");
    assert_expression("a != 'it''s' AND b <= 2.50", "((A <> 'it''s') AND (B <= 2.50))");
    assert_expression("x.a->`b`->c", "X.A->`b`->C");
    assert_expression("CAST(a AS VARCHAR) + '-' + ''", "((CAST(A AS STRING) + '-') + '')");
    assert_expression("case when a > 1 then 'x' when b then 'y' else null end",
        "(CASE WHEN (A > 1) THEN 'x' WHEN B THEN 'y' ELSE null END)");
    assert_expression("explode(a->b)", "EXPLODE(A->B)");
    assert_expression("a || b", "`concat`(A, B)");
    assert_expression("2147483647 + 2147483648 % 12.5e0", "(2147483647 + (2147483648 % 1.25E1))");
    assert_expression("true = FALSE", "(true = false)");
}

static void test_syntax_errors(void **state)
{
    (void)state;
    assert_refused("CREATE STREM x;",
        "line 1:8: Syntax Error\nSyntax error at or near 'STREM' at line 1:8", 1, 8);
    assert_refused("CREATE STREAM big AS SELECT order_key, order_total, CASE WHEN order_total > "
                   "10000 THEN 'big' ELSE 'small' END AS size FROM finished;",
        "line 1:114: Syntax Error\n", 1, 114);
    assert_refused("SELECT order_key, size FROM big EMIT CHANGES LIMIT 3;",
        "line 1:19: Syntax Error\n", 1, 19);
    assert_refused("SELET 1;",
        "line 1:1: Syntax Error\nUnknown statement 'SELET'\nDid you mean 'SELECT'?", 1, 1);
    assert_refused(
        "CREATE STREAM x AS SELECT a\n  FRM b;", "line 2:7: Syntax Error\nExpecting 'FROM'", 2, 7);
    assert_refused("CREATE STREAM x AS SELECT a FROM b",
        "line 1:35: Syntax Error\nSyntax error at or near \";\"\n'}', ']', or ')' is missing", 1,
        35);
    assert_refused("CREATE STREAM x (a WIBBLE);", "Cannot resolve unknown type: WIBBLE", 1, 20);
    assert_refused("CREATE STREAM x (a DECIMAL(2,3));",
        "DECIMAL precision must be >= scale: DECIMAL(2,3)", 1, 20);
    assert_refused("CREATE STREAM `a b` (c INT);",
        "Illegal argument at Line: 1, Col: 15. Source names may only contain alphanumeric values, "
        "'_' or '-'. Got: 'a b'",
        1, 15);
    assert_refused("DROP STREAM ${x};",
        "Illegal argument at Line: 1, Col: 13. Identifier names cannot start with '@' and may only "
        "contain alphanumeric values and '_'. Got: '${x}'",
        1, 13);
}

static void test_predicates(void **state)
{
    (void)state;
    assert_expression("a BETWEEN 1 AND b + 2", "(A BETWEEN 1 AND (B + 2))");
    assert_expression("a NOT BETWEEN 1 AND 2", "(NOT (A BETWEEN 1 AND 2))");
    assert_expression("a IN (1, b, NULL)", "(A IN (1, B, null))");
    assert_expression("a NOT IN (1)", "(NOT (A IN (1)))");
    assert_expression("a LIKE 'x!_%' ESCAPE '!'", "(A LIKE 'x!_%' ESCAPE '!')");
    assert_expression("a NOT LIKE b", "(NOT (A LIKE B))");
    assert_expression("a IS DISTINCT FROM b", "(A IS DISTINCT FROM B)");
    assert_expression("a IS NOT DISTINCT FROM b", "(NOT (A IS DISTINCT FROM B))");
    assert_refused("CREATE STREAM t AS SELECT a FROM b WHERE c LIKE 'x' ESCAPE 'ab';",
        "Line: 1, Col: 60: Expected single character escape but got: ab", 1, 60);
}

static void test_constructors(void **state)
{
    (void)state;
    assert_expression("ARRAY[1, a][-1]", "ARRAY[1, A][-1]");
    assert_expression("MAP('a' := 1, b := 2)['a']", "MAP('a':=1, B:=2)['a']");
    assert_expression("STRUCT(x := 1, `y z` := 'q')->x", "STRUCT(X:=1, `y z`:='q')->X");
    assert_expression("TRANSFORM(a, x => x + 1)", "TRANSFORM(A, (X) => (X + 1))");
    assert_expression("REDUCE(m, 0, (s, k, v) => s + v)", "REDUCE(M, 0, (S, K, V) => (S + V))");
    assert_expression("DATEADD(DAYS, 1, d)", "DATEADD(DAYS, 1, D)");
}

static void test_not_supported(void **state)
{
    (void)state;
    assert_refused("CREATE TABLE t AS SELECT a, COUNT(*) FROM b\n GROUP BY c, (d, a);",
        "Line: 2, Col: 14: Expressions in parentheses, of GROUP BY, is not supported by this "
        "runner.",
        2, 14);
    assert_refused("CREATE STREAM t AS SELECT a FROM b LIMIT 1;",
        "Line: 1, Col: 36: LIMIT is not supported by this runner.", 1, 36);
    assert_refused("LIST CONNECTORS;",
        "Line: 1, Col: 6: A list of connectors is not supported by this runner.", 1, 6);
    assert_refused("SHOW SOURCE CONNECTORS;",
        "Line: 1, Col: 6: A list of connectors is not supported by this runner.", 1, 6);
    assert_refused("SHOW CONNECTOR PLUGINS;",
        "Line: 1, Col: 6: A list of connectors is not supported by this runner.", 1, 6);
    assert_refused("ALTER STREAM s ADD COLUMN c INT;",
        "Line: 1, Col: 1: ALTER is not supported by this runner.", 1, 1);
    assert_refused("CREATE STREAM t AS SELECT CASE a WHEN 1 THEN 2 END FROM b;",
        "Line: 1, Col: 32: CASE with an operand is not supported by this runner.", 1, 32);
}

/* What a query is made of comes back as ksqlDB prints it, and that text means the same. */
static void assert_printed(const char *text, const char *expected)
{
    for (int again = 0; again < 2; again++) {
        struct ksql_arena arena OF_CLEANUP(ksql_arena_release) = {0};
        struct ksql_problem problem OF_CLEANUP(ksql_problem_release) = {0};
        struct of_buffer printed OF_CLEANUP(of_buffer_release);
        struct ksql_parsed parsed = {0};
        of_buffer_init(&printed, TEXT_MAX);
        assert_int_equal(ksql_parse(&arena, again ? expected : text,
                             strlen(again ? expected : text), &parsed, &problem),
            0);
        ksql_format_create_as(&parsed, &printed);
        assert_string_equal(of_buffer_text(&printed), expected);
    }
}

static void test_clauses(void **state)
{
    (void)state;
    assert_printed(
        "create table t as select a, count(*) c from b group by (a, d) having count(*)>1;",
        "CREATE TABLE T AS SELECT\n  A,\n  COUNT(*) C\nFROM B B\nGROUP BY A, D\nHAVING "
        "(COUNT(*) > 1)\nEMIT CHANGES;");
    assert_printed("create table t as select * from a x left join b as y on x.i = y.i full outer "
                   "join c on y.i = c.i join d on a.i = d.i right join e on a.i = e.i;",
        "CREATE TABLE T AS SELECT *\nFROM A X\nLEFT OUTER JOIN B Y ON ((X.I = Y.I))\nFULL OUTER "
        "JOIN C C ON ((Y.I = C.I))\nINNER JOIN D D ON ((A.I = D.I))\nRIGHT OUTER JOIN E E ON "
        "((A.I = E.I))\nEMIT CHANGES;");
    assert_printed("create table t as select a from b window tumbling (size 1 hour) group by a "
                   "emit final;",
        "CREATE TABLE T AS SELECT A\nFROM B B\nWINDOW TUMBLING ( SIZE 1 HOURS ) \nGROUP BY "
        "A\nEMIT FINAL;");
    assert_printed("create table t as select a from b window hopping (size 2 days, advance by 1 "
                   "minute, retention 3 days, grace period 4 milliseconds) group by a;",
        "CREATE TABLE T AS SELECT A\nFROM B B\nWINDOW HOPPING ( SIZE 2 DAYS , ADVANCE BY 1 "
        "MINUTES , RETENTION 3 DAYS , GRACE PERIOD 4 MILLISECONDS ) \nGROUP BY A\nEMIT CHANGES;");
    assert_printed("create table t as select a from b window session (5 second) group by a;",
        "CREATE TABLE T AS SELECT A\nFROM B B\nWINDOW SESSION ( 5 SECONDS ) \nGROUP BY A\nEMIT "
        "CHANGES;");
}

static void test_window_overlap(void **state)
{
    (void)state;
    assert_printed("create table t as select a from b window hopping (size 10000 milliseconds, "
                   "advance by 1 millisecond) group by a;",
        "CREATE TABLE T AS SELECT A\nFROM B B\nWINDOW HOPPING ( SIZE 10000 MILLISECONDS , ADVANCE "
        "BY 1 "
        "MILLISECONDS ) \nGROUP BY A\nEMIT CHANGES;");
    assert_refused("CREATE TABLE t AS SELECT a FROM b WINDOW HOPPING (SIZE 10001 MILLISECONDS, "
                   "ADVANCE BY 1 MILLISECONDS) GROUP BY a;",
        "Line: 1, Col: 35: More than 10000 windows over one moment is not supported by this "
        "runner.",
        1, 35);
    assert_refused("CREATE TABLE t AS SELECT a FROM b WINDOW TUMBLING (SIZE 0 SECONDS) GROUP BY a;",
        "Line: 1, Col: 35: A window without a size, or further from the next than its size, is not "
        "supported by this runner.",
        1, 35);
}

static char *repeated(const char *before, const char *what, unsigned times, const char *after)
{
    struct of_buffer text OF_CLEANUP(of_buffer_release);
    of_buffer_init(&text, TEXT_MAX);
    of_buffer_append_text(&text, before);
    for (unsigned i = 0; i < times; i++)
        of_buffer_append_text(&text, what);
    of_buffer_append_text(&text, after);
    return of_strndup((const char *)text.data, text.length);
}

static bool parses(const char *text)
{
    struct ksql_arena arena OF_CLEANUP(ksql_arena_release) = {0};
    struct ksql_problem problem OF_CLEANUP(ksql_problem_release) = {0};
    struct ksql_parsed parsed;
    return !ksql_parse(&arena, text, strlen(text), &parsed, &problem);
}

static void test_limits(void **state)
{
    (void)state;
    static const struct {
        const char *before, *what, *after;
        unsigned most;
    } cases[] = {
        {"CREATE STREAM A AS SELECT 1", " + 1", " x FROM B;", KSQL_EXPRESSION_DEPTH_MAX - 1},
        {"CREATE STREAM A AS SELECT a", " -> a", " x FROM B;", KSQL_EXPRESSION_DEPTH_MAX - 1},
        {"CREATE STREAM A AS SELECT a", ", a", " x FROM B;", KSQL_COLUMNS_MAX - 1},
        {"CREATE STREAM A (a INT", ", a INT", ");", KSQL_COLUMNS_MAX - 1},
        {"CREATE STREAM a", "a", ";", KSQL_IDENTIFIER_MAX - 1},
        {"CREATE STREAM A AS SELECT f(a", ", a", ") x FROM B;", KSQL_COLUMNS_MAX - 1},
        {"CREATE STREAM A AS SELECT a FROM b PARTITION BY a", ", a", ";", KSQL_COLUMNS_MAX - 1},
        {"CREATE STREAM A AS SELECT a FROM b GROUP BY a", ", a", ";", KSQL_COLUMNS_MAX - 1},
        {"CREATE STREAM A AS SELECT a FROM b", " JOIN c ON d = e", ";", 15},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        char *good OF_FREE =
            repeated(cases[i].before, cases[i].what, cases[i].most, cases[i].after);
        char *bad OF_FREE =
            repeated(cases[i].before, cases[i].what, cases[i].most + 1, cases[i].after);
        assert_true(parses(good));
        assert_false(parses(bad));
    }
    static const char *const nests[] = {"(", "- ", "NOT ", "CAST(", "CASE WHEN "};
    for (size_t i = 0; i < OF_COUNT(nests); i++) {
        char *bad OF_FREE =
            repeated("CREATE STREAM A AS SELECT ", nests[i], KSQL_NESTING_MAX + 1, "a x FROM B;");
        assert_false(parses(bad));
    }
    char *arrays OF_FREE = repeated("CREATE STREAM A (a ", "ARRAY<", KSQL_TYPE_DEPTH_MAX, "INT>);");
    assert_false(parses(arrays));
}

/* Whatever is cut off, the parser ends and says so. */
static void test_truncated(void **state)
{
    (void)state;
    const char *text = "CREATE OR REPLACE STREAM IF NOT EXISTS a WITH (x='y', z=-1) AS SELECT CASE "
                       "WHEN a->b IS NOT NULL THEN CAST(-b + 1 AS DECIMAL(4, 2)) ELSE f(c, 'd') "
                       "END e, g.* FROM h g WHERE NOT (i AND `j`) PARTITION BY (k) EMIT CHANGES;";
    size_t length = strlen(text);
    assert_true(parses(text));
    for (size_t i = 0; i < length; i++) {
        char *cut OF_FREE = of_strndup(text, i);
        assert_false(parses(cut));
    }
}

static const char *lookup(const void *context, const char *name, size_t length)
{
    (void)context;
    static const char *const values[][2] = {{"n", "4"}, {"topic", "it's"}, {"col", "`a b`"},
        {"evil", "a; DROP STREAM b"}, {"minus", "-1"}, {"quoted", "'x'"}, {"two", "'a' + 'b'"},
        {"column", "a_1"}, {"at", "@a"}, {"int", "INT"}, {"yes", "true"}, {"null", "NULL"},
        {"empty", ""}, {"again", "'${n}'"}};
    for (size_t i = 0; i < OF_COUNT(values); i++) {
        if (strlen(values[i][0]) == length && memcmp(values[i][0], name, length) == 0)
            return values[i][1];
    }
    return NULL;
}

static void assert_substituted(const char *text, const char *expected)
{
    struct ksql_problem problem OF_CLEANUP(ksql_problem_release) = {0};
    struct of_buffer out OF_CLEANUP(of_buffer_release);
    of_buffer_init(&out, KSQL_STATEMENT_MAX);
    assert_int_equal(ksql_substitute(text, strlen(text), lookup, NULL, &out, &problem), 0);
    assert_string_equal(of_buffer_text(&out), expected);
}

static void test_variables(void **state)
{
    (void)state;
    assert_substituted("A ${n} 'x${topic}${none}${n' ${column} ${minus} -- ${n}\n ${quoted};",
        "A 4 'xit''s${none}${n' a_1 -1 -- ${n}\n 'x';");
    assert_substituted("${none}", "${none}");
    struct ksql_problem problem OF_CLEANUP(ksql_problem_release) = {0};
    struct of_buffer out OF_CLEANUP(of_buffer_release);
    of_buffer_init(&out, KSQL_STATEMENT_MAX);
    assert_int_equal(ksql_substitute(" ${evil}", 8, lookup, NULL, &out, &problem), OF_INPUT);
    assert_string_equal(
        problem.message, "Illegal argument at Line: 1, Col: 2. Got: 'a; DROP STREAM b'");
    ksql_problem_release(&problem);
    assert_int_equal(ksql_substitute(" 'a${again}'", 12, lookup, NULL, &out, &problem), OF_INPUT);
    assert_true(problem.not_supported);
}

static void test_variables_in_strings(void **state)
{
    (void)state;
    assert_substituted("'$${topic} $${none} ${topic}' '${none:-a:-b}${topic:-x}${none:-}' '${:-}';",
        "'${topic} ${none} it''s' 'a:-bit''s' '';");
    assert_substituted(
        "'a$' '$$$${topic}' '${none' '$${none';", "'a$' '$$${topic}' '${none' '$${none';");
    assert_substituted("'${quoted}' ${two};", "''x'' 'a'' + ''b';");
}

/* What may stand where, in ksqlDB's words. */
static void test_variable_places(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message; /* NULL: it may */
    } cases[] = {
        {"SELECT ${quoted}, ${minus} + ${n}, s.${column} FROM ${column} ${column};", NULL},
        {"SELECT ${column}.a, ${column}(${n}), a->${column} AS ${col} FROM s;",
            "Illegal argument at Line: 1, Col: 54. Identifier names cannot start with '@' and may "
            "only contain alphanumeric values and '_'. Got: '`a b`'"},
        {"SELECT ${column} FROM s;", "Illegal argument at Line: 1, Col: 8. Got: 'a_1'"},
        {"SELECT a FROM s WHERE ${column} = 1;",
            "Illegal argument at Line: 1, Col: 23. Got: 'a_1'"},
        {"SELECT ${column}->a FROM s;", "Illegal argument at Line: 1, Col: 8. Got: 'a_1'"},
        {"SELECT a FROM ${n};",
            "Illegal argument at Line: 1, Col: 15. Identifier names cannot start with '@' and may "
            "only contain alphanumeric values and '_'. Got: '4'"},
        {"SELECT a FROM ${none};",
            "Illegal argument at Line: 1, Col: 15. Identifier names cannot start with '@' and may "
            "only contain alphanumeric values and '_'. Got: '${none}'"},
        {"SELECT ${none} FROM s;", "Illegal argument at Line: 1, Col: 8. Got: '${none}'"},
        {"SELECT a AS ${at} FROM s;",
            "Illegal argument at Line: 1, Col: 13. Identifier names cannot start with '@' and may "
            "only contain alphanumeric values and '_'. Got: '@a'"},
        {"CREATE STREAM ${column} (${column} ${int}) WITH (${column} = ${n}, 'b' = ${yes});", NULL},
        {"CREATE STREAM s (a INT) WITH (KAFKA_TOPIC = ${column});",
            "Illegal argument at Line: 1, Col: 45. Got: 'a_1'"},
        {"CREATE STREAM s (a ${evil}) WITH (KAFKA_TOPIC = 's');",
            "Illegal argument at Line: 1, Col: 20. Identifier names cannot start with '@' and may "
            "only contain alphanumeric values and '_'. Got: 'a; DROP STREAM b'"},
        {"INSERT INTO ${column} (${column}) VALUES (${quoted}, ${n}, ${yes}, ${two});", NULL},
        {"INSERT INTO s VALUES (${null});", "Illegal argument at Line: 1, Col: 23. Got: 'NULL'"},
        {"INSERT INTO s VALUES (${empty});", "Illegal argument at Line: 1, Col: 23. Got: ''"},
        {"SET ${quoted} = ${quoted};", NULL}, {"TERMINATE ${column};", NULL},
        {"PRINT ${column};", NULL},
        {"SELECT a FROM s EMIT CHANGES LIMIT ${n};", "line 1:36: Syntax Error"},
        {"SELECT a FROM s WINDOW TUMBLING (SIZE ${n} SECONDS) GROUP BY a;",
            "line 1:39: Syntax Error"},
        {"DEFINE ${column} = 'x';", "line 1:8: Syntax Error"},
        {"SELECT FROM ${n} WHERE;", NULL}, /* wrong, but not for its variable */
    };
    static const struct ksql_variable_values variables = {lookup, NULL};
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        struct ksql_problem problem OF_CLEANUP(ksql_problem_release) = {0};
        const char *text = cases[i].text;
        int status = ksql_parse_variables(text, strlen(text), NULL, &variables, &problem);
        if (!cases[i].message) {
            if (status)
                fail_msg("%s\n%s", text, problem.message);
            continue;
        }
        if (!status)
            fail_msg("%s: it passed", text);
        if (strncmp(problem.message, cases[i].message, strlen(cases[i].message)) != 0)
            fail_msg("%s\n%s\nwanted: %s", text, problem.message, cases[i].message);
    }
}

static void test_variable_values(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "_", "A_b9", "a@b", "`a`", "\"a\""};
    static const char *const others[] = {
        "", "@a", "9a", "a-b", "a b", "`a b`", "``", "`", "'a'", "`a", "4"};
    static const char *const literals[] = {"'a'", "''", "'it''s'", "'a' + 'b'", "TRUE", "false",
        "4", "-4", "+4", "4.", ".5", "-1.5e3", "1E-3", "9999999999999999999999"};
    static const char *const words[] = {"", "'", "a", "NULL", "-", ".", "4x", "1e", "1e+", "e5",
        "4 5", "0x1", "--4", "NaN", "1.2.3", "'a"};
    for (size_t i = 0; i < OF_COUNT(names); i++)
        assert_true(ksql_variable_is_name(names[i]));
    for (size_t i = 0; i < OF_COUNT(others); i++)
        assert_false(ksql_variable_is_name(others[i]));
    for (size_t i = 0; i < OF_COUNT(literals); i++)
        assert_true(ksql_variable_is_literal(literals[i]));
    for (size_t i = 0; i < OF_COUNT(words); i++)
        assert_false(ksql_variable_is_literal(words[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create),
        cmocka_unit_test(test_create_as),
        cmocka_unit_test(test_expressions),
        cmocka_unit_test(test_syntax_errors),
        cmocka_unit_test(test_predicates),
        cmocka_unit_test(test_constructors),
        cmocka_unit_test(test_not_supported),
        cmocka_unit_test(test_clauses),
        cmocka_unit_test(test_window_overlap),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_variables),
        cmocka_unit_test(test_variables_in_strings),
        cmocka_unit_test(test_variable_places),
        cmocka_unit_test(test_variable_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
