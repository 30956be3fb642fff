/* Addresses in memory: a sorted array, searched by halving. */
#include "order/frauds.h"

#include "base/memory.h"
#include "order/csv.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define QUOTE_MAX 40

struct address {
    uint8_t bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
};

struct of_frauds {
    struct address *items;
    size_t count;
};

static bool parse(struct of_text text, struct address *address)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    char copy[INET6_ADDRSTRLEN];
    if (text.length == 0 || text.length >= sizeof(copy) || memchr(text.data, '\0', text.length))
        return false;
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    memcpy(address->bytes, mapped, sizeof(mapped));
    return inet_pton(AF_INET, copy, address->bytes + sizeof(mapped)) == 1 ||
           inet_pton(AF_INET6, copy, address->bytes) == 1;
}

static int on_row(void *context, const struct of_csv_row *row, struct of_error *error)
{
    struct of_frauds *frauds = context;
    const char *text = row->values[0];
    struct address address;
    if (!parse((struct of_text){text, strlen(text)}, &address))
        return of_fail(error, OF_INPUT, "%s:%d: '%.*s' is no IP address", row->file, row->line,
            QUOTE_MAX, text);
    if ((frauds->count & (frauds->count - 1)) == 0) /* powers of two */
        frauds->items = of_realloc_array(
            frauds->items, frauds->count ? 2 * frauds->count : 1, sizeof(*frauds->items));
    frauds->items[frauds->count++] = address;
    return OF_OK;
}

static int compare(const void *left, const void *right)
{
    return memcmp(left, right, sizeof(struct address));
}

int of_frauds_load(const char *file, struct of_frauds **out, struct of_error *error)
{
    static const char *const columns[] = {"ip_address", NULL};
    OF_CLEANUP(of_cleanup_frauds) struct of_frauds *frauds = of_alloc(sizeof(*frauds));
    int result = of_csv_read(file, columns, on_row, frauds, error);
    if (result < 0)
        return result;
    if (frauds->count > 0)
        qsort(frauds->items, frauds->count, sizeof(*frauds->items), compare);
    *out = OF_TAKE(frauds);
    return OF_OK;
}

void of_frauds_free(struct of_frauds *frauds)
{
    if (!frauds)
        return;
    free(frauds->items);
    free(frauds);
}

size_t of_frauds_count(const struct of_frauds *frauds)
{
    return frauds->count;
}

bool of_frauds_has(const struct of_frauds *frauds, struct of_text address)
{
    struct address key;
    return frauds->count > 0 && parse(address, &key) &&
           bsearch(&key, frauds->items, frauds->count, sizeof(key), compare);
}
