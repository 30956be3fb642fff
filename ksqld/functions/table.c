/* The functions this runner has. EXPLODE only has its type here: a query carries it out. */
#include "ksqld/functions/functions.h"

#include <strings.h>

static const struct ksql_type integer = {.kind = KSQL_INTEGER};
static const struct ksql_type string = {.kind = KSQL_STRING};

/* ---- what is accepted ---- */

static const struct ksql_type *accept_any(const struct ksql_type *const *arguments, size_t count)
{
    return count == 1 && arguments[0]->kind != KSQL_NULL ? arguments[0] : NULL;
}

static const struct ksql_type *accept_strings(
    const struct ksql_type *const *arguments, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (arguments[i]->kind != KSQL_STRING && arguments[i]->kind != KSQL_NULL)
            return NULL;
    }
    return count ? &string : NULL;
}

static const struct ksql_type *accept_string(const struct ksql_type *const *arguments, size_t count)
{
    return count == 1 ? accept_strings(arguments, count) : NULL;
}

static const struct ksql_type *accept_length(const struct ksql_type *const *arguments, size_t count)
{
    return count == 1 && arguments[0]->kind == KSQL_STRING ? &integer : NULL;
}

/* All of one type, but for NULLs. */
static const struct ksql_type *accept_same(const struct ksql_type *const *arguments, size_t count)
{
    const struct ksql_type *type = NULL;
    for (size_t i = 0; i < count; i++) {
        if (arguments[i]->kind == KSQL_NULL)
            continue;
        if (type && !ksql_type_equal(type, arguments[i]))
            return NULL;
        type = arguments[i];
    }
    return type;
}

static const struct ksql_type *accept_two(const struct ksql_type *const *arguments, size_t count)
{
    return count == 2 ? accept_same(arguments, count) : NULL;
}

static const struct ksql_type *accept_array_length(
    const struct ksql_type *const *arguments, size_t count)
{
    return count == 1 && arguments[0]->kind == KSQL_ARRAY ? &integer : NULL;
}

static const struct ksql_type *accept_explode(
    const struct ksql_type *const *arguments, size_t count)
{
    return count == 1 && arguments[0]->kind == KSQL_ARRAY ? arguments[0]->element : NULL;
}

/* ---- what is done ---- */

static int run_as_value(const struct ksql_call *call, struct ksql_value *result)
{
    *result = call->arguments[0];
    return 0;
}

/* NULLs are left out; of nothing but NULLs comes the empty string. */
static int run_concat(const struct ksql_call *call, struct ksql_value *result)
{
    size_t length = 0;
    for (size_t i = 0; i < call->count; i++)
        length += call->arguments[i].null ? 0 : call->arguments[i].text.length;
    char *text = ksql_arena_take(call->arena, length + 1);
    size_t at = 0;
    for (size_t i = 0; i < call->count; i++) {
        const struct ksql_value *argument = &call->arguments[i];
        if (argument->null || !argument->text.length)
            continue;
        memcpy(text + at, argument->text.data, argument->text.length);
        at += argument->text.length;
    }
    *result = (struct ksql_value){.text = {text, length}};
    return 0;
}

static int run_upper(const struct ksql_call *call, struct ksql_value *result)
{
    *result = call->arguments[0];
    if (!result->null)
        result->text = ksql_text_upper(call->arena, result->text);
    return 0;
}

/* Java's trim: off goes every character up to the blank. */
static int run_trim(const struct ksql_call *call, struct ksql_value *result)
{
    *result = call->arguments[0];
    if (result->null)
        return 0;
    struct of_text *text = &result->text;
    while (text->length && (uint8_t)text->data[text->length - 1] <= ' ')
        text->length--;
    while (text->length && (uint8_t)text->data[0] <= ' ') {
        text->data++;
        text->length--;
    }
    return 0;
}

/* In UTF-16 units: a four-byte character counts twice. */
static int run_length(const struct ksql_call *call, struct ksql_value *result)
{
    const struct ksql_value *text = &call->arguments[0];
    if (text->null) {
        *result = KSQL_VALUE_NULL;
        return 0;
    }
    int64_t units = 0;
    for (size_t i = 0; i < text->text.length; i++) {
        uint8_t c = (uint8_t)text->text.data[i];
        units += ((c & 0xc0) != 0x80) + (c >= 0xf0);
    }
    *result = (struct ksql_value){.number = units};
    return 0;
}

static int run_coalesce(const struct ksql_call *call, struct ksql_value *result)
{
    *result = KSQL_VALUE_NULL;
    for (size_t i = 0; i < call->count && result->null; i++)
        *result = call->arguments[i];
    return 0;
}

static int run_array_length(const struct ksql_call *call, struct ksql_value *result)
{
    const struct ksql_value *array = &call->arguments[0];
    *result = (struct ksql_value){
        .number = array->null ? 0 : (int64_t)array->list.count, .null = array->null};
    return 0;
}

