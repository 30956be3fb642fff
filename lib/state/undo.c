/* What one record did to a state, taken back: a record that fails halfway leaves nothing behind. */
#include "state/state.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* An entry: these, then the key and the value. */
struct head {
    bool was_there;
    size_t key_size, value_size;
};

void ksql_undo_init(struct ksql_undo *undo)
{
    *undo = (struct ksql_undo){.count = 0};
    of_buffer_init(&undo->bytes, KSQL_UNDO_MAX);
}

void ksql_undo_release(struct ksql_undo *undo)
{
    of_buffer_release(&undo->bytes);
    free(undo->entries);
    undo->entries = NULL;
}

void ksql_undo_clear(struct ksql_undo *undo)
{
    of_buffer_clear(&undo->bytes);
    undo->count = 0;
}

int ksql_undo_note(struct ksql_undo *undo, struct ksql_state *state,
    const struct ksql_state_bytes *key, struct of_error *error)
{
    struct ksql_state_bytes value = {NULL, 0};
    struct head head = {.key_size = key->size};
    size_t begin = undo->bytes.length;
    head.was_there = ksql_state_get(state, key, &value);
    head.value_size = value.size;
    of_buffer_append(&undo->bytes, &head, sizeof(head));
    of_buffer_append(&undo->bytes, key->data, key->size);
    of_buffer_append(&undo->bytes, value.data, value.size);
    if (of_buffer_check(&undo->bytes, "what one record changes", error))
        return OF_INPUT;
    if (undo->count == undo->capacity) {
        undo->capacity = undo->capacity ? undo->capacity * 2 : 16;
        undo->entries = of_realloc_array(undo->entries, undo->capacity, sizeof(*undo->entries));
    }
    undo->entries[undo->count++] = begin;
    return 0;
}

/* Newest first; a put of what was there before cannot pass a limit that it has kept before. */
void ksql_undo_apply(struct ksql_undo *undo, struct ksql_state *state)
{
    struct of_error ignored;
    while (undo->count) {
        const uint8_t *from = undo->bytes.data + undo->entries[--undo->count];
        struct head head;
        memcpy(&head, from, sizeof(head));
        const struct ksql_state_bytes key = {from + sizeof(head), head.key_size};
        const struct ksql_state_bytes value = {
            from + sizeof(head) + head.key_size, head.value_size};
        if (head.was_there)
            (void)!state->type->put(state, &key, &value, &ignored);
        else
            state->type->delete (state, &key);
    }
    of_buffer_clear(&undo->bytes);
}
