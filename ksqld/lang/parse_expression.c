/* Operators by their precedence: unary sign, * / %, + -, ||, comparisons, NOT, AND, OR. */
#include "ksqld/lang/cursor.h"
#include "ksqld/lang/node.h"

static struct ksql_node *binary(struct ksql_cursor *cursor, enum ksql_node_kind kind,
    const struct ksql_place *place, struct ksql_node *left, struct ksql_node *right)
{
    struct ksql_node *node = ksql_node_new(cursor->arena, kind, place);
    ksql_node_add(cursor->arena, node, left);
    ksql_node_add(cursor->arena, node, right);
    return node;
}

/* A chain a + b + c + ... becomes as deep as it is long. */
static int check_depth(struct ksql_cursor *cursor, const struct ksql_node *left)
{
    return left->depth < KSQL_EXPRESSION_DEPTH_MAX ? 0 : ksql_cursor_too_deep(cursor);
}

static int parse_sign(struct ksql_cursor *cursor, struct ksql_node **node)
{
    struct ksql_token ahead = ksql_cursor_peek(cursor);
    bool minus = ksql_cursor_is_symbol(cursor, "-");
    bool literal = ahead.kind == KSQL_TOKEN_INTEGER || ahead.kind == KSQL_TOKEN_DECIMAL ||
                   ahead.kind == KSQL_TOKEN_FLOAT;
    if (!(minus && !literal) && !ksql_cursor_is_symbol(cursor, "+"))
        return ksql_parse_primary(cursor, node);
    struct ksql_node *sign = ksql_node_new(cursor->arena, KSQL_NODE_SIGN, &cursor->token.place);
    sign->op = minus ? KSQL_SUBTRACT : KSQL_ADD;
    ksql_cursor_next(cursor);
    struct ksql_node *operand;
    if (ksql_cursor_enter(cursor) || parse_sign(cursor, &operand))
        return OF_INPUT;
    ksql_cursor_leave(cursor);
    ksql_node_add(cursor->arena, sign, operand);
    *node = sign;
    return 0;
}

static int parse_product(struct ksql_cursor *cursor, struct ksql_node **node)
{
    struct ksql_node *left;
    if (parse_sign(cursor, &left))
        return OF_INPUT;
    for (;;) {
        struct ksql_place place = cursor->token.place;
        enum ksql_operator op;
        if (ksql_cursor_is_symbol(cursor, "*"))
            op = KSQL_MULTIPLY;
        else if (ksql_cursor_is_symbol(cursor, "/"))
            op = KSQL_DIVIDE;
        else if (ksql_cursor_is_symbol(cursor, "%"))
            op = KSQL_MODULO;
        else
            break;
        ksql_cursor_next(cursor);
        struct ksql_node *right;
        if (check_depth(cursor, left) || parse_sign(cursor, &right))
            return OF_INPUT;
        left = binary(cursor, KSQL_NODE_ARITHMETIC, &place, left, right);
        left->op = op;
    }
    *node = left;
    return 0;
}

static int parse_sum(struct ksql_cursor *cursor, struct ksql_node **node)
{
    struct ksql_node *left;
    if (parse_product(cursor, &left))
        return OF_INPUT;
    while (ksql_cursor_is_symbol(cursor, "+") || ksql_cursor_is_symbol(cursor, "-")) {
        struct ksql_place place = cursor->token.place;
        enum ksql_operator op = ksql_cursor_is_symbol(cursor, "+") ? KSQL_ADD : KSQL_SUBTRACT;
        ksql_cursor_next(cursor);
        struct ksql_node *right;
        if (check_depth(cursor, left) || parse_product(cursor, &right))
            return OF_INPUT;
        left = binary(cursor, KSQL_NODE_ARITHMETIC, &place, left, right);
        left->op = op;
    }
    *node = left;
    return 0;
}

int ksql_parse_value_expression(struct ksql_cursor *cursor, struct ksql_node **node)
{
    struct ksql_node *left;
    if (parse_sum(cursor, &left))
        return OF_INPUT;
    while (ksql_cursor_is_symbol(cursor, "||")) {
        struct ksql_place place = cursor->token.place;
        ksql_cursor_next(cursor);
        struct ksql_node *right;
        if (check_depth(cursor, left) || parse_sum(cursor, &right))
            return OF_INPUT;
        left = binary(cursor, KSQL_NODE_CALL, &place, left, right);
        left->name = "concat"; /* ksqlDB prints it in lower case */
    }
    *node = left;
    return 0;
}

