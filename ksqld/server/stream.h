/* Endpoints whose answers are rows. */
#ifndef KSQLD_SERVER_STREAM_H
#define KSQLD_SERVER_STREAM_H

#include "ksqld/server/exchange.h"

#define KSQL_STREAM_BEAT_MS 1000 /* an empty line, so that both ends know of each other */

enum MHD_Result ksql_stream_post_query(struct ksql_exchange *exchange);
enum MHD_Result ksql_stream_post_query_stream(struct ksql_exchange *exchange);
enum MHD_Result ksql_stream_post_close(struct ksql_exchange *exchange);

#endif
