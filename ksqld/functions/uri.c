/* A parser of URIs that goes the way of Java's, so that it takes and refuses the same. */
#include "ksqld/functions/uri.h"

#include "ksqld/functions/text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>

#define PORT_DIGITS_MAX 10

#define ALPHANUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define UNRESERVED ALPHANUM "-_.!~*'()"
#define URIC UNRESERVED ";/?:@&=+$,[]%"
#define PATH UNRESERVED ":@&=+$,;/%"
#define USERINFO UNRESERVED ";:&=+$,%"
#define REG_NAME UNRESERVED "$,;:@&=+%"
#define SERVER USERINFO "@[]"

struct parser {
    const char *text;
    size_t length;
    struct ksql_uri *uri;
    bool bad;
};

static bool at(const struct parser *parser, size_t place, size_t end, char c)
{
    return place < end && parser->text[place] == c;
}

/* To the first character of `stops`, or the end. */
static size_t scan_to(const struct parser *parser, size_t start, size_t end, const char *stops)
{
    while (start < end && !strchr(stops, parser->text[start]))
        start++;
    return start;
}

/* Letters of other languages are good where escapes are; blanks and controls of theirs are not. */
static size_t other_size(const char *text)
{
    uint32_t code;
    size_t size = ksql_utf8_read(text, &code);
    bool blank = code == 0xa0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200a) ||
                 code == 0x2028 || code == 0x2029 || code == 0x202f || code == 0x205f ||
                 code == 0x3000;
    return code <= 0xa0 || blank ? 0 : size;
}

/* As far as all characters are of the set; an escape that is broken is an error by itself. */
static size_t scan(struct parser *parser, size_t start, size_t end, const char *set)
{
    bool escapes = strchr(set, '%');
    while (start < end) {
        char c = parser->text[start];
        if (c == '%' && escapes) {
            if (start + 3 > end || !isxdigit((unsigned char)parser->text[start + 1]) ||
                !isxdigit((unsigned char)parser->text[start + 2])) {
                parser->bad = true;
                return start;
            }
            start += 3;
            continue;
        }
        size_t size = (uint8_t)c >= 0x80 && escapes ? other_size(parser->text + start)
                      : c && strchr(set, c)         ? 1
                                                    : 0;
        if (!size)
            break;
        start += size;
    }
    return start;
}

static void check(struct parser *parser, size_t start, size_t end, const char *set)
{
    if (scan(parser, start, end, set) < end)
        parser->bad = true;
}

static struct of_text part(const struct parser *parser, size_t start, size_t end)
{
    return (struct of_text){parser->text + start, end - start};
}

/* ---- authority ---- */

/* Four numbers up to 255 with points between them, and nothing but a port behind; else `start`. */
static size_t scan_ipv4(const struct parser *parser, size_t start, size_t end)
{
    size_t next = start;
    for (int i = 0; i < 4; i++) {
        int number = 0;
        size_t digits = next;
        if (i && !at(parser, next++, end, '.'))
            return start;
        for (digits = next; next < end && isdigit((unsigned char)parser->text[next]); next++)
            number = number > 255 ? number : number * 10 + (parser->text[next] - '0');
        if (next == digits || number > 255)
            return start;
    }
    return next == end || parser->text[next] == ':' ? next : start;
}

/* Labels of letters, digits and - with points between them, the last one beginning with a letter;
 * SIZE_MAX: none. */
static size_t scan_hostname(struct parser *parser, size_t start, size_t end)
{
    size_t next = start, label = SIZE_MAX;
    while (next < end) {
        size_t behind = scan(parser, next, end, ALPHANUM);
        if (behind == next)
            break;
        label = next;
        next = scan(parser, behind, end, ALPHANUM "-");
        if (parser->text[next - 1] == '-')
            return SIZE_MAX;
        if (!at(parser, next, end, '.'))
            break;
        next++;
    }
    bool good = label != SIZE_MAX && (next == end || parser->text[next] == ':') &&
                (label == start || isalpha((unsigned char)parser->text[label]));
    return good ? next : SIZE_MAX;
}

