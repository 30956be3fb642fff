/* The rules' language: lines of words. What rules mean is rules.c's. */
#include "rules.h"

#include "base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum token_type { TOKEN_END, TOKEN_WORD, TOKEN_QUOTED, TOKEN_COMMA, TOKEN_OPERATOR };

struct token {
    enum token_type type;
    char text[RULE_VALUE_MAX + 1]; /* of a word, a quoted value, an operator */
    int column;
};

struct parser {
    const char *name;
    const char *at, *end; /* of the line at hand */
    const char *line_start;
    int line;
    struct token token; /* the next one */
    const struct rule_world *world;
    struct of_error *error;
};

#define fail_at(parser, column, ...)                                                               \
    place_error((parser), (column), of_fail((parser)->error, OF_INPUT, __VA_ARGS__))

static int place_error(struct parser *parser, int column, int class)
{
    of_error_context(parser->error, "%s:%d:%d", parser->name, parser->line, column);
    return class;
}

/* ---- tokens ---- */

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

static int take_byte(struct parser *parser, size_t *length, char c)
{
    if (*length == RULE_VALUE_MAX)
        return fail_at(
            parser, parser->token.column, "a value is longer than %d bytes", RULE_VALUE_MAX);
    parser->token.text[(*length)++] = c;
    parser->token.text[*length] = '\0';
    return OF_OK;
}

static int scan_quoted(struct parser *parser)
{
    size_t length = 0;
    parser->token.type = TOKEN_QUOTED;
    for (parser->at++; parser->at < parser->end && *parser->at != '"'; parser->at++)
        if (take_byte(parser, &length, *parser->at) < 0)
            return OF_INPUT;
    if (parser->at == parser->end)
        return fail_at(parser, parser->token.column, "the closing quote is missing");
    parser->at++;
    return OF_OK;
}

static int scan_word(struct parser *parser)
{
    size_t length = 0;
    parser->token.type = TOKEN_WORD;
    for (; parser->at < parser->end && is_word_byte(*parser->at); parser->at++)
        if (take_byte(parser, &length, *parser->at) < 0)
            return OF_INPUT;
    return OF_OK;
}

static int scan_operator(struct parser *parser)
{
    static const char *const operators[] = {"!=", "<=", ">=", "=", "<", ">"};
    size_t left = (size_t)(parser->end - parser->at);
    for (size_t i = 0; i < OF_COUNT(operators); i++) {
        size_t length = strlen(operators[i]);
        if (length > left || memcmp(parser->at, operators[i], length) != 0)
            continue;
        parser->token.type = TOKEN_OPERATOR;
        memcpy(parser->token.text, operators[i], length + 1);
        parser->at += length;
        return OF_OK;
    }
    unsigned char c = (unsigned char)*parser->at;
    return c > ' ' && c < 127
               ? fail_at(parser, parser->token.column,
                     "'%c' has no meaning here; values with such characters stand in double quotes",
                     c)
               : fail_at(parser, parser->token.column,
                     "a byte 0x%02x has no meaning here; values with such characters stand in "
                     "double quotes",
                     c);
}

static int advance(struct parser *parser)
{
    while (parser->at < parser->end &&
           (*parser->at == ' ' || *parser->at == '\t' || *parser->at == '\r'))
        parser->at++;
    parser->token.column = (int)(parser->at - parser->line_start) + 1;
    parser->token.text[0] = '\0';
    parser->token.type = TOKEN_END;
    if (parser->at == parser->end || *parser->at == '#')
        return OF_OK;
    if (*parser->at == '"')
        return scan_quoted(parser);
    if (is_word_byte(*parser->at))
        return scan_word(parser);
    if (*parser->at != ',')
        return scan_operator(parser);
    parser->token.type = TOKEN_COMMA;
    parser->at++;
    return OF_OK;
}

static const char *describe(const struct token *token)
{
    return token->type == TOKEN_END     ? "the line's end"
           : token->type == TOKEN_COMMA ? ","
                                        : token->text;
}

static bool is_word(const struct parser *parser, const char *word)
{
    return parser->token.type == TOKEN_WORD && strcmp(parser->token.text, word) == 0;
}

static int read_route(struct parser *parser, enum route *route)
{
    for (int i = 0; i < ROUTE_COUNT; i++)
        if (is_word(parser, route_text((enum route)i))) {
            *route = (enum route)i;
            return advance(parser);
        }
    return fail_at(parser, parser->token.column, "expected internal or external, not %s",
        describe(&parser->token));
}

/* ---- conditions ---- */

