/* Reference tables in memory: sorted arrays, found by halving. */
#include "order/catalogue.h"

#include "base/memory.h"
#include "order/csv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct words {
    struct of_text *items;
    size_t count;
};

struct of_catalogue {
    struct of_product *products; /* by SKU once loaded */
    struct of_location *locations;
    size_t product_count, location_count;
    struct words categories, provinces; /* provinces by code once loaded */
};

static struct of_text keep(const char *text)
{
    return (struct of_text){of_strdup(text), strlen(text)};
}

static void release_words(struct words *words)
{
    for (size_t i = 0; i < words->count; i++)
        free((char *)words->items[i].data);
    free(words->items);
}

void of_catalogue_free(struct of_catalogue *catalogue)
{
    for (size_t i = 0; i < catalogue->product_count; i++) {
        free((char *)catalogue->products[i].name.data);
        free((char *)catalogue->products[i].unit_of_measure.data);
        free((char *)catalogue->products[i].uom_type.data);
    }
    for (size_t i = 0; i < catalogue->location_count; i++)
        free((char *)catalogue->locations[i].name.data);
    release_words(&catalogue->categories);
    release_words(&catalogue->provinces);
    free(catalogue->products);
    free(catalogue->locations);
    free(catalogue);
}

/* ---- rows ---- */

static int fail(const struct of_csv_row *row, struct of_error *error, const char *what)
{
    return of_fail(error, OF_INPUT, "%s:%d: %s", row->file, row->line, what);
}

static void *append(void *items, size_t count, size_t size)
{
    /* Powers of two. */
    return (count & (count - 1)) == 0 ? of_realloc_array(items, count ? 2 * count : 1, size)
                                      : items;
}

static size_t find_word(const struct words *words, const char *text)
{
    for (size_t i = 0; i < words->count; i++)
        if (strcmp(words->items[i].data, text) == 0)
            return i;
    return SIZE_MAX;
}

static int add_word(struct words *words, const struct of_csv_row *row, size_t value, size_t *index,
    struct of_error *error)
{
    const char *text = row->values[value];
    *index = find_word(words, text);
    if (*index != SIZE_MAX)
        return OF_OK;
    if (!*text)
        return fail(row, error, "an empty name");
    if (words->count == OF_CATALOGUE_WORDS_MAX)
        return fail(row, error, "too many different ones");
    words->items = append(words->items, words->count, sizeof(*words->items));
    *index = words->count;
    words->items[words->count++] = keep(text);
    return OF_OK;
}

static int on_product(void *context, const struct of_csv_row *row, struct of_error *error)
{
    struct of_catalogue *catalogue = context;
    size_t category = 0;
    int64_t sku = 0, route = 0;
    const char *type = row->values[4];
    if (of_csv_int(row, 0, "sku", 1, OF_CATALOGUE_NUMBER_MAX, &sku, error) < 0 ||
        of_csv_int(row, 5, "route", OF_ROUTE_INTERNAL, OF_ROUTE_EXTERNAL, &route, error) < 0 ||
        add_word(&catalogue->categories, row, 2, &category, error) < 0)
        return OF_INPUT;
    if (strlen(type) != 1 || !strchr("EMF", *type))
        return fail(row, error, "uom_type is none of E, M and F");
    if (catalogue->product_count == OF_CATALOGUE_PRODUCTS_MAX)
        return fail(row, error, "too many products");
    catalogue->products =
        append(catalogue->products, catalogue->product_count, sizeof(*catalogue->products));
    catalogue->products[catalogue->product_count++] = (struct of_product){.sku = (int32_t)sku,
        .name = keep(row->values[1]),
        .category_index = category,
        .unit_of_measure = keep(row->values[3]),
        .uom_type = keep(type),
        .route = (int)route};
    return OF_OK;
}

static int on_location(void *context, const struct of_csv_row *row, struct of_error *error)
{
    struct of_catalogue *catalogue = context;
    int64_t id = 0;
    if (of_csv_int(row, 0, "id", 1, OF_CATALOGUE_NUMBER_MAX, &id, error) < 0)
        return OF_INPUT;
    if (catalogue->location_count == OF_CATALOGUE_LOCATIONS_MAX)
        return fail(row, error, "too many locations");
    catalogue->locations =
        append(catalogue->locations, catalogue->location_count, sizeof(*catalogue->locations));
    catalogue->locations[catalogue->location_count++] =
        (struct of_location){(int32_t)id, keep(row->values[1])};
    return OF_OK;
}

static int on_province(void *context, const struct of_csv_row *row, struct of_error *error)
{
    struct of_catalogue *catalogue = context;
    size_t ignored;
    return add_word(&catalogue->provinces, row, 0, &ignored, error);
}

