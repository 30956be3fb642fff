/* The handlers of all paths, by the file that they stand in. */
#ifndef GATEWAY_HANDLERS_H
#define GATEWAY_HANDLERS_H

#include "gateway/exchange.h"

/* ---- own.c: what the gateway knows by itself ---- */
exchange_handler handle_page, handle_style, handle_script, handle_document, handle_health,
    handle_readiness, handle_metrics, handle_flow;

/* ---- write.c: what goes to Kafka ---- */
exchange_handler handle_place, handle_cancel, handle_generator, handle_start, handle_stop;

/* ---- read.c: orders ---- */
exchange_handler handle_get, handle_events;

/* ---- tables.c: what PostgreSQL alone knows ---- */
exchange_handler handle_list, handle_order_info, handle_summary, handle_truncate;

#endif
