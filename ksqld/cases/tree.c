/* Numbers as ksqlDB prints them, and what is no text as text. */
#include "ksqld/cases/tree.h"

#include "ksqld/exec/decimal.h"
#include "ksqld/serde/base64.h"
#include "ksqld/serde/number.h"

void ksql_json_set_text(struct ksql_json *json, struct of_text text)
{
    json->kind = KSQL_JSON_STRING;
    json->text = text;
}

void ksql_json_set_number(struct ksql_json *json, struct ksql_arena *arena, int64_t number)
{
    const char *text = ksql_arena_printf(arena, "%lld", (long long)number);
    json->kind = KSQL_JSON_NUMBER;
    json->text = (struct of_text){text, strlen(text)};
}

void ksql_json_set_double(struct ksql_json *json, struct ksql_arena *arena, double number)
{
    char text[KSQL_DOUBLE_TEXT_MAX];
    size_t length = ksql_double_print(number, text);
    json->kind = KSQL_JSON_NUMBER;
    json->text = (struct of_text){ksql_arena_strndup(arena, text, length), length};
}

void ksql_json_set_decimal(
    struct ksql_json *json, struct ksql_arena *arena, __int128 units, int scale)
{
    char text[KSQL_DECIMAL_TEXT_MAX];
    size_t length = ksql_decimal_print(units, scale, text);
    json->kind = KSQL_JSON_NUMBER;
    json->text = (struct of_text){ksql_arena_strndup(arena, text, length), length};
}

void ksql_json_set_bytes(struct ksql_json *json, struct ksql_arena *arena, struct of_text bytes)
{
    ksql_json_set_text(json, ksql_base64_encode(arena, bytes));
}

const char *ksql_case_string(
    struct ksql_arena *arena, const struct ksql_json *object, const char *name)
{
    const struct ksql_json *member = ksql_json_get(object, name);
    if (!member || member->kind != KSQL_JSON_STRING)
        return NULL;
    return ksql_arena_strndup(arena, member->text.data, member->text.length);
}