/* ---- order ---- */

static int compare_products(const void *left, const void *right)
{
    const struct of_product *a = left, *b = right;
    return a->sku < b->sku ? -1 : a->sku > b->sku;
}

static int compare_locations(const void *left, const void *right)
{
    const struct of_location *a = left, *b = right;
    return a->id < b->id ? -1 : a->id > b->id;
}

static int compare_texts(const void *left, const void *right)
{
    const struct of_text *a = left, *b = right;
    size_t shorter = a->length < b->length ? a->length : b->length;
    int order = shorter ? memcmp(a->data, b->data, shorter) : 0;
    return order ? order : a->length < b->length ? -1 : a->length > b->length;
}

static void sort(void *items, size_t count, size_t size, int (*compare)(const void *, const void *))
{
    if (count > 0)
        qsort(items, count, size, compare);
}

static int sort_all(struct of_catalogue *catalogue, struct of_error *error)
{
    struct of_product *products = catalogue->products;
    struct of_location *locations = catalogue->locations;
    sort(products, catalogue->product_count, sizeof(*products), compare_products);
    sort(locations, catalogue->location_count, sizeof(*locations), compare_locations);
    sort(catalogue->provinces.items, catalogue->provinces.count, sizeof(struct of_text),
        compare_texts);
    for (size_t i = 0; i < catalogue->product_count; i++) {
        products[i].category = catalogue->categories.items[products[i].category_index];
        if (i > 0 && products[i].sku == products[i - 1].sku)
            return of_fail(
                error, OF_INPUT, "catalogue.csv: SKU %" PRId32 " is there twice", products[i].sku);
    }
    for (size_t i = 1; i < catalogue->location_count; i++)
        if (locations[i].id == locations[i - 1].id)
            return of_fail(error, OF_INPUT, "locations.csv: location %" PRId32 " is there twice",
                locations[i].id);
    return OF_OK;
}

int of_catalogue_load(const char *folder, struct of_catalogue **out, struct of_error *error)
{
    static const char *const product_columns[] = {
        "sku", "name", "category", "unit_of_measure", "uom_type", "route", NULL};
    static const char *const location_columns[] = {"id", "name", NULL};
    static const char *const province_columns[] = {"iso_3166_2", NULL};
    OF_CLEANUP(of_cleanup_catalogue) struct of_catalogue *catalogue = of_alloc(sizeof(*catalogue));
    OF_FREE char *products = of_asprintf("%s/catalogue.csv", folder);
    OF_FREE char *locations = of_asprintf("%s/locations.csv", folder);
    OF_FREE char *provinces = of_asprintf("%s/provinces.csv", folder);
    int result = of_csv_read(products, product_columns, on_product, catalogue, error);
    if (result == OF_OK)
        result = of_csv_read(locations, location_columns, on_location, catalogue, error);
    if (result == OF_OK)
        result = of_csv_read(provinces, province_columns, on_province, catalogue, error);
    if (result == OF_OK && sort_all(catalogue, error) < 0)
        result = of_error_context(error, "%s", folder);
    if (result == OF_OK)
        *out = OF_TAKE(catalogue);
    return result;
}

/* ---- finding ---- */

const struct of_product *of_catalogue_product(const struct of_catalogue *catalogue, int32_t sku)
{
    const struct of_product wanted = {.sku = sku};
    return catalogue->product_count
               ? bsearch(&wanted, catalogue->products, catalogue->product_count, sizeof(wanted),
                     compare_products)
               : NULL;
}

const struct of_location *of_catalogue_location(const struct of_catalogue *catalogue, int32_t id)
{
    const struct of_location wanted = {.id = id};
    return catalogue->location_count
               ? bsearch(&wanted, catalogue->locations, catalogue->location_count, sizeof(wanted),
                     compare_locations)
               : NULL;
}

const struct of_product *of_catalogue_products(const struct of_catalogue *catalogue, size_t *count)
{
    *count = catalogue->product_count;
    return catalogue->products;
}

const struct of_text *of_catalogue_categories(const struct of_catalogue *catalogue, size_t *count)
{
    *count = catalogue->categories.count;
    return catalogue->categories.items;
}

const struct of_text *of_catalogue_provinces(const struct of_catalogue *catalogue, size_t *count)
{
    *count = catalogue->provinces.count;
    return catalogue->provinces.items;
}

size_t of_catalogue_province(const struct of_catalogue *catalogue, struct of_text code)
{
    const struct words *provinces = &catalogue->provinces;
    const struct of_text *found =
        provinces->count
            ? bsearch(&code, provinces->items, provinces->count, sizeof(code), compare_texts)
            : NULL;
    return found ? (size_t)(found - provinces->items) : SIZE_MAX;
}
