/* Functions on URLs, and the distance between two points. */
#include "ksqld/exec/cast.h"
#include "ksqld/exec/compare.h"
#include "ksqld/functions/fdlibm.h"
#include "ksqld/functions/rows.h"
#include "ksqld/functions/text.h"
#include "ksqld/functions/uri.h"

#include <ctype.h>
#include <math.h>
#include <strings.h>

/* ---- escapes ---- */

static int hex(char c)
{
    return isdigit((unsigned char)c)    ? c - '0'
           : isxdigit((unsigned char)c) ? (c | 0x20) - 'a' + 10
                                        : -1;
}

/* Escapes that follow one another are decoded together. False: one is broken. */
static bool decode(struct ksql_arena *arena, struct of_text text, bool plus, struct of_text *out)
{
    char *bytes = ksql_arena_take(arena, text.length + 1);
    size_t length = 0;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (c == '%') {
            if (i + 2 >= text.length || hex(text.data[i + 1]) < 0 || hex(text.data[i + 2]) < 0)
                return false;
            c = (char)(hex(text.data[i + 1]) << 4 | hex(text.data[i + 2]));
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        bytes[length++] = c;
    }
    *out = ksql_utf8_repair(arena, (struct of_text){bytes, length});
    return true;
}

static int run_decode(const struct ksql_call *call, struct ksql_value *result)
{
    struct of_text text;
    if (!decode(call->arena, call->arguments[0].text, true, &text))
        return -1;
    return ksql_yield_text(result, text);
}

static int run_encode(const struct ksql_call *call, struct ksql_value *result)
{
    static const char digits[] = "0123456789ABCDEF";
    struct of_text text = call->arguments[0].text;
    char *out = ksql_arena_take(call->arena, 3 * text.length + 1);
    size_t length = 0;
    for (size_t i = 0; i < text.length; i++) {
        uint8_t c = (uint8_t)text.data[i];
        if (c < 0x80 && (isalnum(c) || (c && strchr("-_.*", c)))) {
            out[length++] = (char)c;
        } else if (c == ' ') {
            out[length++] = '+';
        } else {
            out[length++] = '%';
            out[length++] = digits[c >> 4];
            out[length++] = digits[c & 15];
        }
    }
    return ksql_yield_text(result, (struct of_text){out, length});
}

/* ---- parts ---- */

static bool read_uri(const struct ksql_call *call, struct ksql_uri *uri)
{
    bool good = ksql_uri_parse(call->arguments[0].text, uri);
    if (uri->scoped)
        (void)ksql_call_refuse(call, "An IPv6 address with a scope in a URL");
    return good;
}

static int yield_part(
    const struct ksql_call *call, struct of_text part, bool escaped, struct ksql_value *result)
{
    if (!part.data)
        return ksql_yield_null(result);
    if (escaped && !decode(call->arena, part, false, &part))
        return -1;
    return ksql_yield_text(result, part);
}

#define RUN_PART(name, escaped)                                                                    \
    static int run_##name(const struct ksql_call *call, struct ksql_value *result)                 \
    {                                                                                              \
        struct ksql_uri uri;                                                                       \
        if (!read_uri(call, &uri))                                                                 \
            return -1;                                                                             \
        return yield_part(call, uri.name, escaped, result);                                        \
    }

RUN_PART(fragment, true)
RUN_PART(host, false)
RUN_PART(path, true)
RUN_PART(query, true)
RUN_PART(scheme, false)

static int run_port(const struct ksql_call *call, struct ksql_value *result)
{
    struct ksql_uri uri;
    if (!read_uri(call, &uri))
        return -1;
    return uri.port < 0 ? ksql_yield_null(result) : ksql_yield_number(result, uri.port);
}

/* The value behind the name's first =, or no text if there is none; the query is decoded first. */
static int run_parameter(const struct ksql_call *call, struct ksql_value *result)
{
    struct ksql_uri uri;
    struct of_text query, wanted = call->arguments[1].text;
    if (!read_uri(call, &uri))
        return -1;
    if (!uri.query.data)
        return ksql_yield_null(result);
    if (!decode(call->arena, uri.query, false, &query))
        return -1;
    for (size_t at = 0; at <= query.length;) {
        size_t end = ksql_text_find(query, (struct of_text){"&", 1}, at);
        end = end == SIZE_MAX ? query.length : end;
        struct of_text pair = {query.data + at, end - at};
        size_t sign = ksql_text_find(pair, (struct of_text){"=", 1}, 0);
        size_t behind = sign == SIZE_MAX ? pair.length : sign + 1;
        struct of_text name = {pair.data, sign == SIZE_MAX ? pair.length : sign};
        if (ksql_text_equal(name, wanted))
            return ksql_yield_text(
                result, (struct of_text){pair.data + behind, pair.length - behind});
        at = end + 1;
    }
    return ksql_yield_null(result);
}

