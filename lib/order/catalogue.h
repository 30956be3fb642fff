/* The reference tables as a program reads them when it starts: products, locations, provinces, out
 * of catalogue.csv, locations.csv and provinces.csv of one folder (producer/data). Once loaded it
 * does not change: to read the files again is to load another one. */
#ifndef OF_ORDER_CATALOGUE_H
#define OF_ORDER_CATALOGUE_H

#include "avro/binary.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OF_CATALOGUE_PRODUCTS_MAX 10000
#define OF_CATALOGUE_LOCATIONS_MAX 100000
#define OF_CATALOGUE_WORDS_MAX 1000      /* categories; provinces */
#define OF_CATALOGUE_NUMBER_MAX 99999999 /* of a SKU, of a location */

#define OF_ROUTE_INTERNAL 1
#define OF_ROUTE_EXTERNAL 2

struct of_product {
    int32_t sku;
    struct of_text name, category, unit_of_measure, uom_type; /* uom_type: E, M or F */
    size_t category_index;                                    /* in of_catalogue_categories */
    int route;                                                /* OF_ROUTE_* */
};

struct of_location {
    int32_t id; /* 10-49: warehouses; from 50: destinations */
    struct of_text name;
};

struct of_catalogue;
/* INPUT with FILE:LINE: a file that is missing or bad, a number or code that is there twice. */
int of_catalogue_load(
    const char *folder, struct of_catalogue **catalogue, struct of_error *error) OF_NODISCARD;
void of_catalogue_free(struct of_catalogue *catalogue);
OF_DEFINE_CLEANUP(of_cleanup_catalogue, struct of_catalogue *, of_catalogue_free)

/* All borrowed until free; NULL: there is none. */
const struct of_product *of_catalogue_product(const struct of_catalogue *catalogue, int32_t sku);
const struct of_location *of_catalogue_location(const struct of_catalogue *catalogue, int32_t id);

/* Every product, by SKU; the names of all categories; the codes of all provinces, each once. */
const struct of_product *of_catalogue_products(const struct of_catalogue *catalogue, size_t *count);
const struct of_text *of_catalogue_categories(const struct of_catalogue *catalogue, size_t *count);
const struct of_text *of_catalogue_provinces(const struct of_catalogue *catalogue, size_t *count);
/* The index of a province by its code; SIZE_MAX: there is none. */
size_t of_catalogue_province(const struct of_catalogue *catalogue, struct of_text code);

#endif
