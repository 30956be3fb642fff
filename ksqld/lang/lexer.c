/* Characters to tokens, and scripts to statements. Does not know which words are keywords, nor what
 * a statement may look like. */
#include "ksqld/lang/lexer.h"

#include "base/memory.h"

#include <ctype.h>

void ksql_lexer_init(struct ksql_lexer *lexer, const char *text, size_t length)
{
    *lexer = (struct ksql_lexer){
        .text = text, .end = text + length, .next = text, .place = {.line = 1, .column = 1}};
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_word_part(char c)
{
    return is_letter(c) || is_digit(c) || c == '_' || c == '@';
}

static char peek(const struct ksql_lexer *lexer, size_t ahead)
{
    return (size_t)(lexer->end - lexer->next) > ahead ? lexer->next[ahead] : '\0';
}

static void advance(struct ksql_lexer *lexer)
{
    unsigned char c = (unsigned char)*lexer->next++;
    lexer->place.offset++;
    if (c == '\n') {
        lexer->place.line++;
        lexer->place.column = 1;
    } else if ((c & 0xc0) != 0x80) {
        lexer->place.column++; /* continuation bytes belong to the code point before */
    }
}

static void advance_by(struct ksql_lexer *lexer, size_t count)
{
    while (count-- && lexer->next < lexer->end)
        advance(lexer);
}

/* White space and comments. False: a bracketed comment does not end; the cursor stands on it.
 * (ksqlDB's own lexer takes the line after a bare "--" for part of the comment; nobody means it.)
 */
static bool skip_blank(struct ksql_lexer *lexer)
{
    while (lexer->next < lexer->end) {
        char c = *lexer->next;
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            advance(lexer);
        } else if (c == '-' && peek(lexer, 1) == '-') {
            while (lexer->next < lexer->end && *lexer->next != '\n')
                advance(lexer);
        } else if (c == '/' && peek(lexer, 1) == '*') {
            const char *rest = lexer->next + 2;
            const char *end = memmem(rest, (size_t)(lexer->end - rest), "*/", 2);
            if (!end)
                return false;
            advance_by(lexer, (size_t)(end + 2 - lexer->next));
        } else {
            break;
        }
    }
    return true;
}

/* From the opening quote; a doubled quote stands for one. */
static enum ksql_token_kind quoted(struct ksql_lexer *lexer, enum ksql_token_kind kind)
{
    char quote = *lexer->next;
    advance(lexer);
    while (lexer->next < lexer->end) {
        bool is_quote = *lexer->next == quote;
        advance(lexer);
        if (!is_quote)
            continue;
        if (peek(lexer, 0) != quote)
            return kind;
        advance(lexer);
    }
    return KSQL_TOKEN_UNFINISHED;
}

static size_t digits(const struct ksql_lexer *lexer, size_t from)
{
    while (is_digit(peek(lexer, from)))
        from++;
    return from;
}

/* The longest match wins, as in ksqlDB: 1e5 is a float, 1e5x an identifier, 1.5e the decimal 1.5
 * and a word. */
static enum ksql_token_kind number(struct ksql_lexer *lexer)
{
    enum ksql_token_kind kind = KSQL_TOKEN_INTEGER;
    size_t length = digits(lexer, 0);
    if (peek(lexer, length) == '.') {
        kind = KSQL_TOKEN_DECIMAL;
        length = digits(lexer, length + 1);
    }
    if (tolower((unsigned char)peek(lexer, length)) == 'e') {
        char sign = peek(lexer, length + 1);
        size_t exponent = length + 1 + (sign == '+' || sign == '-');
        size_t end = digits(lexer, exponent);
        if (end > exponent) {
            kind = KSQL_TOKEN_FLOAT;
            length = end;
        }
    }
    size_t word = 0;
    while (is_word_part(peek(lexer, word)))
        word++;
    if (word > length) {
        kind = KSQL_TOKEN_DIGITS;
        length = word;
    }
    advance_by(lexer, length);
    return kind;
}

static enum ksql_token_kind variable(struct ksql_lexer *lexer)
{
    size_t length = 2;
    if (peek(lexer, 1) == '{' && (is_letter(peek(lexer, 2)) || peek(lexer, 2) == '_')) {
        while (is_word_part(peek(lexer, length)))
            length++;
        if (peek(lexer, length) == '}') {
            advance_by(lexer, length + 1);
            return KSQL_TOKEN_VARIABLE;
        }
    }
    advance(lexer);
    return KSQL_TOKEN_UNKNOWN;
}

static enum ksql_token_kind symbol(struct ksql_lexer *lexer)
{
    static const char pairs[][3] = {"<>", "!=", "<=", ">=", "||", ":=", "->", "=>"};
    static const char singles[] = "();,.[]<>=+-*/%";
    char c = *lexer->next;
    for (size_t i = 0; i < OF_COUNT(pairs); i++) {
        if (c == pairs[i][0] && peek(lexer, 1) == pairs[i][1]) {
            advance_by(lexer, 2);
            return KSQL_TOKEN_SYMBOL;
        }
    }
    bool known = c && strchr(singles, c);
    advance(lexer);
    while (!known && lexer->next < lexer->end && ((unsigned char)*lexer->next & 0xc0) == 0x80)
        advance(lexer); /* the rest of one code point */
    return known ? KSQL_TOKEN_SYMBOL : KSQL_TOKEN_UNKNOWN;
}

static enum ksql_token_kind scan(struct ksql_lexer *lexer)
{
    char c = *lexer->next;
    if (is_letter(c) || c == '_') {
        while (is_word_part(peek(lexer, 0)))
            advance(lexer);
        return KSQL_TOKEN_WORD;
    }
    if (is_digit(c) || (c == '.' && is_digit(peek(lexer, 1))))
        return number(lexer);
    if (c == '\'')
        return quoted(lexer, KSQL_TOKEN_STRING);
    if (c == '`' || c == '"')
        return quoted(lexer, KSQL_TOKEN_QUOTED);
    if (c == '$')
        return variable(lexer);
    return symbol(lexer);
}

void ksql_lexer_next(struct ksql_lexer *lexer, struct ksql_token *token)
{
    bool blank_ends = skip_blank(lexer);
    token->text = lexer->next;
    token->place = lexer->place;
    if (!blank_ends) {
        token->kind = KSQL_TOKEN_UNFINISHED;
        advance_by(lexer, (size_t)(lexer->end - lexer->next));
    } else if (lexer->next == lexer->end) {
        token->kind = KSQL_TOKEN_END;
    } else {
        token->kind = scan(lexer);
    }
    token->length = (size_t)(lexer->next - token->text);
}

char *ksql_token_name(const struct ksql_token *token)
{
    if (token->kind != KSQL_TOKEN_QUOTED && token->kind != KSQL_TOKEN_STRING) {
        char *name = of_strndup(token->text, token->length);
        for (char *c = name; *c; c++)
            *c = (char)toupper((unsigned char)*c);
        return name;
    }
    char *name = of_alloc(token->length);
    char quote = token->text[0];
    size_t length = 0;
    for (size_t i = 1; i + 1 < token->length; i++) {
        name[length++] = token->text[i];
        if (token->text[i] == quote)
            i++;
    }
    return name;
}
