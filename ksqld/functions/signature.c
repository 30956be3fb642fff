/* Signatures read, and overloads chosen as ksqlDB's function index does: no casts before casts;
 * then rows without a variadic parameter, with more parameters, with fewer letters. */
#include "ksqld/functions/signature.h"

#include <ctype.h>

/* ---- reading ---- */

struct reader {
    struct ksql_arena *arena;
    const char *next;
    bool bad;
};

static const struct ksql_parameter *read_type(struct reader *reader);

static void skip_blank(struct reader *reader)
{
    while (*reader->next == ' ')
        reader->next++;
}

static bool take(struct reader *reader, const char *text)
{
    skip_blank(reader);
    size_t length = strlen(text);
    if (strncmp(reader->next, text, length) != 0)
        return false;
    reader->next += length;
    return true;
}

static void expect(struct reader *reader, const char *text)
{
    if (!take(reader, text))
        reader->bad = true;
}

static const char *take_word(struct reader *reader)
{
    skip_blank(reader);
    const char *start = reader->next;
    while (isalnum((unsigned char)*reader->next) || *reader->next == '_')
        reader->next++;
    return ksql_arena_strndup(reader->arena, start, (size_t)(reader->next - start));
}

static void add(
    struct reader *reader, struct ksql_parameter *outer, const struct ksql_parameter *item)
{
    if (outer->count == KSQL_PARAMETERS_MAX) {
        reader->bad = true;
        return;
    }
    outer->generic = outer->generic || item->generic;
    outer->items[outer->count++] = item;
}

static void read_items(struct reader *reader, struct ksql_parameter *outer)
{
    expect(reader, "<");
    do {
        if (outer->type == KSQL_STRUCT)
            outer->names[outer->count] = take_word(reader);
        add(reader, outer, read_type(reader));
    } while (!reader->bad && take(reader, ","));
    expect(reader, ">");
}

static void read_lambda(struct reader *reader, struct ksql_parameter *lambda)
{
    expect(reader, "(");
    do
        add(reader, lambda, read_type(reader));
    while (!reader->bad && take(reader, ","));
    expect(reader, ")");
    expect(reader, "=>");
    add(reader, lambda, read_type(reader));
}

static const struct ksql_parameter *read_type(struct reader *reader)
{
    static const struct {
        const char *name;
        enum ksql_parameter_kind kind;
        enum ksql_type_kind type;
    } names[] = {{"BOOLEAN", KSQL_PARAMETER_TYPE, KSQL_BOOLEAN},
        {"INT", KSQL_PARAMETER_TYPE, KSQL_INTEGER}, {"BIGINT", KSQL_PARAMETER_TYPE, KSQL_BIGINT},
        {"DOUBLE", KSQL_PARAMETER_TYPE, KSQL_DOUBLE},
        {"DECIMAL", KSQL_PARAMETER_TYPE, KSQL_DECIMAL},
        {"VARCHAR", KSQL_PARAMETER_TYPE, KSQL_STRING}, {"BYTES", KSQL_PARAMETER_TYPE, KSQL_BYTES},
        {"TIMESTAMP", KSQL_PARAMETER_TYPE, KSQL_TIMESTAMP},
        {"DATE", KSQL_PARAMETER_TYPE, KSQL_DATE}, {"TIME", KSQL_PARAMETER_TYPE, KSQL_TIME},
        {"ARRAY", KSQL_PARAMETER_TYPE, KSQL_ARRAY}, {"MAP", KSQL_PARAMETER_TYPE, KSQL_MAP},
        {"STRUCT", KSQL_PARAMETER_TYPE, KSQL_STRUCT}, {"ANY", KSQL_PARAMETER_ANY, KSQL_NULL},
        {"INTERVALUNIT", KSQL_PARAMETER_UNIT, KSQL_NULL},
        {"LAMBDA", KSQL_PARAMETER_LAMBDA, KSQL_NULL}};
    struct ksql_parameter *parameter = ksql_arena_new(reader->arena, sizeof(*parameter));
    const char *word = take_word(reader);
    if (isupper((unsigned char)word[0]) && !word[1]) {
        parameter->kind = KSQL_PARAMETER_GENERIC;
        parameter->letter = word[0];
        parameter->generic = true;
        return parameter;
    }
    size_t i = 0;
    while (i < OF_COUNT(names) && strcmp(names[i].name, word) != 0)
        i++;
    reader->bad = reader->bad || i == OF_COUNT(names);
    if (reader->bad)
        return parameter;
    parameter->kind = names[i].kind;
    parameter->type = names[i].type;
    if (parameter->kind == KSQL_PARAMETER_LAMBDA)
        read_lambda(reader, parameter);
    else if (parameter->type >= KSQL_ARRAY)
        read_items(reader, parameter);
    return parameter;
}