static bool comparison(const struct ksql_cursor *cursor, enum ksql_operator *op)
{
    static const struct {
        const char *symbol;
        enum ksql_operator op;
    } table[] = {
        {"=", KSQL_EQUAL},
        {"<>", KSQL_NOT_EQUAL},
        {"!=", KSQL_NOT_EQUAL},
        {"<", KSQL_LESS},
        {"<=", KSQL_LESS_EQUAL},
        {">", KSQL_GREATER},
        {">=", KSQL_GREATER_EQUAL},
    };
    for (size_t i = 0; i < OF_COUNT(table); i++) {
        if (ksql_cursor_is_symbol(cursor, table[i].symbol)) {
            *op = table[i].op;
            return true;
        }
    }
    return false;
}

static struct ksql_node *negate_if(struct ksql_cursor *cursor, bool negated, struct ksql_node *node)
{
    if (!negated)
        return node;
    struct ksql_node *negation = ksql_node_new(cursor->arena, KSQL_NODE_NOT, &node->place);
    ksql_node_add(cursor->arena, negation, node);
    return negation;
}

static int parse_distinct(
    struct ksql_cursor *cursor, struct ksql_node *left, bool negated, struct ksql_node **node)
{
    struct ksql_place place = cursor->token.place;
    struct ksql_node *right;
    ksql_cursor_next(cursor);
    if (ksql_cursor_expect_word(cursor, "FROM") || ksql_parse_value_expression(cursor, &right))
        return OF_INPUT;
    struct ksql_node *distinct = binary(cursor, KSQL_NODE_COMPARISON, &place, left, right);
    distinct->op = KSQL_DISTINCT;
    *node = negate_if(cursor, negated, distinct);
    return 0;
}

static int parse_is(struct ksql_cursor *cursor, struct ksql_node *left, struct ksql_node **node)
{
    ksql_cursor_next(cursor);
    bool negated = ksql_cursor_take_word(cursor, "NOT");
    if (ksql_cursor_is_word(cursor, "DISTINCT"))
        return parse_distinct(cursor, left, negated, node);
    if (ksql_cursor_expect_word(cursor, "NULL"))
        return OF_INPUT;
    *node = ksql_node_new(
        cursor->arena, negated ? KSQL_NODE_IS_NOT_NULL : KSQL_NODE_IS_NULL, &left->place);
    ksql_node_add(cursor->arena, *node, left);
    return 0;
}

static int parse_between(struct ksql_cursor *cursor, struct ksql_node *between)
{
    struct ksql_node *low, *high;
    if (ksql_parse_value_expression(cursor, &low) || ksql_cursor_expect_word(cursor, "AND") ||
        ksql_parse_value_expression(cursor, &high))
        return OF_INPUT;
    ksql_node_add(cursor->arena, between, low);
    ksql_node_add(cursor->arena, between, high);
    return 0;
}

static int parse_in(struct ksql_cursor *cursor, struct ksql_node *in)
{
    if (ksql_cursor_expect_symbol(cursor, "("))
        return OF_INPUT;
    do {
        struct ksql_node *item;
        if (in->count > KSQL_COLUMNS_MAX)
            return ksql_problem_set(cursor->problem, &cursor->token.place,
                "an IN list has more than %d items", KSQL_COLUMNS_MAX);
        if (ksql_parse_expression(cursor, &item))
            return OF_INPUT;
        ksql_node_add(cursor->arena, in, item);
    } while (ksql_cursor_take_symbol(cursor, ","));
    return ksql_cursor_expect_symbol(cursor, ")");
}

static int parse_like(struct ksql_cursor *cursor, struct ksql_node *like)
{
    struct ksql_node *pattern;
    if (ksql_parse_value_expression(cursor, &pattern))
        return OF_INPUT;
    ksql_node_add(cursor->arena, like, pattern);
    if (!ksql_cursor_take_word(cursor, "ESCAPE"))
        return 0;
    struct ksql_place place = cursor->token.place;
    if (ksql_cursor_string(cursor, &like->text))
        return OF_INPUT;
    like->text_length = strlen(like->text);
    if (like->text_length == 1)
        return 0;
    return ksql_problem_set(cursor->problem, &place,
        "Line: %d, Col: %d: Expected single character escape but got: %s", place.line, place.column,
        like->text);
}

