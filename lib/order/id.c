/* Digit by digit. */
#include "order/id.h"

#define ID_DIGITS_MAX 19 /* of the largest int64; so many fit 64 bits without a sign */

bool of_order_id_parse(const void *text, size_t size, int64_t *id)
{
    const char *digits = text;
    uint64_t value = 0;
    if (!digits || size == 0 || size > ID_DIGITS_MAX || digits[0] == '0')
        return false;
    for (size_t i = 0; i < size; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return false;
        value = 10 * value + (uint64_t)(digits[i] - '0');
    }
    if (value > INT64_MAX)
        return false;
    *id = (int64_t)value;
    return true;
}
