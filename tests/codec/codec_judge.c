/* Our codec on standard input and output, for judges in other languages. A request is a line, its
 * answer a line: "ok HEX", or "error MESSAGE". An empty HEX is "-".
 *
 *   order HEX             decodes an order and encodes it again
 *   json HEX              decodes an order and prints it as JSON ("ok JSON")
 *   pair WRITER TAB READER   compiles the plan for two schemas ("ok -")
 *   resolve HEX           resolves one value by the last plan */
#include "avro/resolve.h"
#include "base/memory.h"
#include "schemas/order.h"

#include <stdio.h>
#include <stdlib.h>

#define OUTPUT_MAX (8u * 1024 * 1024)

struct judge {
    struct of_order order;
    struct of_buffer out;
    struct of_avro_schema *writer, *reader;
    struct of_avro_plan *plan;
};

static int digit(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* In a block of its exact size, so that a sanitizer sees a read past the end. */
static uint8_t *from_hex(const char *hex, size_t *size)
{
    *size = hex[0] == '-' ? 0 : strlen(hex) / 2;
    uint8_t *bytes = of_alloc(*size);
    for (size_t i = 0; i < *size; i++)
        bytes[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
    return bytes;
}

static void answer_bytes(const struct of_buffer *out)
{
    printf("ok %s", out->length ? "" : "-");
    for (size_t i = 0; i < out->length; i++)
        printf("%02x", out->data[i]);
    putchar('\n');
}

static void forget_pair(struct judge *judge)
{
    if (judge->plan)
        of_avro_plan_free(OF_TAKE(judge->plan));
    if (judge->writer)
        of_avro_schema_free(OF_TAKE(judge->writer));
    if (judge->reader)
        of_avro_schema_free(OF_TAKE(judge->reader));
}

static int set_pair(struct judge *judge, const char *text, struct of_error *error)
{
    const char *tab = strchr(text, '\t');
    forget_pair(judge);
    if (!tab)
        return of_fail(error, OF_INPUT, "no TAB between two schemas");
    if (of_avro_schema_parse(text, (size_t)(tab - text), &judge->writer, error) < 0)
        return of_error_context(error, "writer");
    if (of_avro_schema_parse(tab + 1, strlen(tab + 1), &judge->reader, error) < 0)
        return of_error_context(error, "reader");
    return of_avro_plan_new(judge->writer, judge->reader, &judge->plan, error);
}

static int run(struct judge *judge, const char *verb, const char *rest, struct of_error *error)
{
    of_buffer_clear(&judge->out);
    if (strcmp(verb, "pair") == 0)
        return set_pair(judge, rest, error);
    size_t size;
    OF_FREE uint8_t *bytes = from_hex(rest, &size);
    if (strcmp(verb, "resolve") == 0)
        return judge->plan ? of_avro_plan_run(judge->plan, bytes, size, &judge->out, error)
                           : of_fail(error, OF_INPUT, "no pair");
    if (of_order_decode(&judge->order, bytes, size, error) < 0)
        return OF_INPUT;
    if (strcmp(verb, "json") == 0)
        return of_order_print_json(&judge->order, &judge->out);
    return of_order_encode(&judge->order, &judge->out, error);
}

int main(void)
{
    struct judge judge = {.plan = NULL};
    of_order_init(&judge.order);
    of_buffer_init(&judge.out, OUTPUT_MAX);
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    while ((length = getline(&line, &capacity, stdin)) > 0) {
        line[strcspn(line, "\n")] = '\0';
        char *space = strchr(line, ' ');
        struct of_error error;
        if (!space)
            return EXIT_FAILURE;
        *space = '\0';
        if (run(&judge, line, space + 1, &error) < 0)
            printf("error %s\n", error.message);
        else if (strcmp(line, "json") == 0)
            printf("ok %s\n", of_buffer_text(&judge.out));
        else
            answer_bytes(&judge.out);
        fflush(stdout);
    }
    free(line);
    forget_pair(&judge);
    of_order_release(&judge.order);
    of_buffer_release(&judge.out);
    return EXIT_SUCCESS;
}
