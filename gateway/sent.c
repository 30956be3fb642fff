/* A set of statuses and its text. */
#include "gateway/sent.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OTHER_DIGITS 8

/* FNV-1a. */
static uint32_t hash(const char *status)
{
    uint32_t value = UINT32_C(2166136261);
    for (; *status; status++)
        value = (value ^ (unsigned char)*status) * UINT32_C(16777619);
    return value;
}

static bool add_other(struct sent *sent, uint32_t other)
{
    for (size_t i = 0; i < sent->other_count; i++)
        if (sent->others[i] == other)
            return false;
    if (sent->other_count < SENT_OTHERS_MAX)
        sent->others[sent->other_count++] = other;
    return true;
}

bool sent_add(struct sent *sent, const char *status)
{
    int index = status_index((struct of_text){status, strlen(status)});
    if (index < 0)
        return add_other(sent, hash(status));
    uint32_t bit = UINT32_C(1) << index;
    bool is_new = !(sent->known & bit);
    sent->known |= bit;
    return is_new;
}

void sent_print(const struct sent *sent, char text[SENT_TEXT_SIZE])
{
    int length = snprintf(text, SENT_TEXT_SIZE, "%" PRIx32, sent->known);
    for (size_t i = 0; i < sent->other_count; i++)
        length += snprintf(
            text + length, SENT_TEXT_SIZE - (size_t)length, "+%08" PRIx32, sent->others[i]);
}

/* Exactly so many hexadecimal digits, and no sign, space or 0x, which strtoul would take. */
static bool read_digits(const char *text, size_t count, uint32_t *value)
{
    char digits[OTHER_DIGITS + 1] = "";
    for (size_t i = 0; i < count; i++) {
        if (!isdigit((unsigned char)text[i]) && (text[i] < 'a' || text[i] > 'f'))
            return false;
        digits[i] = text[i];
    }
    *value = (uint32_t)strtoul(digits, NULL, 16);
    return true;
}

bool sent_parse(struct sent *sent, const char *text)
{
    struct sent read = {.other_count = 0};
    size_t first = strcspn(text, "+");
    if (first == 0 || first > SENT_KNOWN_DIGITS || !read_digits(text, first, &read.known) ||
        read.known >> OF_EVENT_COUNT)
        return false;
    text += first;
    for (size_t count = 0; *text; count++, text += 1 + OTHER_DIGITS) {
        uint32_t other;
        if (*text != '+' || count == SENT_OTHERS_MAX ||
            !read_digits(text + 1, OTHER_DIGITS, &other))
            return false;
        add_other(&read, other);
    }
    *sent = read;
    return true;
}
