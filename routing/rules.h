/* Which lines of an order go to the partner and which stay in the house: rules out of a small file.
 *
 *     # The first rule that fits a line decides.
 *     internal when category = "Ice Cream", Snacks and province != PH-00
 *     external when route = internal and amount >= 20000
 *     external when route = external
 *     internal
 *
 * A rule is one line: where the line of an order goes, and conditions, all of which must hold; one
 * without conditions takes what is left. A line that no rule fits goes by its product's own route.
 *
 *     route     =            internal or external: the product's own, of the catalogue
 *     category  = !=         one or several of the catalogue's categories
 *     province  = !=         one or several provinces of customers, by their codes
 *     amount    = < <= > >=  pesos, to two decimals: the line's subtotal
 *
 * A value that holds other characters than letters, digits, '.', '_' and '-' stands in double
 * quotes; '#' begins a comment. A rule that can match no line is an error: its own conditions
 * contradict each other or the catalogue, or the rules before it leave nothing for it. That is
 * decided exactly, over all products, provinces and amounts. Pure but for reading the file. */
#ifndef ROUTING_RULES_H
#define ROUTING_RULES_H

#include "avro/binary.h"
#include "base/error.h"
#include "order/status.h"

#include <stdbool.h>
#include <stdint.h>

#define RULES_FILE_MAX (64u * 1024) /* bytes */
#define RULES_MAX 100
#define RULE_VALUE_MAX 64      /* bytes of one word */
#define RULE_CATEGORIES_MAX 63 /* a bit each, one more for all that are unknown */
#define RULE_PROVINCES_MAX 127 /* likewise */

enum route { ROUTE_INTERNAL, ROUTE_EXTERNAL };
#define ROUTE_COUNT 2

/* "internal", "external"; static memory. */
const char *route_text(enum route route);

/* What the rules are judged against: the products' routes and categories, and the provinces. All
 * is borrowed. */
struct rule_product {
    enum route route;
    size_t category; /* index */
};
struct rule_world {
    const struct rule_product *products;
    size_t product_count;
    const struct of_text *categories, *provinces; /* each text once */
    size_t category_count, province_count;
};

/* What the conditions of a rule leave. */
struct rule {
    enum route to;
    uint8_t routes;        /* bits by enum route */
    uint64_t categories;   /* bits by index; the last one, beyond the count: any other */
    uint64_t provinces[2]; /* likewise */
    int64_t least, most;   /* centavos */
    int line, column;      /* where it stands */
};

struct rules {
    struct rule items[RULES_MAX];
    size_t count;
    size_t category_count, province_count;
};

/* Fills `rules` from a file or a text that is called `name`. INPUT with NAME:LINE:COLUMN. */
int rules_load(const char *file, const struct rule_world *world, struct rules *rules,
    struct of_error *error) OF_NODISCARD;
int rules_parse(const char *name, const char *text, size_t size, const struct rule_world *world,
    struct rules *rules, struct of_error *error) OF_NODISCARD;

/* A line of an order. An index that is no category or province of the world (SIZE_MAX) is one that
 * no rule names. */
struct rule_facts {
    enum route route;
    size_t category, province;
    int64_t amount; /* centavos */
};

/* The first rule that fits, NULL: none. */
const struct rule *rules_match(const struct rules *rules, const struct rule_facts *facts);

/* ---- inside, shared by rules.c and rules_parse.c ---- */

bool rule_is_empty(const struct rule *rule, const struct rule_world *world);
/* The first rule that no line can reach, NULL: there is none. */
const struct rule *rules_unreachable(const struct rules *rules, const struct rule_world *world);

#endif
