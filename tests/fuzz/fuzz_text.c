/* Texts that come from outside: times, and JSON strings. A time that is taken prints as one that
 * means the same; any bytes become a JSON string that a JSON parser takes. */
#include "fuzz.h"

#include "base/buffer.h"
#include "base/clock.h"

#include <jansson.h>

#define TEXT_MAX (1024u * 1024)

static void try_time(const char *text)
{
    struct of_error error;
    int64_t millis, again;
    char printed[OF_ISO8601_SIZE];
    if (of_iso8601_parse(text, &millis, &error) < 0)
        return;
    of_iso8601_print(millis, printed);
    struct of_date date;
    of_date_from_millis(millis, &date);
    PROMISE(of_date_to_millis(&date) == millis);
    PROMISE(date.day >= 1 && date.day <= of_days_in_month(date.year, date.month));
    if (date.year < 0 || date.year > 9999)
        return; /* by an offset; such years are printed but not read */
    PROMISE(of_iso8601_parse(printed, &again, &error) == OF_OK && again == millis);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    OF_FREE char *text = of_strndup((const char *)data, size);
    try_time(text);
    OF_CLEANUP(of_buffer_release) struct of_buffer out;
    of_buffer_init(&out, TEXT_MAX);
    if (of_buffer_append_json_string(&out, text, size) < 0)
        return 0;
    json_t *json = json_loadb((char *)out.data, out.length, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    PROMISE(json && json_is_string(json));
    json_t *plain = json_stringn(text, size); /* NULL when it is not UTF-8 */
    PROMISE(!plain || json_equal(json, plain));
    json_decref(plain);
    json_decref(json);
    return 0;
}
