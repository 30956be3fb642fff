/* JSON of a case to JSON of a record, by the record's schema. */
#include "ksqld/cases/codec.h"
#include "ksqld/serde/json_writer.h"
#include "ksqld/serde/number.h"

static int fail(const struct ksql_form *form, struct of_error *error)
{
    return of_fail(
        error, OF_INPUT, "no value for the schema's %s", ksql_form_kind_name(form->kind));
}

static void put_text(struct of_buffer *out, struct of_text text)
{
    ksql_json_write_text(text, out);
}

/* Numbers may stand in quotes, and the other way round. */
static int write_number(const struct ksql_form *form, const struct ksql_json *json,
    struct of_buffer *out, struct of_error *error)
{
    bool whole = form->kind >= KSQL_FORM_INT8 && form->kind <= KSQL_FORM_INT64;
    int64_t number;
    double real;
    if ((json->kind != KSQL_JSON_NUMBER && json->kind != KSQL_JSON_STRING) ||
        (whole ? !ksql_number_integer(json->text, INT64_MIN, INT64_MAX, &number)
               : !ksql_number_double(json->text, &real)))
        return fail(form, error);
    of_buffer_append(out, json->text.data, json->text.length);
    return 0;
}

static int write_string(const struct ksql_form *form, const struct ksql_json *json,
    struct of_buffer *out, struct of_error *error)
{
    char number[KSQL_NUMBER_TEXT_MAX];
    struct of_text text = json->text;
    if (json->kind == KSQL_JSON_BOOLEAN)
        text = json->truth ? (struct of_text){"true", 4} : (struct of_text){"false", 5};
    else if (json->kind == KSQL_JSON_NUMBER && text.length < sizeof(number) / 2)
        text = (struct of_text){number, ksql_number_print(json->text, number)};
    else if (json->kind != KSQL_JSON_STRING)
        return fail(form, error);
    put_text(out, text);
    return 0;
}

static int write_items(const struct ksql_form *form, const struct ksql_json *json,
    struct of_buffer *out, struct of_error *error)
{
    if (json->kind != KSQL_JSON_ARRAY)
        return fail(form, error);
    of_buffer_append_byte(out, '[');
    for (size_t i = 0; i < json->count; i++) {
        of_buffer_append_text(out, i ? "," : "");
        if (ksql_codec_write_form(form->element, json->members[i].value, out, error))
            return OF_INPUT;
    }
    of_buffer_append_byte(out, ']');
    return 0;
}

static int write_entries(const struct ksql_form *form, const struct ksql_json *json,
    struct of_buffer *out, struct of_error *error)
{
    if (json->kind != KSQL_JSON_OBJECT)
        return fail(form, error);
    of_buffer_append_byte(out, form->key ? '[' : '{');
    for (size_t i = 0; i < json->count; i++) {
        const struct ksql_json_member *member = &json->members[i];
        of_buffer_append_text(out, i ? "," : "");
        of_buffer_append_text(out, form->key ? "{\"key\":" : "");
        put_text(out, member->name);
        of_buffer_append_text(out, form->key ? ",\"value\":" : ":");
        if (ksql_codec_write_form(form->element, member->value, out, error))
            return OF_INPUT;
        of_buffer_append_text(out, form->key ? "}" : "");
    }
    of_buffer_append_byte(out, form->key ? ']' : '}');
    return 0;
}

/* What may not be null is left out where it is. */
static int write_fields(const struct ksql_form *form, const struct ksql_json *json,
    struct of_buffer *out, struct of_error *error)
{
    bool first = true;
    if (json->kind != KSQL_JSON_OBJECT)
        return fail(form, error);
    of_buffer_append_byte(out, '{');
    for (size_t i = 0; i < form->field_count; i++) {
        const struct ksql_form_field *field = &form->fields[i];
        const struct ksql_json *value = ksql_codec_find(json, field->name);
        if (!value || (value->kind == KSQL_JSON_NULL && !field->form->optional))
            continue;
        of_buffer_append_text(out, first ? "" : ",");
        first = false;
        put_text(out, (struct of_text){field->name, strlen(field->name)});
        of_buffer_append_byte(out, ':');
        if (ksql_codec_write_form(field->form, value, out, error))
            return of_error_context(error, "%s", field->name);
    }
    of_buffer_append_byte(out, '}');
    return 0;
}

int ksql_codec_write_form(const struct ksql_form *form, const struct ksql_json *json,
    struct of_buffer *out, struct of_error *error)
{
    if (json->kind == KSQL_JSON_NULL) {
        of_buffer_append_text(out, "null");
        return form->optional ? 0 : fail(form, error);
    }
    switch (form->kind) {
    case KSQL_FORM_BOOLEAN:
        ksql_json_print(json, out);
        return json->kind == KSQL_JSON_BOOLEAN ? 0 : fail(form, error);
    case KSQL_FORM_STRING:
        return write_string(form, json, out, error);
    case KSQL_FORM_BYTES:
        if (form->logic == KSQL_FORM_DECIMAL)
            return write_number(form, json, out, error);
        ksql_json_print(json, out);
        return json->kind == KSQL_JSON_STRING ? 0 : fail(form, error);
    case KSQL_FORM_ARRAY:
        return write_items(form, json, out, error);
    case KSQL_FORM_MAP:
        return write_entries(form, json, out, error);
    case KSQL_FORM_STRUCT:
        return write_fields(form, json, out, error);
    default:
        return write_number(form, json, out, error);
    }
}
