/* The choice of letters. */
#include "select.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

void selection_release(struct selection *selection)
{
    free(selection->named);
    free(selection->found);
    selection->named = NULL;
    selection->found = NULL;
    selection->named_count = 0;
}

static int compare(const void *left, const void *right)
{
    const struct letter_position *a = left, *b = right;
    if (a->partition != b->partition)
        return a->partition < b->partition ? -1 : 1;
    return a->offset < b->offset ? -1 : a->offset > b->offset;
}

int selection_name(struct selection *selection, const char *topic, int word_count, char **words,
    struct of_error *error)
{
    if (word_count == 0)
        return OF_OK;
    if (word_count > SELECT_NAMED_MAX)
        return of_fail(error, OF_INPUT, "%d letters at once, the limit is %d; use the filters",
            word_count, SELECT_NAMED_MAX);
    OF_FREE struct letter_position *named = of_alloc((size_t)word_count * sizeof(*named));
    for (int i = 0; i < word_count; i++)
        if (letter_position_parse(words[i], topic, &named[i], error) < 0)
            return OF_INPUT;
    qsort(named, (size_t)word_count, sizeof(*named), compare);
    size_t count = 0;
    for (int i = 0; i < word_count; i++)
        if (count == 0 || compare(&named[count - 1], &named[i]) != 0)
            named[count++] = named[i];
    selection->named = OF_TAKE(named);
    selection->named_count = count;
    selection->found = of_alloc(count * sizeof(*selection->found));
    return OF_OK;
}

bool selection_filters(const struct selection *selection)
{
    return selection->stages.count > 0 || selection->classes.count > 0 ||
           selection->since != SELECT_NO_SINCE || selection->until != SELECT_NO_UNTIL;
}

static bool is_among(const struct of_option_list *list, struct of_text text)
{
    for (size_t i = 0; i < list->count; i++)
        if (strlen(list->values[i]) == text.length &&
            memcmp(list->values[i], text.data, text.length) == 0)
            return true;
    return list->count == 0;
}

/* Letters without a time are wanted only where no time is asked for. */
static bool is_in_time(const struct selection *selection, int64_t timestamp)
{
    if (selection->since == SELECT_NO_SINCE && selection->until == SELECT_NO_UNTIL)
        return true;
    return timestamp >= 0 && timestamp >= selection->since && timestamp < selection->until;
}

bool selection_wants(struct selection *selection, const struct letter *letter)
{
    if (selection->named) {
        const struct letter_position *named = bsearch(&letter->position, selection->named,
            selection->named_count, sizeof(*selection->named), compare);
        if (!named)
            return false;
        selection->found[named - selection->named] = true;
    }
    return is_among(&selection->stages, letter->stage) &&
           is_among(&selection->classes, letter->class) && is_in_time(selection, letter->timestamp);
}

int selection_check_found(
    const struct selection *selection, const char *topic, struct of_error *error)
{
    char text[LETTER_POSITION_SIZE];
    for (size_t i = 0; i < selection->named_count; i++)
        if (!selection->found[i])
            return of_fail(error, OF_INPUT, "there is no letter %s%s", topic,
                letter_position_print(&selection->named[i], text));
    return OF_OK;
}

bool selection_bounds(
    const struct selection *selection, int32_t partition, int64_t *start, int64_t *end)
{
    bool any = false;
    *start = 0;
    *end = INT64_MAX;
    if (!selection->named)
        return true;
    for (size_t i = 0; i < selection->named_count; i++) {
        if (selection->named[i].partition != partition)
            continue;
        if (!any)
            *start = selection->named[i].offset;
        any = true;
        /* The last offset there can be needs no end behind it: no record stands there. */
        *end = selection->named[i].offset < INT64_MAX ? selection->named[i].offset + 1 : INT64_MAX;
    }
    return any;
}
