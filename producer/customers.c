/* Pools and persons. Texts are put together from the tables without printf, because this is the
 * larger half of what an order costs. */
#include "customers.h"

#include "base/memory.h"
#include "order/retail.h"
#include "tables.h"

#include <stdlib.h>

#define TOP_AT_FIRST 25
#define TOP_PER_STEP 1
#define REPEAT_AT_FIRST 75
#define REPEAT_PER_STEP 16
#define ORDERS_PER_STEP 100

#define ENTERS_TOP_PERCENT 35
#define ENTERS_REPEAT_PERCENT 50
#define RETURNS_PERCENT 70
#define RETURNS_TOP_PERCENT 70
#define SECOND_NAME_PERCENT 15

static const uint32_t class_weights[OF_PLACE_CLASSES] = {4, 27, 25, 32, 12};

void of_customers_init(struct of_customers *customers, uint64_t seed)
{
    *customers = (struct of_customers){.seed = seed};
}

void of_customers_release(struct of_customers *customers)
{
    free(customers->top.customers);
    free(customers->repeat.customers);
    of_customers_init(customers, customers->seed);
}

static uint32_t slots(int64_t order_id, uint32_t first, uint32_t step, uint32_t limit)
{
    int64_t count = first + order_id / ORDERS_PER_STEP * step;
    return count < limit ? (uint32_t)count : limit;
}

static void enter(struct of_pool *pool, uint32_t customer)
{
    if (pool->count == pool->capacity) {
        pool->capacity = pool->capacity ? pool->capacity * 2 : 1024;
        pool->customers =
            of_realloc_array(pool->customers, pool->capacity, sizeof(*pool->customers));
    }
    pool->customers[pool->count++] = customer;
}

uint32_t of_customers_choose(struct of_customers *customers, int64_t order_id)
{
    struct of_random random = of_retail_random(customers->seed, OF_DRAW_POOL, order_id);
    bool top_full =
        customers->top.count >= slots(order_id, TOP_AT_FIRST, TOP_PER_STEP, OF_TOP_CUSTOMERS_MAX);
    bool repeat_full = customers->repeat.count >=
                       slots(order_id, REPEAT_AT_FIRST, REPEAT_PER_STEP, OF_REPEAT_CUSTOMERS_MAX);
    if (top_full && repeat_full && of_random_chance(&random, RETURNS_PERCENT, 100)) {
        const struct of_pool *pool = of_random_chance(&random, RETURNS_TOP_PERCENT, 100)
                                         ? &customers->top
                                         : &customers->repeat;
        return pool->customers[of_random_below(&random, pool->count)];
    }
    uint32_t customer = ++customers->count;
    if (!top_full && of_random_chance(&random, ENTERS_TOP_PERCENT, 100))
        enter(&customers->top, customer);
    else if (!repeat_full && of_random_chance(&random, ENTERS_REPEAT_PERCENT, 100))
        enter(&customers->repeat, customer);
    return customer;
}

static char *put(char *out, struct of_text text)
{
    memcpy(out, text.data, text.length);
    return out + text.length;
}

#define PUT(out, literal) put((out), (struct of_text){(literal), sizeof(literal) - 1})

static char *put_number(char *out, uint64_t number)
{
    char digits[20];
    char *first = digits + sizeof(digits);
    do
        *--first = (char)('0' + number % 10);
    while (number /= 10);
    return put(out, (struct of_text){first, (size_t)(digits + sizeof(digits) - first)});
}

static char *put_digits(char *out, uint64_t number, int count)
{
    for (int i = count - 1; i >= 0; i--, number /= 10)
        out[i] = (char)('0' + number % 10);
    return out + count;
}

static const struct of_word *pick(
    struct of_random *random, const struct of_word *words, size_t count)
{
    return &words[of_random_below(random, count)];
}

#define PICK(random, words) pick((random), (words), OF_COUNT(words))

static struct of_text from(const char *start, const char *end)
{
    return (struct of_text){start, (size_t)(end - start)};
}

/* The customer's number in it makes each address one of a kind. */
static char *put_email(char *out, struct of_random *random, const struct of_word *given,
    const struct of_word *family, uint32_t customer)
{
    static const struct of_text domains[] = {
        {"@example.com", 12}, {"@example.net", 12}, {"@example.org", 12}};
    out = put(out, given->slug);
    *out++ = '.';
    out = put(out, family->slug);
    out = put_number(out, customer);
    return put(out, domains[of_random_below(random, OF_COUNT(domains))]);
}

