/* bench-codec: nanoseconds to decode and to encode one order, our generated codec beside avro-c,
 * rounds interleaved, the same orders. Before anything is timed both must agree on every byte and
 * every field. Prints one JSON object a line and round; bench/run.py makes ratios of them.
 * `--dump FILE` writes the encoded orders for the Python peer. `--only SIDE-DIRECTION` runs one of
 * them for a profiler. */
#include "../common/orders.h"
#include "avro_peer.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/options.h"

#include <avro/errors.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct bench {
    struct bench_order *slots;
    struct of_text *encoded; /* one an order, in `bytes` */
    struct of_buffer bytes;
    int64_t count;
    struct avro_peer *by_name, *by_index;
    struct of_order decoded;
    struct of_buffer out;
    struct of_error error;
};

/* One pass over all orders; negative when a codec refuses one. */
typedef int pass_function(struct bench *bench);

static int ours_decode(struct bench *bench)
{
    for (int64_t i = 0; i < bench->count; i++)
        if (of_order_decode(&bench->decoded, (const uint8_t *)bench->encoded[i].data,
                bench->encoded[i].length, &bench->error) < 0)
            return -1;
    return 0;
}

static int ours_encode(struct bench *bench)
{
    for (int64_t i = 0; i < bench->count; i++) {
        of_buffer_clear(&bench->out);
        if (of_order_encode(&bench->slots[i].order, &bench->out, &bench->error) < 0)
            return -1;
    }
    return 0;
}

static int peer_decode(struct bench *bench, struct avro_peer *peer)
{
    for (int64_t i = 0; i < bench->count; i++)
        if (avro_peer_decode(peer, (const uint8_t *)bench->encoded[i].data,
                bench->encoded[i].length, &bench->decoded) < 0)
            return of_fail(&bench->error, OF_INPUT, "avro-c: %s", avro_strerror());
    return 0;
}

static int peer_encode(struct bench *bench, struct avro_peer *peer)
{
    size_t size;
    for (int64_t i = 0; i < bench->count; i++)
        if (avro_peer_encode(
                peer, &bench->slots[i].order, bench->out.data, bench->out.capacity, &size) < 0)
            return of_fail(&bench->error, OF_INPUT, "avro-c: %s", avro_strerror());
    return 0;
}

static int avro_c_decode(struct bench *bench)
{
    return peer_decode(bench, bench->by_name);
}

static int avro_c_encode(struct bench *bench)
{
    return peer_encode(bench, bench->by_name);
}

static int avro_c_index_decode(struct bench *bench)
{
    return peer_decode(bench, bench->by_index);
}

static int avro_c_index_encode(struct bench *bench)
{
    return peer_encode(bench, bench->by_index);
}

static const struct side {
    const char *name, *direction;
    pass_function *pass;
} sides[] = {
    {"orderflow", "decode", ours_decode},
    {"avro-c", "decode", avro_c_decode},
    {"avro-c by index", "decode", avro_c_index_decode},
    {"orderflow", "encode", ours_encode},
    {"avro-c", "encode", avro_c_encode},
    {"avro-c by index", "encode", avro_c_index_encode},
};

static int prepare(struct bench *bench, int64_t count, uint64_t seed)
{
    static const enum of_order_topic topics[] = {OF_TOPIC_UNPAID, OF_TOPIC_PAID, OF_TOPIC_SHIPPED};
    bench->count = count;
    bench->slots = of_alloc((size_t)count * sizeof(*bench->slots));
    bench->encoded = of_alloc((size_t)count * sizeof(*bench->encoded));
    size_t *ends = of_alloc((size_t)count * sizeof(*ends));
    int status = 0;
    for (int64_t i = 0; i < count && status == 0; i++) {
        bench_order_init(&bench->slots[i]);
        status = bench_order_draw(
            &bench->slots[i], i + 1, seed, topics[i % (int64_t)OF_COUNT(topics)], &bench->error);
        if (status == 0)
            status = of_order_encode(&bench->slots[i].order, &bench->bytes, &bench->error);
        ends[i] = bench->bytes.length;
    }
    for (int64_t i = 0; i < count && status == 0; i++) {
        size_t start = i ? ends[i - 1] : 0;
        bench->encoded[i] =
            (struct of_text){(const char *)bench->bytes.data + start, ends[i] - start};
    }
    free(ends);
    return status;
}

/* avro-c writes the same bytes and reads the same fields, or the figures mean nothing. */
static int check_peer(struct bench *bench, struct avro_peer *peer)
{
    OF_CLEANUP(of_buffer_release) struct of_buffer ours, theirs;
    of_buffer_init(&ours, OF_ORDER_BYTES_MAX);
    of_buffer_init(&theirs, OF_ORDER_BYTES_MAX);
    for (int64_t i = 0; i < bench->count; i++) {
        struct of_text text = bench->encoded[i];
        size_t size = 0;
        if (avro_peer_encode(
                peer, &bench->slots[i].order, bench->out.data, bench->out.capacity, &size) < 0 ||
            avro_peer_decode(peer, (const uint8_t *)text.data, text.length, &bench->decoded) < 0)
            return of_fail(&bench->error, OF_INPUT, "avro-c: %s", avro_strerror());
        if (size != text.length || memcmp(bench->out.data, text.data, size) != 0)
            return of_fail(
                &bench->error, OF_INPUT, "order %" PRId64 ": avro-c encodes it otherwise", i + 1);
        of_buffer_clear(&ours);
        of_buffer_clear(&theirs);
        of_order_print_json(&bench->slots[i].order, &ours);
        of_order_print_json(&bench->decoded, &theirs);
        if (strcmp(of_buffer_text(&ours), of_buffer_text(&theirs)) != 0)
            return of_fail(
                &bench->error, OF_INPUT, "order %" PRId64 ": avro-c decodes it otherwise", i + 1);
    }
    return 0;
}