static const struct {
    const char *word;
    enum ksql_node_kind kind;
    int (*parse)(struct ksql_cursor *cursor, struct ksql_node *node);
} predicates[] = {
    {"BETWEEN", KSQL_NODE_BETWEEN, parse_between},
    {"IN", KSQL_NODE_IN, parse_in},
    {"LIKE", KSQL_NODE_LIKE, parse_like},
};

/* What follows a value and may have a NOT before it; *node stays as it is if there is none. */
static int parse_worded(struct ksql_cursor *cursor, struct ksql_node *left, struct ksql_node **node)
{
    struct ksql_token ahead = ksql_cursor_peek(cursor);
    bool negated = ksql_cursor_is_word(cursor, "NOT");
    const struct ksql_token *word = negated ? &ahead : &cursor->token;
    for (size_t i = 0; i < OF_COUNT(predicates); i++) {
        if (!ksql_token_is_word(word, predicates[i].word))
            continue;
        struct ksql_node *made = ksql_node_new(cursor->arena, predicates[i].kind, &word->place);
        ksql_node_add(cursor->arena, made, left);
        if (negated)
            ksql_cursor_next(cursor);
        ksql_cursor_next(cursor);
        *node = negate_if(cursor, negated, made);
        return predicates[i].parse(cursor, made);
    }
    return 0;
}

static int parse_predicate(struct ksql_cursor *cursor, struct ksql_node **node)
{
    struct ksql_node *left;
    if (ksql_parse_value_expression(cursor, &left))
        return OF_INPUT;
    struct ksql_place place = cursor->token.place;
    enum ksql_operator op;
    if (comparison(cursor, &op)) {
        struct ksql_node *right;
        ksql_cursor_next(cursor);
        if (ksql_parse_value_expression(cursor, &right))
            return OF_INPUT;
        *node = binary(cursor, KSQL_NODE_COMPARISON, &place, left, right);
        (*node)->op = op;
        return 0;
    }
    if (ksql_cursor_is_word(cursor, "IS"))
        return parse_is(cursor, left, node);
    if (ksql_cursor_is_word(cursor, "AT"))
        return ksql_cursor_unsupported(cursor, "AT TIME ZONE");
    *node = left;
    return parse_worded(cursor, left, node);
}

static int parse_not(struct ksql_cursor *cursor, struct ksql_node **node)
{
    if (!ksql_cursor_is_word(cursor, "NOT"))
        return parse_predicate(cursor, node);
    struct ksql_node *negation = ksql_node_new(cursor->arena, KSQL_NODE_NOT, &cursor->token.place);
    ksql_cursor_next(cursor);
    struct ksql_node *operand;
    if (ksql_cursor_enter(cursor) || parse_not(cursor, &operand))
        return OF_INPUT;
    ksql_cursor_leave(cursor);
    ksql_node_add(cursor->arena, negation, operand);
    *node = negation;
    return 0;
}

static int parse_and(struct ksql_cursor *cursor, struct ksql_node **node)
{
    struct ksql_node *left;
    if (parse_not(cursor, &left))
        return OF_INPUT;
    while (ksql_cursor_is_word(cursor, "AND")) {
        struct ksql_place place = cursor->token.place;
        ksql_cursor_next(cursor);
        struct ksql_node *right;
        if (check_depth(cursor, left) || parse_not(cursor, &right))
            return OF_INPUT;
        left = binary(cursor, KSQL_NODE_AND, &place, left, right);
    }
    *node = left;
    return 0;
}

int ksql_parse_expression(struct ksql_cursor *cursor, struct ksql_node **node)
{
    struct ksql_node *left;
    if (ksql_cursor_enter(cursor) || parse_and(cursor, &left))
        return OF_INPUT;
    while (ksql_cursor_is_word(cursor, "OR")) {
        struct ksql_place place = cursor->token.place;
        ksql_cursor_next(cursor);
        struct ksql_node *right;
        if (check_depth(cursor, left) || parse_and(cursor, &right))
            return OF_INPUT;
        left = binary(cursor, KSQL_NODE_OR, &place, left, right);
    }
    ksql_cursor_leave(cursor);
    *node = left;
    return 0;
}
