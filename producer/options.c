/* One table for parsing and help. What contradicts the state of an earlier run is found out later,
 * when that state has been read. */
#include "options.h"

#include "generator.h"

#define RATE_MIN 1e-6 /* waits longer than that do not fit a clock */

static const char *const mode_words[] = {"history", "live", "both", NULL};

static double volume, fraud_share;
static struct of_producer_options parsed;

#define SHARE(option_name, kind, text)                                                             \
    {                                                                                              \
        .name = (option_name), .type = OF_OPTION_REAL, .target = &parsed.trouble.of[kind],         \
        .argument = "F", .minimum = 0, .maximum = 1, .default_text = "0", .help = (text)           \
    }

static const struct of_option table[] = {
    {.name = "mode",
        .letter = 'm',
        .type = OF_OPTION_CHOICE,
        .target = &parsed.mode,
        .choices = mode_words,
        .argument = "MODE",
        .default_text = "history",
        .section = "Orders",
        .help = "history: past orders, each to the topic of its state, as fast as it can; live: "
                "new orders to unpaid_orders at --rate; both: one after the other"},
    {.name = "seed",
        .letter = 's',
        .type = OF_OPTION_INT,
        .target = &parsed.seed,
        .argument = "N",
        .minimum = 0,
        .maximum = OF_GENERATOR_SEED_MAX,
        .default_text = "1",
        .help = "the same seed, start, until and volume give the same orders, byte for byte"},
    {.name = "start",
        .type = OF_OPTION_TIME,
        .target = &parsed.start,
        .argument = "TIME",
        .default_text = "2021-03-14T09:00:00Z",
        .help = "date of the first past order, ISO 8601"},
    {.name = "until",
        .type = OF_OPTION_TIME,
        .target = &parsed.until,
        .argument = "TIME",
        .default_text = "now",
        .help = "end of the history; the ages of past orders, and so their states, are measured "
                "against it"},
    {.name = "volume",
        .type = OF_OPTION_REAL,
        .target = &volume,
        .argument = "F",
        .minimum = OF_VOLUME_MILLIS_MIN / 1000.0,
        .maximum = OF_VOLUME_MILLIS_MAX / 1000.0,
        .default_text = "1, some 30,000 orders in five and a half years",
        .help = "divide every interval between past orders by F, to three decimals"},
    {.name = "orders",
        .letter = 'n',
        .type = OF_OPTION_INT,
        .target = &parsed.orders,
        .argument = "N",
        .minimum = 0,
        .maximum = OF_GENERATOR_ORDERS_MAX,
        .help = "end the history after N orders; in --mode live: stop after N orders of this run"},
    {.name = "live-orders",
        .type = OF_OPTION_INT,
        .target = &parsed.live_orders,
        .argument = "N",
        .minimum = 0,
        .maximum = OF_GENERATOR_ORDERS_MAX,
        .default_text = "no end",
        .help = "stop after N live orders; those of earlier runs count, so that a run that was "
                "killed and started again makes N in all"},
    {.name = "rate",
        .letter = 'r',
        .type = OF_OPTION_REAL,
        .target = &parsed.rate,
        .argument = "R",
        .minimum = 0,
        .maximum = 1e6,
        .default_text = "1",
        .help = "live orders a second, at least 0.000001; 0: as fast as it goes"},
    {.name = "fraud-share",
        .type = OF_OPTION_REAL,
        .target = &fraud_share,
        .argument = "F",
        .minimum = 0,
        .maximum = 1,
        .default_text = "0.01",
        .help = "share of the live orders, to six decimals, whose ip_address is on the fraud list; "
                "past orders have none"},
    {.name = "dry-run",
        .type = OF_OPTION_FLAG,
        .target = &parsed.dry_run,
        .help = "print the orders on standard output, one JSON object a line, and ask no server"},
    {.name = "transaction-records",
        .type = OF_OPTION_INT,
        .target = &parsed.transaction_records,
        .argument = "N",
        .minimum = 1,
        .maximum = OF_TRANSACTION_RECORDS_MAX,
        .default_text = "10000",
        .section = "Transactions",
        .help = "commit after N orders; live orders are committed every 100 ms besides"},
    {.name = "late",
        .type = OF_OPTION_REAL,
        .target = &parsed.trouble.of[OF_TROUBLE_LATE],
        .argument = "F",
        .minimum = 0,
        .maximum = 1,
        .default_text = "0",
        .section = "Trouble, as shares of the live orders",
        .help = "dated one to eight hours before they are sent"},
    SHARE("duplicate", OF_TROUBLE_DUPLICATE, "sent twice, the same record both times"),
    SHARE("out-of-order", OF_TROUBLE_OUT_OF_ORDER,
        "sent behind one to eight of their successors, if they have any in their transaction"),
    SHARE("malformed", OF_TROUBLE_MALFORMED, "sent with half of their bytes missing"),
    SHARE("unknown-schema", OF_TROUBLE_UNKNOWN_SCHEMA,
        "sent under a schema id that no registry knows"),
    SHARE("negative", OF_TROUBLE_NEGATIVE, "with a line whose quantity is below zero"),
    {.name = "manifest",
        .type = OF_OPTION_TEXT,
        .target = &parsed.manifest,
        .argument = "FILE",
        .help = "says which order was sent with which trouble, a JSON object a line; goes on "
                "where an earlier run ended"},
    OF_COMMON_OPTIONS(&parsed.common),
    {.name = NULL},
};