static bool scan_ipv6(struct parser *parser, size_t start, size_t end, size_t *next)
{
    size_t close = scan_to(parser, start, end, "]");
    if (close == end || close < start + 3)
        return false;
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;
    size_t length = close - start - 1;
    parser->bad = parser->bad || length >= sizeof(text);
    if (parser->bad)
        return false;
    memcpy(text, parser->text + start + 1, length);
    text[length] = '\0';
    parser->bad = inet_pton(AF_INET6, text, &address) != 1;
    *next = close + 1;
    return !parser->bad;
}

/* [user@]host[:port]. False: it may still be a name that a registry knows. */
static bool parse_server(struct parser *parser, size_t start, size_t end)
{
    size_t user = scan_to(parser, start, end, "/?#@"), next = start, digits;
    if (at(parser, user, end, '@')) {
        check(parser, start, user, USERINFO);
        next = user + 1;
    }
    size_t host = next;
    if (at(parser, host, end, '[')) {
        if (!scan_ipv6(parser, host, end, &next))
            return false;
    } else {
        next = scan_ipv4(parser, host, end);
        if (next == host)
            next = scan_hostname(parser, host, end);
        if (next == SIZE_MAX)
            return false;
    }
    int port = -1;
    struct of_text name = part(parser, host, next);
    if (at(parser, next, end, ':')) {
        digits = ++next;
        next = scan(parser, next, end, "0123456789");
        if (next - digits > PORT_DIGITS_MAX)
            return false;
        long long number = next > digits ? strtoll(parser->text + digits, NULL, 10) : -1;
        if (number > INT32_MAX)
            return false;
        port = (int)number;
    }
    if (next != end)
        return false;
    parser->uri->host = name;
    parser->uri->port = port;
    return true;
}

/* What Java takes behind the % has names of the machine's interfaces in it. */
static bool has_scope(const struct parser *parser, size_t start, size_t end)
{
    size_t open = scan_to(parser, start, end, "["), close = scan_to(parser, open, end, "]");
    return close < end && scan_to(parser, open, close, "%") < close;
}

static void parse_authority(struct parser *parser, size_t start, size_t end)
{
    parser->uri->scoped = has_scope(parser, start, end);
    parser->bad = parser->bad || parser->uri->scoped;
    bool literal = scan_to(parser, start, end, "]") < end;
    bool server = scan(parser, start, end, SERVER) == end;
    bool name = !literal && scan(parser, start, end, REG_NAME) == end;
    if (parser->bad)
        return;
    if (server && parse_server(parser, start, end))
        return;
    parser->uri->host = (struct of_text){0};
    parser->uri->port = -1;
    if (!name)
        parser->bad = true;
}

/* ---- the whole ---- */

static size_t parse_hierarchical(struct parser *parser, size_t start, size_t end)
{
    size_t next = start;
    if (at(parser, next, end, '/') && at(parser, next + 1, end, '/')) {
        next += 2;
        size_t behind = scan_to(parser, next, end, "/?#");
        if (behind > next)
            parse_authority(parser, next, behind);
        else if (behind == end)
            parser->bad = true;
        next = behind;
    }
    size_t behind = scan_to(parser, next, end, "?#");
    check(parser, next, behind, PATH);
    parser->uri->path = part(parser, next, behind);
    next = behind;
    if (!at(parser, next, end, '?'))
        return next;
    behind = scan_to(parser, ++next, end, "#");
    check(parser, next, behind, URIC);
    parser->uri->query = part(parser, next, behind);
    return behind;
}

bool ksql_uri_parse(struct of_text text, struct ksql_uri *uri)
{
    *uri = (struct ksql_uri){.port = -1};
    struct parser parser = {text.length ? text.data : "", text.length, uri, false};
    size_t end = text.length, next = scan_to(&parser, 0, end, "/?#:");
    if (at(&parser, next, end, ':')) {
        if (!isalpha((unsigned char)parser.text[0]) || next == 0)
            return false;
        check(&parser, 1, next, ALPHANUM "+-.");
        uri->scheme = part(&parser, 0, next);
        size_t start = ++next;
        if (at(&parser, start, end, '/')) {
            next = parse_hierarchical(&parser, start, end);
        } else {
            next = scan_to(&parser, start, end, "#");
            check(&parser, start, next, URIC);
            parser.bad = parser.bad || next == start;
        }
    } else {
        next = parse_hierarchical(&parser, 0, end);
    }
    if (at(&parser, next, end, '#')) {
        check(&parser, next + 1, end, URIC);
        uri->fragment = part(&parser, next + 1, end);
    }
    return !parser.bad;
}