static const struct ksql_function functions[] = {
    {"ARRAY_LENGTH", "The length of an array.", {"ARRAY_LENGTH(ARRAY<T> array)"},
        accept_array_length, run_array_length},
    {"AS_VALUE", "Keeps a copy of a key column in the value.", {"AS_VALUE(T keyColumn)"},
        accept_any, run_as_value},
    {"COALESCE", "The first argument that is not NULL.", {"COALESCE(T first, T... others)"},
        accept_same, run_coalesce},
    {"CONCAT", "All arguments behind one another, without those that are NULL.",
        {"concat(VARCHAR... inputs)", "concat(BYTES... inputs)"}, accept_strings, run_concat},
    {"EXPLODE", "One row for each element of an array.",
        {"explode(ARRAY<DECIMAL> input)", "explode(ARRAY<T> list)"}, accept_explode, NULL},
    {"IFNULL", "The first argument, or the second if the first is NULL.",
        {"IFNULL(T expression, T altValue)"}, accept_two, run_coalesce},
    {"LEN", "The length of a string.", {"len(BYTES input)", "len(VARCHAR input)"}, accept_length,
        run_length},
    {"TRIM", "A string without blanks at its ends.", {"trim(VARCHAR input)"}, accept_string,
        run_trim},
    {"UCASE", "A string in upper case.", {"ucase(VARCHAR input)"}, accept_string, run_upper},
};

/* ksqlDB 8.x has these besides. */
static const char *const others[] = {
    "ABS",
    "ACOS",
    "ARRAY_CONCAT",
    "ARRAY_CONTAINS",
    "ARRAY_DISTINCT",
    "ARRAY_EXCEPT",
    "ARRAY_INTERSECT",
    "ARRAY_JOIN",
    "ARRAY_MAX",
    "ARRAY_MIN",
    "ARRAY_REMOVE",
    "ARRAY_SORT",
    "ARRAY_UNION",
    "ASIN",
    "AS_MAP",
    "ATAN",
    "ATAN2",
    "ATTR",
    "AVG",
    "BIGINT_FROM_BYTES",
    "CBRT",
    "CEIL",
    "CHR",
    "COLLECT_LIST",
    "COLLECT_SET",
    "CONCAT_WS",
    "CONVERT_TZ",
    "CORRELATION",
    "COS",
    "COSH",
    "COT",
    "COUNT",
    "COUNT_DISTINCT",
    "CUBE_EXPLODE",
    "DATEADD",
    "DATESUB",
    "DATETOSTRING",
    "DEGREES",
    "DOUBLE_FROM_BYTES",
    "EARLIEST_BY_OFFSET",
    "ELT",
    "ENCODE",
    "ENTRIES",
    "EXP",
    "EXTRACTJSONFIELD",
    "FIELD",
    "FILTER",
    "FLOOR",
    "FORMAT_DATE",
    "FORMAT_TIME",
    "FORMAT_TIMESTAMP",
    "FROM_BYTES",
    "FROM_DAYS",
    "FROM_UNIXTIME",
    "GENERATE_SERIES",
    "GEO_DISTANCE",
    "GREATEST",
    "HISTOGRAM",
    "INITCAP",
    "INSTR",
    "INT_FROM_BYTES",
    "IS_JSON_STRING",
    "JSON_ARRAY_CONTAINS",
    "JSON_ARRAY_LENGTH",
    "JSON_CONCAT",
    "JSON_ITEMS",
    "JSON_KEYS",
    "JSON_RECORDS",
    "LATEST_BY_OFFSET",
    "LCASE",
    "LEAST",
    "LN",
    "LOG",
    "LPAD",
    "MAP_KEYS",
    "MAP_UNION",
    "MAP_VALUES",
    "MASK",
    "MASK_KEEP_LEFT",
    "MASK_KEEP_RIGHT",
    "MASK_LEFT",
    "MASK_RIGHT",
    "MAX",
    "MD5",
    "MIN",
    "NULLIF",
    "PARSE_DATE",
    "PARSE_TIME",
    "PARSE_TIMESTAMP",
    "PI",
    "POWER",
    "RADIANS",
    "RANDOM",
    "REDUCE",
    "REGEXP_EXTRACT",
    "REGEXP_EXTRACT_ALL",
    "REGEXP_REPLACE",
    "REGEXP_SPLIT_TO_ARRAY",
    "REPLACE",
    "ROUND",
    "RPAD",
    "SIGN",
    "SIN",
    "SINH",
    "SLICE",
    "SPLIT",
    "SPLIT_TO_MAP",
    "SQRT",
    "STDDEV_SAMP",
    "STDDEV_SAMPLE",
    "STRINGTODATE",
    "STRINGTOTIMESTAMP",
    "SUBSTRING",
    "SUM",
    "SUM_LIST",
    "TAN",
    "TANH",
    "TIMEADD",
    "TIMESTAMPADD",
    "TIMESTAMPSUB",
    "TIMESTAMPTOSTRING",
    "TIMESUB",
    "TOPK",
    "TOPKDISTINCT",
    "TO_BYTES",
    "TO_JSON_STRING",
    "TRANSFORM",
    "TRUNC",
    "UNIX_DATE",
    "UNIX_TIMESTAMP",
    "URL_DECODE_PARAM",
    "URL_ENCODE_PARAM",
    "URL_EXTRACT_FRAGMENT",
    "URL_EXTRACT_HOST",
    "URL_EXTRACT_PARAMETER",
    "URL_EXTRACT_PATH",
    "URL_EXTRACT_PORT",
    "URL_EXTRACT_PROTOCOL",
    "URL_EXTRACT_QUERY",
    "UUID",
};

size_t ksql_function_count(void)
{
    return OF_COUNT(functions);
}

const struct ksql_function *ksql_function_at(size_t index)
{
    return &functions[index];
}

const struct ksql_function *ksql_function_find(const char *name)
{
    for (size_t i = 0; i < OF_COUNT(functions); i++) {
        if (strcasecmp(functions[i].name, name) == 0)
            return &functions[i];
    }
    return NULL;
}

bool ksql_function_is_known(const char *name)
{
    for (size_t i = 0; i < OF_COUNT(others); i++) {
        if (strcasecmp(others[i], name) == 0)
            return true;
    }
    return false;
}
