/* Reads a file of cases and writes one case a format. What the members mean is for others. */
#include "ksqld/cases/file.h"

#include "base/memory.h"

#include <stdio.h>

#define BLOCK 65536u              /* bytes read at once */
#define STRING_MAX (1024u * 1024) /* bytes of one string with its {FORMAT} replaced */

struct replacement {
    const char *from;
    struct of_text to;
};

/* ---- expansion ---- */

static struct of_text replace_text(
    struct ksql_arena *arena, struct of_text text, const struct replacement *with)
{
    struct of_buffer out OF_CLEANUP(of_buffer_release);
    of_buffer_init(&out, STRING_MAX);
    size_t size = strlen(with->from), done = 0;
    bool found = false;
    for (size_t i = 0; i + size <= text.length;) {
        if (memcmp(text.data + i, with->from, size) != 0) {
            i++;
            continue;
        }
        of_buffer_append(&out, text.data + done, i - done);
        of_buffer_append(&out, with->to.data, with->to.length);
        done = i += size;
        found = true;
    }
    if (!found)
        return text;
    of_buffer_append(&out, text.data + done, text.length - done);
    return (struct of_text){
        ksql_arena_strndup(arena, (const char *)out.data, out.length), out.length};
}

static const struct ksql_json *replace(
    struct ksql_arena *arena, const struct ksql_json *json, const struct replacement *with)
{
    struct ksql_json *copy = ksql_arena_new(arena, sizeof(*copy));
    *copy = *json;
    if (json->kind == KSQL_JSON_STRING)
        copy->text = replace_text(arena, json->text, with);
    if (json->count)
        copy->members = ksql_arena_new_array(arena, json->count, sizeof(*copy->members));
    for (size_t i = 0; i < json->count; i++)
        copy->members[i] =
            (struct ksql_json_member){replace_text(arena, json->members[i].name, with),
                replace(arena, json->members[i].value, with)};
    return copy;
}

/* ---- cases ---- */

static const char *show(struct ksql_arena *arena, const struct ksql_json *text)
{
    if (!text || text->kind != KSQL_JSON_STRING)
        return "(no name)";
    return ksql_arena_strndup(arena, text->text.data, text->text.length);
}

static void add(struct ksql_case_file *file, const char *name, const struct ksql_json *body)
{
    /* {CONFIG} switches between planners of ksqlDB that give the same results. */
    const struct ksql_json *configs = ksql_json_get(body, "config");
    if (configs && configs->count)
        body = replace(&file->arena, body,
            &(struct replacement){"{CONFIG}", configs->members[configs->count - 1].value->text});
    *ksql_arena_append(&file->arena, file->cases, file->count) =
        (struct ksql_case){name, body, file->folder};
}

static int add_test(
    struct ksql_case_file *file, const struct ksql_json *test, struct of_error *error)
{
    const struct ksql_json *formats = ksql_json_get(test, "format");
    const char *name = show(&file->arena, ksql_json_get(test, "name"));
    if (file->count + (formats ? formats->count : 1) > KSQL_CASES_MAX)
        return of_fail(error, OF_INPUT, "more than %u cases", KSQL_CASES_MAX);
    if (!formats)
        add(file, name, test);
    for (size_t i = 0; formats && i < formats->count; i++) {
        const struct ksql_json *format = formats->members[i].value;
        add(file, ksql_arena_printf(&file->arena, "%s - %s", name, show(&file->arena, format)),
            replace(&file->arena, test, &(struct replacement){"{FORMAT}", format->text}));
    }
    return 0;
}

int ksql_case_read_text(struct ksql_arena *arena, const char *folder, const char *path,
    const char **text, size_t *size, struct of_error *error)
{
    char *full OF_FREE = *path == '/' ? of_strdup(path) : of_asprintf("%s/%s", folder, path);
    FILE *input OF_CLEANUP(of_cleanup_file) = fopen(full, "rb");
    struct of_buffer read OF_CLEANUP(of_buffer_release);
    of_buffer_init(&read, KSQL_CASE_FILE_MAX);
    if (!input)
        return of_fail(error, OF_INPUT, "%s can't be read", full);
    char block[BLOCK];
    size_t got;
    while ((got = fread(block, 1, sizeof(block), input)) > 0)
        of_buffer_append(&read, block, got);
    if (ferror(input) || read.full)
        return of_fail(error, OF_INPUT, "%s can't be read, or is longer than %u bytes", full,
            KSQL_CASE_FILE_MAX);
    *size = read.length;
    *text = ksql_arena_strndup(arena, of_buffer_text(&read), read.length);
    return 0;
}

static int read_file(struct ksql_case_file *file, const char *path, struct of_error *error)
{
    size_t size = 0;
    const char *text;
    const struct ksql_json *root;
    const char *slash = strrchr(path, '/');
    file->folder = slash ? ksql_arena_strndup(&file->arena, path, (size_t)(slash - path) + 1) : ".";
    if (ksql_case_read_text(
            &file->arena, file->folder, slash ? slash + 1 : path, &text, &size, error))
        return OF_INPUT;
    if (ksql_json_parse(&file->arena, text, size, &root, error))
        return of_error_context(error, "%s", path);
    const struct ksql_json *tests = ksql_json_get(root, "tests");
    if (!tests || tests->kind != KSQL_JSON_ARRAY)
        return of_fail(error, OF_INPUT, "%s is no file of cases: it has no list \"tests\"", path);
    for (size_t i = 0; i < tests->count; i++) {
        if (add_test(file, tests->members[i].value, error))
            return of_error_context(error, "%s", path);
    }
    return 0;
}

int ksql_case_file_read(struct ksql_case_file *file, const char *path, struct of_error *error)
{
    *file = (struct ksql_case_file){0};
    if (read_file(file, path, error) == 0)
        return 0;
    ksql_case_file_release(file);
    return OF_INPUT;
}

void ksql_case_file_release(struct ksql_case_file *file)
{
    ksql_arena_release(&file->arena);
    *file = (struct ksql_case_file){0};
}
