/* Upper and lower case as Java's String has them in the root locale: Unicode's simple mappings from
 * the C library, and the letters that become several (SpecialCasing.txt) from a table. */
#include "ksqld/functions/text.h"

#include <assert.h>
#include <locale.h>
#include <pthread.h>
#include <wctype.h>

#define GROWTH 3 /* no letter grows to more than three times its bytes */

static const struct {
    uint32_t code;
    const char *upper;
} special[] = {
    {0x00df, "\x53\x53"},
    {0x0149, "\xca\xbc\x4e"},
    {0x01f0, "\x4a\xcc\x8c"},
    {0x0390, "\xce\x99\xcc\x88\xcc\x81"},
    {0x03b0, "\xce\xa5\xcc\x88\xcc\x81"},
    {0x0587, "\xd4\xb5\xd5\x92"},
    {0x1e96, "\x48\xcc\xb1"},
    {0x1e97, "\x54\xcc\x88"},
    {0x1e98, "\x57\xcc\x8a"},
    {0x1e99, "\x59\xcc\x8a"},
    {0x1e9a, "\x41\xca\xbe"},
    {0x1f50, "\xce\xa5\xcc\x93"},
    {0x1f52, "\xce\xa5\xcc\x93\xcc\x80"},
    {0x1f54, "\xce\xa5\xcc\x93\xcc\x81"},
    {0x1f56, "\xce\xa5\xcc\x93\xcd\x82"},
    {0x1f80, "\xe1\xbc\x88\xce\x99"},
    {0x1f81, "\xe1\xbc\x89\xce\x99"},
    {0x1f82, "\xe1\xbc\x8a\xce\x99"},
    {0x1f83, "\xe1\xbc\x8b\xce\x99"},
    {0x1f84, "\xe1\xbc\x8c\xce\x99"},
    {0x1f85, "\xe1\xbc\x8d\xce\x99"},
    {0x1f86, "\xe1\xbc\x8e\xce\x99"},
    {0x1f87, "\xe1\xbc\x8f\xce\x99"},
    {0x1f88, "\xe1\xbc\x88\xce\x99"},
    {0x1f89, "\xe1\xbc\x89\xce\x99"},
    {0x1f8a, "\xe1\xbc\x8a\xce\x99"},
    {0x1f8b, "\xe1\xbc\x8b\xce\x99"},
    {0x1f8c, "\xe1\xbc\x8c\xce\x99"},
    {0x1f8d, "\xe1\xbc\x8d\xce\x99"},
    {0x1f8e, "\xe1\xbc\x8e\xce\x99"},
    {0x1f8f, "\xe1\xbc\x8f\xce\x99"},
    {0x1f90, "\xe1\xbc\xa8\xce\x99"},
    {0x1f91, "\xe1\xbc\xa9\xce\x99"},
    {0x1f92, "\xe1\xbc\xaa\xce\x99"},
    {0x1f93, "\xe1\xbc\xab\xce\x99"},
    {0x1f94, "\xe1\xbc\xac\xce\x99"},
    {0x1f95, "\xe1\xbc\xad\xce\x99"},
    {0x1f96, "\xe1\xbc\xae\xce\x99"},
    {0x1f97, "\xe1\xbc\xaf\xce\x99"},
    {0x1f98, "\xe1\xbc\xa8\xce\x99"},
    {0x1f99, "\xe1\xbc\xa9\xce\x99"},
    {0x1f9a, "\xe1\xbc\xaa\xce\x99"},
    {0x1f9b, "\xe1\xbc\xab\xce\x99"},
    {0x1f9c, "\xe1\xbc\xac\xce\x99"},
    {0x1f9d, "\xe1\xbc\xad\xce\x99"},
    {0x1f9e, "\xe1\xbc\xae\xce\x99"},
    {0x1f9f, "\xe1\xbc\xaf\xce\x99"},
    {0x1fa0, "\xe1\xbd\xa8\xce\x99"},
    {0x1fa1, "\xe1\xbd\xa9\xce\x99"},
    {0x1fa2, "\xe1\xbd\xaa\xce\x99"},
    {0x1fa3, "\xe1\xbd\xab\xce\x99"},
    {0x1fa4, "\xe1\xbd\xac\xce\x99"},
    {0x1fa5, "\xe1\xbd\xad\xce\x99"},
    {0x1fa6, "\xe1\xbd\xae\xce\x99"},
    {0x1fa7, "\xe1\xbd\xaf\xce\x99"},
    {0x1fa8, "\xe1\xbd\xa8\xce\x99"},
    {0x1fa9, "\xe1\xbd\xa9\xce\x99"},
    {0x1faa, "\xe1\xbd\xaa\xce\x99"},
    {0x1fab, "\xe1\xbd\xab\xce\x99"},
    {0x1fac, "\xe1\xbd\xac\xce\x99"},
    {0x1fad, "\xe1\xbd\xad\xce\x99"},
    {0x1fae, "\xe1\xbd\xae\xce\x99"},
    {0x1faf, "\xe1\xbd\xaf\xce\x99"},
    {0x1fb2, "\xe1\xbe\xba\xce\x99"},
    {0x1fb3, "\xce\x91\xce\x99"},
    {0x1fb4, "\xce\x86\xce\x99"},
    {0x1fb6, "\xce\x91\xcd\x82"},
    {0x1fb7, "\xce\x91\xcd\x82\xce\x99"},
    {0x1fbc, "\xce\x91\xce\x99"},
    {0x1fc2, "\xe1\xbf\x8a\xce\x99"},
    {0x1fc3, "\xce\x97\xce\x99"},
    {0x1fc4, "\xce\x89\xce\x99"},
    {0x1fc6, "\xce\x97\xcd\x82"},
    {0x1fc7, "\xce\x97\xcd\x82\xce\x99"},
    {0x1fcc, "\xce\x97\xce\x99"},
    {0x1fd2, "\xce\x99\xcc\x88\xcc\x80"},
    {0x1fd3, "\xce\x99\xcc\x88\xcc\x81"},
    {0x1fd6, "\xce\x99\xcd\x82"},
    {0x1fd7, "\xce\x99\xcc\x88\xcd\x82"},
    {0x1fe2, "\xce\xa5\xcc\x88\xcc\x80"},
    {0x1fe3, "\xce\xa5\xcc\x88\xcc\x81"},
    {0x1fe4, "\xce\xa1\xcc\x93"},
    {0x1fe6, "\xce\xa5\xcd\x82"},
    {0x1fe7, "\xce\xa5\xcc\x88\xcd\x82"},
    {0x1ff2, "\xe1\xbf\xba\xce\x99"},
    {0x1ff3, "\xce\xa9\xce\x99"},
    {0x1ff4, "\xce\x8f\xce\x99"},
    {0x1ff6, "\xce\xa9\xcd\x82"},
    {0x1ff7, "\xce\xa9\xcd\x82\xce\x99"},
    {0x1ffc, "\xce\xa9\xce\x99"},
    {0xfb00, "\x46\x46"},
    {0xfb01, "\x46\x49"},
    {0xfb02, "\x46\x4c"},
    {0xfb03, "\x46\x46\x49"},
    {0xfb04, "\x46\x46\x4c"},
    {0xfb05, "\x53\x54"},
    {0xfb06, "\x53\x54"},
    {0xfb13, "\xd5\x84\xd5\x86"},
    {0xfb14, "\xd5\x84\xd4\xb5"},
    {0xfb15, "\xd5\x84\xd4\xbb"},
    {0xfb16, "\xd5\x8e\xd5\x86"},
    {0xfb17, "\xd5\x84\xd4\xbd"},
};

