/* --dry-run: orders on standard output, no server. */
#ifndef OF_PRODUCER_DRYRUN_H
#define OF_PRODUCER_DRYRUN_H

#include "options.h"

/* One JSON object a line. A reader that goes away (head) ends the run without an error. FATAL:
 * standard output cannot be written. */
int of_dry_run(const struct of_producer_options *options, struct of_error *error) OF_NODISCARD;

#endif
