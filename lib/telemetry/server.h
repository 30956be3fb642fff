/* /metrics, /healthz and /readyz over HTTP (libmicrohttpd, a thread of its own).
 *
 * live = the program's loop moved within the last max.poll.interval; ready = assigned, registry
 * seen, producer initialised. Both come from the program as flags it sets at any time. */
#ifndef OF_TELEMETRY_SERVER_H
#define OF_TELEMETRY_SERVER_H

#include "base/error.h"
#include "telemetry/metrics.h"

#include <stdbool.h>
#include <stdint.h>

struct of_health;
struct of_health *of_health_new(int64_t stall_ms); /* no beat for that long: not live */
void of_health_free(struct of_health *health);
void of_health_beat(struct of_health *health); /* the loop went round */
void of_health_set_ready(struct of_health *health, bool ready);
bool of_health_is_live(const struct of_health *health);
bool of_health_is_ready(const struct of_health *health);

struct of_telemetry;
/* Port 0: *telemetry becomes NULL and 0 is returned. metrics and health are borrowed until free. */
int of_telemetry_start(const char *address, uint16_t port, struct of_metrics *metrics,
    struct of_health *health, struct of_telemetry **telemetry, struct of_error *error) OF_NODISCARD;
void of_telemetry_free(struct of_telemetry *telemetry);

#endif
