/* An insertion sort where it is short, as nearly all maps are; qsort by index beyond. */
#include "ksqld/serde/map.h"

#include "base/memory.h"

#include <stdlib.h>

#define SHORT_PAIRS 16

struct pair {
    struct ksql_value key, value;
    size_t place; /* among equal keys, the last one counts */
};

static int compare(const struct pair *a, const struct pair *b)
{
    const struct of_text *one = &a->key.text, *other = &b->key.text;
    size_t shorter = one->length < other->length ? one->length : other->length;
    int order = shorter ? memcmp(one->data, other->data, shorter) : 0;
    return order ? order : (one->length > other->length) - (one->length < other->length);
}

static int compare_placed(const void *a, const void *b)
{
    const struct pair *one = a, *other = b;
    int order = compare(one, other);
    return order ? order : (one->place > other->place) - (one->place < other->place);
}

static void sort_short(struct pair *pairs, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct pair pair = pairs[i];
        size_t to = i;
        for (; to > 0 && compare(&pair, &pairs[to - 1]) < 0; to--)
            pairs[to] = pairs[to - 1];
        pairs[to] = pair;
    }
}

size_t ksql_map_normalize(struct ksql_value *items, size_t count)
{
    struct pair few[SHORT_PAIRS], *pairs = few, *many OF_FREE = NULL;
    size_t left = 0;
    if (count > SHORT_PAIRS)
        pairs = many = of_realloc_array(NULL, count, sizeof(*many));
    for (size_t i = 0; i < count; i++)
        pairs[i] = (struct pair){items[2 * i], items[2 * i + 1], i};
    if (count > SHORT_PAIRS)
        qsort(pairs, count, sizeof(*pairs), compare_placed);
    else
        sort_short(pairs, count);
    for (size_t i = 0; i < count; i++) {
        if (i + 1 < count && compare(&pairs[i], &pairs[i + 1]) == 0)
            continue;
        items[2 * left] = pairs[i].key;
        items[2 * left + 1] = pairs[i].value;
        left++;
    }
    return left;
}
