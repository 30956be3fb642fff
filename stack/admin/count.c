/* count: committed records of the topics named. balance: whether every generated order has come to
 * its end. */
#include "admin.h"

#include <inttypes.h>
#include <stdio.h>

int admin_count(
    const struct of_config *config, int word_count, char **words, struct of_error *error)
{
    int64_t counts[ADMIN_TOPICS_MAX];
    if (word_count < 1 || word_count > ADMIN_TOPICS_MAX)
        return of_fail(error, OF_INPUT, "count takes 1 to %d topics", ADMIN_TOPICS_MAX);
    int result = admin_read(
        config, (const char *const *)words, (size_t)word_count, NULL, NULL, counts, error);
    if (result < 0)
        return result;
    for (int i = 0; i < word_count; i++)
        if (counts[i] < 0)
            return of_fail(error, OF_INPUT, "there is no topic %s", words[i]);
    for (int i = 0; i < word_count; i++)
        printf("%s %" PRId64 "\n", words[i], counts[i]);
    return OF_OK;
}