static locale_t unicode;

static void load(void)
{
    unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    assert(unicode); /* part of the C library since 2.35 */
}

static locale_t letters(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return unicode;
}

uint32_t ksql_letter_upper(uint32_t code)
{
    return (uint32_t)towupper_l((wint_t)code, letters());
}

uint32_t ksql_letter_lower(uint32_t code)
{
    return (uint32_t)towlower_l((wint_t)code, letters());
}

enum ksql_letter ksql_letter_kind(uint32_t code)
{
    if (iswdigit_l((wint_t)code, letters()))
        return KSQL_LETTER_DIGIT;
    if (ksql_letter_lower(code) != code)
        return KSQL_LETTER_UPPER;
    return iswlower_l((wint_t)code, letters()) ? KSQL_LETTER_LOWER : KSQL_LETTER_OTHER;
}

static const char *find_special(uint32_t code)
{
    size_t low = 0, high = OF_COUNT(special);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (special[middle].code == code)
            return special[middle].upper;
        if (special[middle].code < code)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

struct of_text ksql_text_upper(struct ksql_arena *arena, struct of_text text)
{
    char *upper = ksql_arena_take(arena, text.length * GROWTH + 1);
    size_t length = 0;
    for (size_t i = 0; i < text.length;) {
        uint8_t c = (uint8_t)text.data[i];
        if (c < 0x80) {
            upper[length++] = (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
            i++;
            continue;
        }
        uint32_t code;
        i += ksql_utf8_read(text.data + i, &code);
        const char *several = find_special(code);
        if (several) {
            size_t size = strlen(several);
            memcpy(upper + length, several, size);
            length += size;
        } else {
            length += ksql_utf8_write(ksql_letter_upper(code), upper + length);
        }
    }
    return (struct of_text){upper, length};
}

/* ---- lower case ---- */

#define SIGMA 0x3a3u
#define FINAL_SIGMA 0x3c2u
#define DOTTED_I 0x130u

static bool is_cased(uint32_t code)
{
    return ksql_letter_upper(code) != code || ksql_letter_lower(code) != code ||
           iswlower_l((wint_t)code, letters());
}

/* What stands between letters without ending a word: apostrophes, full stops, accents. */
static bool is_ignorable(uint32_t code)
{
    static const uint32_t codes[] = {
        '\'', '.', ':', '^', '`', 0xa8, 0xad, 0xaf, 0xb4, 0xb7, 0xb8, 0x2019, 0x2018, 0x2024};
    for (size_t i = 0; i < OF_COUNT(codes); i++) {
        if (codes[i] == code)
            return true;
    }
    return code >= 0x300 && code <= 0x36f;
}

/* A sigma ends a word if a letter comes before it and none behind it. */
static bool is_final(struct of_text text, size_t at, size_t behind)
{
    uint32_t code = 0;
    bool before = false;
    for (size_t i = 0; i < at;) {
        i += ksql_utf8_read(text.data + i, &code);
        if (!is_ignorable(code))
            before = is_cased(code);
    }
    for (size_t i = behind; before && i < text.length;) {
        i += ksql_utf8_read(text.data + i, &code);
        if (!is_ignorable(code))
            return !is_cased(code);
    }
    return before;
}

struct of_text ksql_text_lower(struct ksql_arena *arena, struct of_text text)
{
    char *lower = ksql_arena_take(arena, text.length * GROWTH + 1);
    size_t length = 0;
    for (size_t i = 0; i < text.length;) {
        uint32_t code;
        size_t at = i;
        i += ksql_utf8_read(text.data + i, &code);
        if (code < 0x80) {
            lower[length++] = (char)(code >= 'A' && code <= 'Z' ? code + 32 : code);
            continue;
        }
        if (code == DOTTED_I) { /* becomes two: i and a dot above it */
            length += ksql_utf8_write('i', lower + length);
            code = 0x307;
        } else if (code == SIGMA && is_final(text, at, i)) {
            code = FINAL_SIGMA;
        }
        length += ksql_utf8_write(ksql_letter_lower(code), lower + length);
    }
    return (struct of_text){lower, length};
}