/* ---- GEO_DISTANCE ---- */

#define RADIUS_KM 6371.0
#define RADIUS_MILES 3959.0
#define RADIANS_IN_DEGREE 0.017453292519943295

static bool find_radius(const struct ksql_call *call, double *radius)
{
    static const char *const miles[] = {"mi", "mile", "miles"};
    static const char *const kilometers[] = {
        "", "km", "kilometer", "kilometers", "kilometre", "kilometres"};
    struct of_text unit = {"", 0};
    if (call->count > 4 && !call->arguments[4].null)
        unit = ksql_text_trim(call->arguments[4].text);
    for (size_t i = 0; i < OF_COUNT(miles) + OF_COUNT(kilometers); i++) {
        bool mile = i < OF_COUNT(miles);
        const char *name = mile ? miles[i] : kilometers[i - OF_COUNT(miles)];
        *radius = mile ? RADIUS_MILES : RADIUS_KM;
        if (strlen(name) == unit.length &&
            (!unit.length || strncasecmp(name, unit.data, unit.length) == 0))
            return true;
    }
    return false;
}

static double haversine(double angle)
{
    double sine = sin(angle / 2);
    return sine * sine;
}

static int run_distance(const struct ksql_call *call, struct ksql_value *result)
{
    double values[4], radius;
    for (size_t i = 0; i < OF_COUNT(values); i++) {
        double most = i % 2 ? 180 : 90;
        values[i] = call->arguments[i].real;
        if (call->arguments[i].null || values[i] < -most || values[i] > most)
            return -1;
    }
    if (!find_radius(call, &radius))
        return -1;
    double latitude = (values[2] - values[0]) * RADIANS_IN_DEGREE;
    double longitude = (values[3] - values[1]) * RADIANS_IN_DEGREE;
    double a = haversine(latitude) + haversine(longitude) * cos(values[0] * RADIANS_IN_DEGREE) *
                                         cos(values[2] * RADIANS_IN_DEGREE);
    return ksql_yield_double(result, 2 * ksql_fdlibm_asin(sqrt(a)) * radius);
}

#define DISTANCE_HELP "The distance of two points on the globe, in kilometers or miles."

static const struct ksql_function rows[] = {
    {"geo_distance(DOUBLE lat1, DOUBLE lon1, DOUBLE lat2, DOUBLE lon2, VARCHAR units) DOUBLE",
        run_distance, DISTANCE_HELP, KSQL_NULLABLE},
    {"geo_distance(DOUBLE lat1, DOUBLE lon1, DOUBLE lat2, DOUBLE lon2) DOUBLE", run_distance,
        DISTANCE_HELP, KSQL_NULLABLE},
    {"url_decode_param(VARCHAR input) VARCHAR", run_decode, "A text without the escapes of a URL."},
    {"url_encode_param(VARCHAR input) VARCHAR", run_encode, "A text with the escapes of a URL."},
    {"url_extract_fragment(VARCHAR input) VARCHAR", run_fragment, "The fragment of a URL."},
    {"url_extract_host(VARCHAR input) VARCHAR", run_host, "The host of a URL."},
    {"url_extract_parameter(VARCHAR input, VARCHAR paramToFind) VARCHAR", run_parameter,
        "A parameter of the query of a URL."},
    {"url_extract_path(VARCHAR input) VARCHAR", run_path, "The path of a URL."},
    {"url_extract_port(VARCHAR input) INT", run_port, "The port of a URL."},
    {"url_extract_protocol(VARCHAR input) VARCHAR", run_scheme, "The protocol of a URL."},
    {"url_extract_query(VARCHAR input) VARCHAR", run_query, "The query of a URL."},
};

KSQL_SECTION(ksql_url_functions, "URLs and places", rows);
