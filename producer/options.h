/* The program's options, checked. */
#ifndef OF_PRODUCER_OPTIONS_H
#define OF_PRODUCER_OPTIONS_H

#include "base/config.h"
#include "trouble.h"

enum of_producer_mode { OF_MODE_HISTORY, OF_MODE_LIVE, OF_MODE_BOTH };

#define OF_NOT_GIVEN INT64_MIN /* of seed, start, until, volume_millis, orders, live_orders */
#define OF_TRANSACTION_RECORDS_MAX 1000000

struct of_producer_options {
    int mode; /* enum of_producer_mode */
    int64_t seed, start, until, volume_millis;
    int64_t orders;      /* the history ends after as many; OF_MODE_LIVE: this run does */
    int64_t live_orders; /* since the history's end, all runs together; not given: without end */
    int64_t fraud_parts; /* of OF_FRAUD_WHOLE live orders */
    double rate;         /* live orders a second; 0: as fast as it goes */
    bool dry_run;
    int64_t transaction_records;
    struct of_trouble_shares trouble;
    const char *manifest; /* NULL: not given */
    struct of_common_options common;
};

extern const struct of_program of_producer_program;

/* 0; 1: help or version was printed; OF_INPUT: a bad option or combination. */
int of_producer_options_parse(struct of_producer_options *options, int argc, char **argv,
    struct of_error *error) OF_NODISCARD;

#endif