bool ksql_signature_parse(struct ksql_arena *arena, const struct ksql_function *function,
    struct ksql_signature *signature)
{
    struct reader reader = {.arena = arena, .next = function->signature};
    *signature = (struct ksql_signature){.function = function, .variadic = SIZE_MAX};
    take_word(&reader);
    expect(&reader, "(");
    while (!reader.bad && !take(&reader, ")")) {
        if (signature->count == KSQL_PARAMETERS_MAX)
            return false;
        if (signature->count)
            expect(&reader, ",");
        signature->parameters[signature->count] = read_type(&reader);
        if (take(&reader, "..."))
            signature->variadic = signature->count;
        signature->count++;
        take_word(&reader);
    }
    signature->result = read_type(&reader);
    skip_blank(&reader);
    return !reader.bad && !*reader.next;
}

const struct ksql_parameter *ksql_signature_parameter(
    const struct ksql_signature *signature, size_t count, size_t index)
{
    size_t variadic = signature->variadic;
    if (variadic == SIZE_MAX || index < variadic)
        return signature->parameters[index];
    size_t behind = signature->count - variadic - 1; /* parameters behind the variadic one */
    if (index + behind >= count)
        return signature->parameters[signature->count - (count - index)];
    return signature->parameters[variadic];
}

/* ---- types that fit ---- */

static bool is_number(enum ksql_type_kind kind)
{
    return kind == KSQL_INTEGER || kind == KSQL_BIGINT || kind == KSQL_DECIMAL ||
           kind == KSQL_DOUBLE;
}

static int rank(enum ksql_type_kind number)
{
    static const enum ksql_type_kind order[] = {
        KSQL_INTEGER, KSQL_BIGINT, KSQL_DECIMAL, KSQL_DOUBLE};
    int i = 0;
    while (order[i] != number)
        i++;
    return i;
}

bool ksql_type_casts_to(enum ksql_type_kind from, enum ksql_type_kind to)
{
    if (from == to)
        return true;
    if (is_number(from) && is_number(to))
        return rank(from) <= rank(to);
    return from == KSQL_STRING &&
           (to == KSQL_TIMESTAMP || to == KSQL_DATE || to == KSQL_TIME || to == KSQL_BYTES);
}

bool ksql_generics_bind(struct ksql_generics *generics, const struct ksql_parameter *parameter,
    const struct ksql_type *type)
{
    if (!parameter->generic)
        return parameter->kind == KSQL_PARAMETER_ANY || parameter->type == type->kind;
    if (parameter->kind == KSQL_PARAMETER_GENERIC) {
        const struct ksql_type **bound = &generics->types[parameter->letter - 'A'];
        if (!*bound)
            *bound = type;
        return ksql_type_equal(*bound, type);
    }
    if (parameter->kind != KSQL_PARAMETER_TYPE || parameter->type != type->kind)
        return false;
    if (type->kind == KSQL_MAP)
        return ksql_generics_bind(generics, parameter->items[0], type->key) &&
               ksql_generics_bind(generics, parameter->items[1], type->element);
    return type->kind == KSQL_ARRAY &&
           ksql_generics_bind(generics, parameter->items[0], type->element);
}

static bool fits(const struct ksql_parameter *parameter, const struct ksql_type *type, bool casts)
{
    if (parameter->kind == KSQL_PARAMETER_ANY)
        return true;
    if (parameter->kind != KSQL_PARAMETER_TYPE)
        return false;
    if (type->kind == KSQL_ARRAY && parameter->type == KSQL_ARRAY)
        return fits(parameter->items[0], type->element, casts);
    if (type->kind == KSQL_MAP && parameter->type == KSQL_MAP)
        return fits(parameter->items[0], type->key, casts) &&
               fits(parameter->items[1], type->element, casts);
    return type->kind == parameter->type ||
           (casts && ksql_type_casts_to(type->kind, parameter->type));
}

static bool accepts(struct ksql_generics *generics, const struct ksql_parameter *parameter,
    const struct ksql_argument *argument, bool casts)
{
    if (argument->lambda)
        return parameter->kind == KSQL_PARAMETER_LAMBDA && parameter->count - 1 == argument->lambda;
    if (argument->unit || parameter->kind == KSQL_PARAMETER_UNIT)
        return argument->unit &&
               (parameter->kind == KSQL_PARAMETER_UNIT || parameter->kind == KSQL_PARAMETER_ANY);
    if (argument->type->kind == KSQL_NULL)
        return true;
    if (parameter->generic)
        return ksql_generics_bind(generics, parameter, argument->type);
    return fits(parameter, argument->type, casts);
}

