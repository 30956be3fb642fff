/* The command topic: one partition, kept for ever, written in transactions of one command, read
 * back by its writer.
 *
 * A command counts only once it was read back: its offset is its sequence number, and what
 * another process might have written comes to light. The transactional id is the service's, so
 * that a second server of the same service fences the first. One thread at a time. */
#ifndef KSQLD_SERVER_JOURNAL_H
#define KSQLD_SERVER_JOURNAL_H

#include "base/config.h"
#include "ksqld/server/command.h"

#include <stdint.h>

#define KSQL_JOURNAL_WAIT_MS 30000 /* reading to the end without a record coming */

struct ksql_journal;
/* Creates the topic where it is missing, and only then, and fences an earlier server. Waits for the
 * broker up to startup.timeout.ms (RETRY after that). FATAL: the topic has more than one partition.
 * `config` is borrowed until free. */
int ksql_journal_open(const struct of_config *config, const char *topic,
    const char *transactional_id, struct ksql_journal **journal,
    struct of_error *error) OF_NODISCARD;
void ksql_journal_free(struct ksql_journal *journal);
OF_DEFINE_CLEANUP(of_cleanup_ksql_journal, struct ksql_journal *, ksql_journal_free)

/* Calls back for every command from the last one read to the end of the topic. A negative answer
 * ends the reading and is handed on; records that are no commands are logged and skipped. RETRY:
 * the broker does not answer, or the process is asked to stop before the end is reached. */
typedef int ksql_journal_visit(
    void *context, int64_t sequence, const struct ksql_command *command, struct of_error *error);
int ksql_journal_read(struct ksql_journal *journal, ksql_journal_visit *visit, void *context,
    struct of_error *error) OF_NODISCARD;

/* Writes a command and reads it back. INPUT: it does not fit into a record (KSQL_COMMAND_MAX, or a
 * smaller message.max.bytes of the configuration). RETRY: it was not written either. FATAL: another
 * server of this service took over (see fenced), or nobody knows whether it was written. */
int ksql_journal_append(struct ksql_journal *journal, const char *id, const char *text,
    const struct ksql_property *properties, size_t property_count, int64_t *sequence,
    struct of_error *error) OF_NODISCARD;
bool ksql_journal_fenced(const struct ksql_journal *journal);

/* Sequence of the newest command read, -1: none. */
int64_t ksql_journal_sequence(const struct ksql_journal *journal);

#endif