/* "Silangan Hardware", "Reyes Trading" or "Cruz-Reyes Bakery". */
static char *put_company(char *out, struct of_random *random)
{
    uint64_t kind = of_random_below(random, 4);
    if (kind < 2) {
        out = put(out, PICK(random, of_company_words)->text);
    } else {
        out = put(out, PICK(random, of_family_names)->text);
        if (kind == 3) {
            *out++ = '-';
            out = put(out, PICK(random, of_family_names)->text);
        }
    }
    *out++ = ' ';
    return put(out, PICK(random, of_company_kinds)->text);
}

/* 100 prefixes of four digits, then 555 as in the films. */
static char *put_contact_number(char *out, struct of_random *random)
{
    uint64_t number = of_random_below(random, 1000000);
    out = put_digits(PUT(out, "+63 9"), number / 10000, 2);
    return put_digits(PUT(out, " 555 "), number % 10000, 4);
}

static char *describe_person(
    struct of_customer_info *info, uint64_t seed, uint32_t customer, char *out)
{
    struct of_random random = of_retail_random(seed, OF_DRAW_PERSON, customer);
    const struct of_word *given = PICK(&random, of_given_names);
    const struct of_word *family = PICK(&random, of_family_names);
    char *start = out;
    out = put(out, given->text);
    if (of_random_chance(&random, SECOND_NAME_PERCENT, 100)) {
        const struct of_word *second = PICK(&random, of_given_names);
        if (second != given) {
            *out++ = ' ';
            out = put(out, second->text);
        }
    }
    *out++ = ' ';
    out = put(out, family->text);
    info->customer_name = from(start, out);
    start = out;
    out = put_email(out, &random, given, family, customer);
    info->email = from(start, out);
    start = out;
    out = put_company(out, &random);
    info->company = from(start, out);
    start = out;
    out = put_contact_number(out, &random);
    info->contact_number = from(start, out);
    return out;
}

static const struct of_place *draw_place(struct of_random *random)
{
    size_t class = of_random_weighted(random, class_weights, OF_PLACE_CLASSES);
    uint32_t first = class ? of_place_ends[class - 1] : 0;
    return &of_places[first + of_random_below(random, of_place_ends[class] - first)];
}

static char *describe_address(
    struct of_customer_info *info, uint64_t seed, uint32_t customer, char *out)
{
    struct of_random random = of_retail_random(seed, OF_DRAW_ADDRESS, customer);
    const struct of_place *place = draw_place(&random);
    info->lgu = place->lgu;
    info->provincial_code = place->code;
    char *start = out;
    out = put_number(out, 1 + of_random_below(&random, 999));
    *out++ = ' ';
    out = put(out, PICK(&random, of_streets)->text);
    out = PUT(out, " Street, Barangay ");
    out = put(out, PICK(&random, of_barangays)->text);
    info->street_address = from(start, out);
    return out;
}

/* Twelve words at the most, and the letters and digits between them. */
_Static_assert(12 * OF_WORD_BYTES_MAX + 128 <= OF_CUSTOMER_TEXT_MAX, "room for every text");

void of_customer_describe(struct of_customer_info *info, uint64_t seed, uint32_t customer,
    char text[static OF_CUSTOMER_TEXT_MAX])
{
    info->customer_id = customer;
    describe_address(info, seed, customer, describe_person(info, seed, customer, text));
}

int32_t of_customer_destination(uint64_t seed, uint32_t customer)
{
    struct of_random address = of_retail_random(seed, OF_DRAW_ADDRESS, customer);
    struct of_random random = of_retail_random(seed, OF_DRAW_TO_LOCATION, customer);
    const struct of_place *place = draw_place(&address);
    return of_destinations[place->first_destination +
                           of_random_below(&random, place->destinations)];
}

struct of_text of_order_address(
    uint64_t seed, int64_t order_id, char text[static OF_IP_ADDRESS_MAX])
{
    static const struct of_text ranges[] = {
        {"192.0.2.", 8}, {"198.51.100.", 11}, {"203.0.113.", 10}};
    struct of_random random = of_retail_random(seed, OF_DRAW_NETWORK, order_id);
    uint64_t host = of_random_below(&random, OF_COUNT(ranges) * 254);
    char *end = put_number(put(text, ranges[host / 254]), 1 + host % 254);
    return from(text, end);
}

struct of_text of_live_order_address(
    uint64_t seed, int64_t order_id, int64_t parts, char text[static OF_IP_ADDRESS_MAX])
{
    struct of_random random = of_retail_random(seed, OF_DRAW_FRAUD, order_id);
    if (of_random_chance(&random, (uint64_t)parts, OF_FRAUD_WHOLE))
        return of_fraud_addresses[of_random_below(&random, OF_FRAUD_ADDRESSES)];
    return of_order_address(seed, order_id, text);
}