const struct of_program of_producer_program = {
    .name = "orderflow-producer",
    .synopsis = "[OPTION...]",
    .summary = "makes lifelike retail orders and sends them to Kafka",
    .description =
        "Past orders go to the topic of their state at --until: unpaid_orders, paid_orders, "
        "shipped_orders, finished_orders or failed_orders. Live orders are new ones, dated now; "
        "they go to unpaid_orders, from where the processors take them.\n"
        "Orders are sent in transactions. The generator's state, a record of the compacted topic "
        "generator_state, goes in the same transaction, and a later run resumes from it: however "
        "a run ends, no order number is missing or doubled. A run that has made all that it was "
        "asked for makes nothing when it is repeated. Seed, start, until and volume belong to the "
        "topics once orders are in them: leave them out, or give the same, or a run is refused. "
        "SIGTERM and SIGINT commit what was begun and end with 0.",
    .epilogue =
        "NOTES\n"
        "    One generator writes to one set of topics. Its transactional.id is the topic prefix\n"
        "    and \"orderflow-producer\", whatever --instance says: a second one takes over, and\n"
        "    the first ends with 6.\n"
        "    If the property order.status.topic names a topic, each status that an order has\n"
        "    passed gives an event there, in the same transaction; see orderflow-status.\n"
        "    Each live order gets one trouble at the most, by the seed and its number alone. "
        "Where\n"
        "    each kind ends is told in docs/trouble.md.\n"
        "\n"
        "EXAMPLES\n"
        "    orderflow-producer --dry-run --orders 3 | jq .\n"
        "    orderflow-producer -F client.properties --seed 7 --volume 40\n"
        "    orderflow-producer -F client.properties --mode both --live-orders 1000 --rate 200\n"
        "    orderflow-producer -F client.properties --mode live --orders 500 --rate 50 \\\n"
        "        --malformed .02 --duplicate .01 --manifest trouble.jsonl\n",
    .options = table,
};

static int check_trouble(const struct of_producer_options *options, struct of_error *error)
{
    if (!of_trouble_wanted(&options->trouble))
        return options->manifest
                   ? of_fail(error, OF_INPUT, "--manifest needs a share of trouble, like --late .1")
                   : OF_OK;
    if (options->mode == OF_MODE_HISTORY)
        return of_fail(error, OF_INPUT, "trouble is for live orders: it needs --mode live or both");
    if (options->dry_run)
        return of_fail(error, OF_INPUT, "trouble is for orders that are sent: not with --dry-run");
    if (!options->manifest)
        return of_fail(error, OF_INPUT, "trouble needs --manifest FILE, which says who got it");
    return of_trouble_check(&options->trouble, error);
}

static int check(const struct of_producer_options *options, struct of_error *error)
{
    if (options->mode == OF_MODE_HISTORY && options->live_orders != OF_NOT_GIVEN)
        return of_fail(error, OF_INPUT, "--live-orders needs --mode live or both");
    if (options->rate > 0 && options->rate < RATE_MIN)
        return of_fail(error, OF_INPUT, "--rate is either 0 or at least %g", RATE_MIN);
    if (options->start != OF_NOT_GIVEN && options->until != OF_NOT_GIVEN &&
        options->start > options->until)
        return of_fail(error, OF_INPUT, "--start lies after --until");
    return check_trouble(options, error);
}

int of_producer_options_parse(
    struct of_producer_options *options, int argc, char **argv, struct of_error *error)
{
    int operands;
    volume = 0;
    fraud_share = (double)OF_FRAUD_PARTS_DEFAULT / OF_FRAUD_WHOLE;
    parsed = (struct of_producer_options){
        .mode = OF_MODE_HISTORY,
        .seed = OF_NOT_GIVEN,
        .start = OF_NOT_GIVEN,
        .until = OF_NOT_GIVEN,
        .volume_millis = OF_NOT_GIVEN,
        .orders = OF_NOT_GIVEN,
        .live_orders = OF_NOT_GIVEN,
        .rate = 1,
        .transaction_records = 10000,
        .common = OF_COMMON_DEFAULTS,
    };
    int result = of_options_parse(&of_producer_program, argc, argv, &operands, error);
    if (result != 0)
        return result;
    if (operands != argc)
        return of_fail(error, OF_INPUT, "no operand is expected, '%s' is one", argv[operands]);
    if (volume > 0)
        parsed.volume_millis = (int64_t)(volume * 1000 + .5);
    parsed.fraud_parts = (int64_t)(fraud_share * OF_FRAUD_WHOLE + .5);
    if (check(&parsed, error) < 0)
        return OF_INPUT;
    *options = parsed;
    return OF_OK;
}
