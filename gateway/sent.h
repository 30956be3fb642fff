/* Which of its statuses a client has been sent: the id of a server-sent event. Statuses come to be
 * known out of their order, so no count can tell where a client that comes back goes on; the set
 * can. As text: a hexadecimal number with a bit for each status, by its place in enum of_event, and
 * for each status that is none of them a '+' and eight hexadecimal digits of its hash. Pure. */
#ifndef GATEWAY_SENT_H
#define GATEWAY_SENT_H

#include "gateway/view.h"

#define SENT_OTHERS_MAX VIEW_EVENTS_MAX
#define SENT_KNOWN_DIGITS ((OF_EVENT_COUNT + 3) / 4)
#define SENT_TEXT_SIZE (SENT_KNOWN_DIGITS + 9 * SENT_OTHERS_MAX + 1)

struct sent {
    uint32_t known;
    uint32_t others[SENT_OTHERS_MAX];
    size_t other_count;
};

/* True: it was not in the set. Past SENT_OTHERS_MAX a status is not kept. */
bool sent_add(struct sent *sent, const char *status);

void sent_print(const struct sent *sent, char text[SENT_TEXT_SIZE]);
/* False: the text is none that sent_print makes; leading zeros aside. */
bool sent_parse(struct sent *sent, const char *text);

#endif