static int find_value(struct parser *parser, const char *what, const struct of_text *values,
    size_t count, size_t *index)
{
    const struct token *token = &parser->token;
    if (token->type != TOKEN_WORD && token->type != TOKEN_QUOTED)
        return fail_at(parser, token->column, "expected a %s, not %s", what, describe(token));
    size_t length = strlen(token->text);
    for (size_t i = 0; i < count; i++)
        if (values[i].length == length && memcmp(values[i].data, token->text, length) == 0) {
            *index = i;
            return advance(parser);
        }
    return fail_at(parser, token->column, "there is no %s '%s'", what, token->text);
}

/* The bits of the values named, or of all others, the unknown ones among them. */
static int read_set(struct parser *parser, const char *what, const struct of_text *values,
    size_t count, uint64_t bits[2])
{
    bool negated = strcmp(parser->token.text, "!=") == 0;
    if (parser->token.type != TOKEN_OPERATOR || (!negated && strcmp(parser->token.text, "=") != 0))
        return fail_at(parser, parser->token.column, "expected = or != after %s, not %s", what,
            describe(&parser->token));
    uint64_t named[2] = {0, 0};
    do {
        size_t index = 0;
        if (advance(parser) < 0 || find_value(parser, what, values, count, &index) < 0)
            return OF_INPUT;
        named[index / 64] |= UINT64_C(1) << (index % 64);
    } while (parser->token.type == TOKEN_COMMA);
    for (int i = 0; i < 2; i++)
        bits[i] &= negated ? ~named[i] : named[i];
    return OF_OK;
}

/* Pesos to centavos. */
static int read_amount(struct parser *parser, int64_t *amount)
{
    const struct token *token = &parser->token;
    const char *digit = token->text;
    int64_t value = 0;
    int decimals = -1;
    for (; token->type == TOKEN_WORD && *digit && decimals < 2; digit++) {
        if (*digit == '.' && decimals < 0 && digit > token->text) {
            decimals = 0;
            continue;
        }
        if (*digit < '0' || *digit > '9' || value > OF_ORDER_AMOUNT_MAX)
            break;
        value = 10 * value + (*digit - '0');
        decimals += decimals >= 0;
    }
    if (token->type != TOKEN_WORD || *digit || decimals == 0)
        return fail_at(parser, token->column, "expected an amount like 1500 or 99.95, not %s",
            describe(token));
    for (decimals = decimals < 0 ? 0 : decimals; decimals < 2; decimals++)
        value *= 10;
    if (value > OF_ORDER_AMOUNT_MAX)
        return fail_at(
            parser, token->column, "the amount %s is larger than any order line's", token->text);
    *amount = value;
    return advance(parser);
}

static int read_range(struct parser *parser, struct rule *rule)
{
    char operator[3];
    int64_t amount = 0;
    if (parser->token.type != TOKEN_OPERATOR || strcmp(parser->token.text, "!=") == 0)
        return fail_at(parser, parser->token.column,
            "expected =, <, <=, > or >= after amount, not %s", describe(&parser->token));
    memcpy(operator, parser->token.text, sizeof(operator));
    if (advance(parser) < 0 || read_amount(parser, &amount) < 0)
        return OF_INPUT;
    int64_t open = operator[1] == '=' ? 0 : 1;
    if (operator[0] != '<') {
        int64_t least = operator[0] == '>' ? amount + open : amount;
        rule->least = least > rule->least ? least : rule->least;
    }
    if (operator[0] != '>') {
        int64_t most = operator[0] == '<' ? amount - open : amount;
        rule->most = most < rule->most ? most : rule->most;
    }
    return OF_OK;
}

static int read_own_route(struct parser *parser, struct rule *rule)
{
    enum route route = ROUTE_INTERNAL;
    if (parser->token.type != TOKEN_OPERATOR || strcmp(parser->token.text, "=") != 0)
        return fail_at(parser, parser->token.column, "expected = after route, not %s",
            describe(&parser->token));
    if (advance(parser) < 0 || read_route(parser, &route) < 0)
        return OF_INPUT;
    rule->routes &= (uint8_t)(1u << route);
    return OF_OK;
}