/* Each order behind its size as 4 bytes, big-endian. */
static int dump(struct bench *bench, const char *path)
{
    OF_CLEANUP(of_cleanup_file) FILE *file = fopen(path, "wb");
    if (!file)
        return of_fail(&bench->error, OF_INPUT, "cannot write %s", path);
    for (int64_t i = 0; i < bench->count; i++) {
        uint32_t size = __builtin_bswap32((uint32_t)bench->encoded[i].length);
        fwrite(&size, sizeof(size), 1, file);
        fwrite(bench->encoded[i].data, 1, bench->encoded[i].length, file);
    }
    return fflush(file) == 0 ? 0 : of_fail(&bench->error, OF_INPUT, "cannot write %s", path);
}

/* Passes until `milliseconds` are over; the mean of one order in nanoseconds. */
static int time_side(
    struct bench *bench, const struct side *side, int64_t milliseconds, double *nanoseconds)
{
    int64_t start = of_clock_monotonic_ns(), passed = 0, passes = 0;
    while (passed < milliseconds * 1000000) {
        if (side->pass(bench) < 0)
            return -1;
        passes++;
        passed = of_clock_monotonic_ns() - start;
    }
    *nanoseconds = (double)passed / (double)(passes * bench->count);
    return 0;
}

static int run(struct bench *bench, const char *only, int64_t rounds, int64_t milliseconds)
{
    for (int64_t round = 1; round <= rounds; round++)
        for (size_t i = 0; i < OF_COUNT(sides); i++) {
            char name[64];
            double nanoseconds = 0;
            snprintf(name, sizeof(name), "%s-%s", sides[i].name, sides[i].direction);
            if (only && strcmp(only, name) != 0)
                continue;
            if (time_side(bench, &sides[i], milliseconds, &nanoseconds) < 0)
                return -1;
            printf("{\"side\":\"%s\",\"direction\":\"%s\",\"round\":%" PRId64
                   ",\"nanoseconds\":%.1f,\"bytes\":%.1f}\n",
                sides[i].name, sides[i].direction, round, nanoseconds,
                (double)bench->bytes.length / (double)bench->count);
            fflush(stdout);
        }
    return 0;
}

int main(int argc, char **argv)
{
    int64_t count = 1000, seed = 1, rounds = 5, milliseconds = 200;
    const char *path = NULL, *only = NULL;
    int operands, status;
    struct of_option options[] = {
        {.name = "orders",
            .type = OF_OPTION_INT,
            .target = &count,
            .argument = "N",
            .help = "orders of one pass",
            .default_text = "1000",
            .minimum = 1,
            .maximum = 100000},
        {.name = "seed",
            .type = OF_OPTION_INT,
            .target = &seed,
            .argument = "S",
            .help = "of the orders",
            .default_text = "1"},
        {.name = "rounds",
            .type = OF_OPTION_INT,
            .target = &rounds,
            .argument = "N",
            .help = "of each side",
            .default_text = "5",
            .minimum = 0,
            .maximum = 1000},
        {.name = "milliseconds",
            .type = OF_OPTION_INT,
            .target = &milliseconds,
            .argument = "N",
            .help = "of one round",
            .default_text = "200",
            .minimum = 1,
            .maximum = 60000},
        {.name = "only",
            .type = OF_OPTION_TEXT,
            .target = &only,
            .argument = "SIDE-DIRECTION",
            .help = "one of them, e.g. orderflow-decode"},
        {.name = "dump",
            .type = OF_OPTION_TEXT,
            .target = &path,
            .argument = "FILE",
            .help = "write the encoded orders, each behind its size (4 bytes, big-endian)"},
        {.name = NULL},
    };
    const struct of_program program = {.name = "bench-codec",
        .synopsis = "[OPTION...]",
        .summary = "time the generated codec beside avro-c",
        .options = options};
    struct bench bench = {0};
    if ((status = of_options_parse(&program, argc, argv, &operands, &bench.error)) != 0) {
        if (status < 0)
            fprintf(stderr, "bench-codec: %s\n", bench.error.message);
        return status < 0 ? OF_EXIT_USAGE : OF_EXIT_OK;
    }
    of_buffer_init(&bench.bytes, (size_t)count * OF_ORDER_BYTES_MAX);
    of_buffer_init(&bench.out, OF_ORDER_BYTES_MAX);
    of_buffer_grow(&bench.out, 65536);
    of_order_init(&bench.decoded);
    bench.by_name = avro_peer_new(true);
    bench.by_index = avro_peer_new(false);
    status = bench.by_name && bench.by_index
                 ? prepare(&bench, count, (uint64_t)seed)
                 : of_fail(&bench.error, OF_INPUT, "avro-c: %s", avro_strerror());
    if (status == 0 && !only)
        status = check_peer(&bench, bench.by_name);
    if (status == 0 && path)
        status = dump(&bench, path);
    if (status == 0)
        status = run(&bench, only, rounds, milliseconds);
    if (status < 0)
        fprintf(stderr, "bench-codec: %s\n", bench.error.message);
    for (int64_t i = 0; bench.slots && i < bench.count; i++)
        bench_order_release(&bench.slots[i]);
    free(bench.slots);
    free(bench.encoded);
    of_order_release(&bench.decoded);
    of_buffer_release(&bench.bytes);
    of_buffer_release(&bench.out);
    avro_peer_free(bench.by_name);
    avro_peer_free(bench.by_index);
    return status < 0 ? OF_EXIT_FAILURE : OF_EXIT_OK;
}
