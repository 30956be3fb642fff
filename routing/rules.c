/* Matching, and whether a rule can match at all. Reading rules is rules_parse.c's. */
#include "rules.h"

#include <stdlib.h>

const char *route_text(enum route route)
{
    static const char *const texts[ROUTE_COUNT] = {"internal", "external"};
    return texts[route];
}

static bool has_province(const struct rule *rule, size_t province)
{
    return rule->provinces[province / 64] >> (province % 64) & 1;
}

static bool fits(const struct rule *rule, const struct rule_facts *facts)
{
    return (rule->routes >> facts->route & 1) && (rule->categories >> facts->category & 1) &&
           has_province(rule, facts->province) && facts->amount >= rule->least &&
           facts->amount <= rule->most;
}

const struct rule *rules_match(const struct rules *rules, const struct rule_facts *facts)
{
    struct rule_facts known = *facts;
    if (known.category > rules->category_count)
        known.category = rules->category_count;
    if (known.province > rules->province_count)
        known.province = rules->province_count;
    for (size_t i = 0; i < rules->count; i++)
        if (fits(&rules->items[i], &known))
            return &rules->items[i];
    return NULL;
}

/* ---- what can match ---- */

/* Products are what there is; customers' provinces and amounts may be any. */
static bool takes_product(const struct rule *rule, const struct rule_product *product)
{
    return (rule->routes >> product->route & 1) && (rule->categories >> product->category & 1);
}

bool rule_is_empty(const struct rule *rule, const struct rule_world *world)
{
    bool product = false, province = false;
    for (size_t i = 0; i < world->product_count && !product; i++)
        product = takes_product(rule, &world->products[i]);
    for (size_t i = 0; i <= world->province_count && !province; i++)
        province = has_province(rule, i);
    int64_t least = rule->least > 0 ? rule->least : 0;
    int64_t most = rule->most < OF_ORDER_AMOUNT_MAX ? rule->most : OF_ORDER_AMOUNT_MAX;
    return !product || !province || least > most;
}

static int compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return a < b ? -1 : a > b;
}

/* The least amount of each stretch in which all amounts are alike to the rules. */
static size_t find_amounts(const struct rules *rules, int64_t amounts[static 2 * RULES_MAX + 1])
{
    size_t count = 0, kept = 0;
    amounts[count++] = 0;
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->items[i];
        if (rule->least > 0 && rule->least <= OF_ORDER_AMOUNT_MAX)
            amounts[count++] = rule->least;
        if (rule->most >= 0 && rule->most < OF_ORDER_AMOUNT_MAX)
            amounts[count++] = rule->most + 1;
    }
    qsort(amounts, count, sizeof(*amounts), compare);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || amounts[i] != amounts[kept - 1])
            amounts[kept++] = amounts[i];
    return kept;
}

static void reach(const struct rules *rules, const struct rule_world *world,
    const struct rule_product *product, int64_t amount, bool reached[static RULES_MAX])
{
    for (size_t province = 0; province <= world->province_count; province++) {
        const struct rule_facts facts = {product->route, product->category, province, amount};
        const struct rule *rule = rules_match(rules, &facts);
        if (rule)
            reached[rule - rules->items] = true;
    }
}

static bool seen_before(const struct rule_world *world, size_t product)
{
    for (size_t i = 0; i < product; i++)
        if (world->products[i].route == world->products[product].route &&
            world->products[i].category == world->products[product].category)
            return true;
    return false;
}

const struct rule *rules_unreachable(const struct rules *rules, const struct rule_world *world)
{
    bool reached[RULES_MAX] = {false};
    int64_t amounts[2 * RULES_MAX + 1];
    size_t amount_count = find_amounts(rules, amounts);
    for (size_t i = 0; i < world->product_count; i++) {
        if (seen_before(world, i))
            continue;
        for (size_t j = 0; j < amount_count; j++)
            reach(rules, world, &world->products[i], amounts[j], reached);
    }
    for (size_t i = 0; i < rules->count; i++)
        if (!reached[i])
            return &rules->items[i];
    return NULL;
}