static int read_condition(struct parser *parser, struct rule *rule)
{
    const struct rule_world *world = parser->world;
    int column = parser->token.column;
    char name[RULE_VALUE_MAX + 1];
    uint64_t categories[2] = {rule->categories, 0};
    int result;
    memcpy(name, parser->token.text, sizeof(name));
    bool word = parser->token.type == TOKEN_WORD;
    if (word && advance(parser) < 0)
        return OF_INPUT;
    if (word && strcmp(name, "route") == 0)
        result = read_own_route(parser, rule);
    else if (word && strcmp(name, "category") == 0)
        result = read_set(parser, name, world->categories, world->category_count, categories);
    else if (word && strcmp(name, "province") == 0)
        result = read_set(parser, name, world->provinces, world->province_count, rule->provinces);
    else if (word && strcmp(name, "amount") == 0)
        result = read_range(parser, rule);
    else
        return fail_at(parser, column, "expected route, category, province or amount, not %s",
            word ? name : describe(&parser->token));
    rule->categories = categories[0];
    if (result == OF_OK && rule_is_empty(rule, world))
        return fail_at(parser, column,
            "the rule can match nothing: this condition leaves none of what the others and the "
            "catalogue allow");
    return result;
}

/* ---- rules ---- */

static int read_rule(struct parser *parser, struct rule *rule)
{
    *rule = (struct rule){.routes = (1u << ROUTE_COUNT) - 1,
        .categories = UINT64_MAX,
        .provinces = {UINT64_MAX, UINT64_MAX},
        .least = INT64_MIN,
        .most = INT64_MAX,
        .line = parser->line,
        .column = parser->token.column};
    if (read_route(parser, &rule->to) < 0)
        return OF_INPUT;
    if (parser->token.type == TOKEN_END)
        return OF_OK;
    if (!is_word(parser, "when"))
        return fail_at(parser, parser->token.column, "expected when or the line's end, not %s",
            describe(&parser->token));
    do {
        if (advance(parser) < 0 || read_condition(parser, rule) < 0)
            return OF_INPUT;
    } while (is_word(parser, "and"));
    if (parser->token.type != TOKEN_END)
        return fail_at(parser, parser->token.column, "expected and or the line's end, not %s",
            describe(&parser->token));
    return OF_OK;
}

static int read_line(struct parser *parser, struct rules *rules)
{
    if (advance(parser) < 0)
        return OF_INPUT;
    if (parser->token.type == TOKEN_END)
        return OF_OK;
    if (rules->count == RULES_MAX)
        return fail_at(parser, parser->token.column, "more than %d rules", RULES_MAX);
    return read_rule(parser, &rules->items[rules->count]) < 0 ? OF_INPUT : (rules->count++, OF_OK);
}

static int check_world(const char *name, const struct rule_world *world, struct of_error *error)
{
    if (world->category_count > RULE_CATEGORIES_MAX)
        return of_fail(error, OF_INPUT, "%s: the catalogue has more than %d categories", name,
            RULE_CATEGORIES_MAX);
    if (world->province_count > RULE_PROVINCES_MAX)
        return of_fail(
            error, OF_INPUT, "%s: there are more than %d provinces", name, RULE_PROVINCES_MAX);
    return OF_OK;
}

int rules_parse(const char *name, const char *text, size_t size, const struct rule_world *world,
    struct rules *rules, struct of_error *error)
{
    struct parser parser = {.name = name, .world = world, .error = error};
    struct rules read = {
        .category_count = world->category_count, .province_count = world->province_count};
    if (check_world(name, world, error) < 0)
        return OF_INPUT;
    for (const char *at = text, *end = text + size; at < end; at = parser.end + 1) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        parser.at = parser.line_start = at;
        parser.end = newline ? newline : end;
        parser.line++;
        if (read_line(&parser, &read) < 0)
            return OF_INPUT;
    }
    const struct rule *unreachable = rules_unreachable(&read, world);
    if (unreachable)
        return of_fail(error, OF_INPUT,
            "%s:%d:%d: the rule can match nothing: the rules before it take all that it would",
            name, unreachable->line, unreachable->column);
    *rules = read;
    return OF_OK;
}

int rules_load(
    const char *file, const struct rule_world *world, struct rules *rules, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_file) FILE *stream = fopen(file, "re");
    if (!stream)
        return of_fail(error, OF_INPUT, "%s: %s", file, strerror(errno));
    OF_FREE char *text = of_alloc(RULES_FILE_MAX + 1);
    size_t size = fread(text, 1, RULES_FILE_MAX + 1, stream);
    if (ferror(stream))
        return of_fail(error, OF_INPUT, "%s: %s", file, strerror(errno));
    if (size > RULES_FILE_MAX)
        return of_fail(error, OF_INPUT, "%s is longer than %u bytes", file, RULES_FILE_MAX);
    return rules_parse(file, text, size, world, rules, error);
}
