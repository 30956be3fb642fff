/* Lines into one JSON object. */
#include "document.h"

#include "base/clock.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

static void print_text(struct of_buffer *out, const char *name, struct of_text text)
{
    of_buffer_appendf(out, "\"%s\":", name);
    of_buffer_append_json_string(out, text.length ? text.data : "", text.length);
    of_buffer_append_byte(out, ',');
}

static void print_time(struct of_buffer *out, const char *name, bool present, int64_t time)
{
    char text[OF_ISO8601_SIZE];
    if (present)
        of_buffer_appendf(out, "\"%s\":\"%s\",", name, of_iso8601_print(time, text));
    else
        of_buffer_appendf(out, "\"%s\":null,", name);
}

/* Centavos as pesos. */
static void print_amount(
    struct of_buffer *out, const char *name, int64_t amount, const char *behind)
{
    uint64_t size = amount < 0 ? 0 - (uint64_t)amount : (uint64_t)amount;
    of_buffer_appendf(out, "\"%s\":%s%" PRIu64 ".%02d%s", name, amount < 0 ? "-" : "", size / 100,
        (int)(size % 100), behind);
}

static void print_place(struct of_buffer *out, const char *name, int32_t id, struct of_text text)
{
    of_buffer_appendf(out, "\"%s\":{\"id\":%" PRId32 ",\"name\":", name, id);
    of_buffer_append_json_string(out, text.length ? text.data : "", text.length);
    of_buffer_append_text(out, "},");
}

static void print_line(struct of_buffer *out, const struct of_order_line *line)
{
    of_buffer_appendf(out, "{\"line\":%" PRId32 ",\"sku\":%" PRId32 ",", line->line, line->sku);
    print_text(out, "product", line->product_name);
    print_text(out, "category", line->category);
    of_buffer_appendf(out, "\"quantity\":%" PRId32 ",", line->quantity);
    print_text(out, "unit_of_measures", line->unit_of_measures);
    print_text(out, "uom_type", line->uom_type);
    print_place(out, "from", line->from_location, line->from_location_name);
    print_place(out, "to", line->to_location, line->to_location_name);
    print_amount(out, "unit_price", line->unit_price, ",");
    of_buffer_appendf(out, "\"discount_percent\":%g,", (double)line->discount_percent);
    print_amount(out, "amount", line->subtotal, "}");
}

int document_print(
    const struct of_order_line *lines, size_t count, struct of_buffer *out, struct of_error *error)
{
    const struct of_order_line *first = &lines[0];
    int64_t total = 0;
    of_buffer_appendf(out, "{\"order_id\":%" PRId64 ",", first->order_id);
    print_time(out, "order_date", true, first->order_date);
    print_time(out, "payment_date", first->has_payment_date, first->payment_date);
    of_buffer_appendf(out, "\"express_shipping\":%s,", first->express_shipping ? "true" : "false");
    print_time(out, "eta", first->has_eta, first->eta);
    of_buffer_appendf(out, "\"customer\":{\"customer_id\":%" PRId64 ",", first->customer_id);
    print_text(out, "name", first->customer_name);
    print_text(out, "company", first->company);
    print_text(out, "street_address", first->street_address);
    print_text(out, "lgu", first->lgu);
    print_text(out, "provincial_code", first->provincial_code);
    of_buffer_append_text(out, "\"contact_number\":");
    of_buffer_append_json_string(out,
        first->contact_number.length ? first->contact_number.data : "",
        first->contact_number.length);
    of_buffer_append_text(out, "},\"lines\":[");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            of_buffer_append_byte(out, ',');
        if (!isfinite(lines[i].discount_percent)) /* JSON has no such numbers */
            return of_fail(error, OF_INPUT,
                "order %" PRId64 ", line %" PRId32 ": its discount is no number", first->order_id,
                lines[i].line);
        print_line(out, &lines[i]);
        if (__builtin_add_overflow(total, lines[i].subtotal, &total))
            return of_fail(error, OF_INPUT, "order %" PRId64 ": its amounts add up to too much",
                first->order_id);
    }
    of_buffer_append_text(out, "],");
    print_amount(out, "amount", total, "}\n");
    return of_buffer_check(out, "a document", error);
}