static bool accepts_all(const struct ksql_signature *signature,
    const struct ksql_argument *arguments, size_t count, bool casts)
{
    struct ksql_generics generics = {0};
    bool variadic = signature->variadic != SIZE_MAX;
    if (variadic ? count + 1 < signature->count : count != signature->count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!accepts(
                &generics, ksql_signature_parameter(signature, count, i), &arguments[i], casts))
            return false;
    }
    return true;
}

/* ---- overloads ---- */

static bool is_any_list(const struct ksql_signature *signature, size_t index)
{
    return index == signature->variadic && signature->parameters[index]->kind == KSQL_PARAMETER_ANY;
}

static int count_generics(const struct ksql_signature *signature, bool *any)
{
    int count = 0;
    *any = false;
    for (size_t i = 0; i < signature->count; i++) {
        bool list = is_any_list(signature, i);
        count += signature->parameters[i]->generic || list;
        *any = *any || list;
    }
    return count;
}

/* Positive: `a` is the better one. */
static int compare(const struct ksql_signature *a, const struct ksql_signature *b)
{
    bool a_any, b_any;
    int a_generics = count_generics(a, &a_any), b_generics = count_generics(b, &b_any);
    bool a_fixed = a->variadic == SIZE_MAX, b_fixed = b->variadic == SIZE_MAX;
    if (a_fixed != b_fixed)
        return a_fixed - b_fixed;
    if (a->count != b->count)
        return a->count > b->count ? 1 : -1;
    if (a_generics != b_generics)
        return b_generics - a_generics;
    if (a_any != b_any)
        return b_any - a_any;
    return (a->variadic > b->variadic) - (a->variadic < b->variadic);
}

static enum ksql_match choose(struct ksql_arena *arena, const struct ksql_function *functions,
    size_t overloads, const struct ksql_argument *arguments, size_t count, bool casts,
    struct ksql_signature *chosen)
{
    enum ksql_match match = KSQL_MATCH_NONE;
    for (size_t i = 0; i < overloads; i++) {
        struct ksql_signature candidate;
        if (!ksql_signature_parse(arena, &functions[i], &candidate) ||
            !accepts_all(&candidate, arguments, count, casts))
            continue;
        int order = match == KSQL_MATCH_NONE ? 1 : compare(&candidate, chosen);
        if (order == 0)
            match = KSQL_MATCH_SEVERAL;
        if (order <= 0)
            continue;
        match = KSQL_MATCH_ONE;
        *chosen = candidate;
    }
    return match;
}

enum ksql_match ksql_signature_choose(struct ksql_arena *arena,
    const struct ksql_function *functions, size_t overloads, const struct ksql_argument *arguments,
    size_t count, struct ksql_signature *chosen)
{
    enum ksql_match match = choose(arena, functions, overloads, arguments, count, false, chosen);
    if (match == KSQL_MATCH_NONE)
        match = choose(arena, functions, overloads, arguments, count, true, chosen);
    return match;
}

/* ---- the result ---- */

static const struct ksql_type *apply_type(struct ksql_arena *arena,
    const struct ksql_generics *generics, const struct ksql_parameter *parameter)
{
    struct ksql_type *type = ksql_arena_new(arena, sizeof(*type));
    struct ksql_field *fields = ksql_arena_new_array(arena, parameter->count, sizeof(*fields));
    type->kind = parameter->type;
    for (size_t i = 0; i < parameter->count; i++) {
        fields[i].name = parameter->names[i];
        fields[i].type = ksql_generics_apply(arena, generics, parameter->items[i]);
        if (!fields[i].type)
            return NULL;
    }
    if (type->kind == KSQL_STRUCT) {
        type->fields = fields;
        type->field_count = parameter->count;
    } else if (type->kind == KSQL_MAP) {
        type->key = fields[0].type;
        type->element = fields[1].type;
    } else if (type->kind == KSQL_ARRAY) {
        type->element = fields[0].type;
    }
    return type->kind == KSQL_DECIMAL ? NULL : type;
}

const struct ksql_type *ksql_generics_apply(struct ksql_arena *arena,
    const struct ksql_generics *generics, const struct ksql_parameter *parameter)
{
    if (parameter->kind == KSQL_PARAMETER_GENERIC)
        return generics->types[parameter->letter - 'A'];
    return parameter->kind == KSQL_PARAMETER_TYPE ? apply_type(arena, generics, parameter) : NULL;
}
