/* Tables for the rules out of the catalogue. */
#include "tables.h"

#include "base/memory.h"

void routing_tables_release(struct routing_tables *tables)
{
    if (tables->catalogue)
        of_catalogue_free(tables->catalogue);
    tables->catalogue = NULL;
}

static int load_rules(struct routing_tables *tables, const char *rules_file, struct of_error *error)
{
    struct rule_world world = {.products = NULL};
    const struct of_product *products =
        of_catalogue_products(tables->catalogue, &world.product_count);
    OF_FREE struct rule_product *routed =
        of_alloc((world.product_count + 1) * sizeof(*routed)); /* never of nothing */
    for (size_t i = 0; i < world.product_count; i++)
        routed[i] = (struct rule_product){
            products[i].route == OF_ROUTE_EXTERNAL ? ROUTE_EXTERNAL : ROUTE_INTERNAL,
            products[i].category_index};
    world.products = routed;
    world.categories = of_catalogue_categories(tables->catalogue, &world.category_count);
    world.provinces = of_catalogue_provinces(tables->catalogue, &world.province_count);
    return rules_load(rules_file, &world, &tables->rules, error);
}

int routing_tables_load(struct routing_tables *tables, const char *folder, const char *rules_file,
    struct of_error *error)
{
    OF_CLEANUP(routing_tables_release) struct routing_tables loaded = {.rules = {.count = 0}};
    int result = of_catalogue_load(folder, &loaded.catalogue, error);
    if (result == OF_OK && rules_file)
        result = load_rules(&loaded, rules_file, error);
    if (result < 0)
        return result;
    routing_tables_release(tables);
    *tables = loaded;
    loaded.catalogue = NULL;
    return OF_OK;
}
