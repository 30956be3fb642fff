/* The loop around libedit. What statements do is execute.c's, what words there are words.c's. */
#include "ksqld/tool/prompt.h"

#include "base/memory.h"
#include "base/signals.h"
#include "ksqld/tool/words.h"

#include <fcntl.h>
#include <histedit.h>
#include <signal.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define HISTORY_FILE ".orderflow-ksql_history"
#define CHOICES_MAX 100 /* words that Tab lists */

struct prompt {
    struct ksql_executor *executor;
    struct ksql_words words;
    EditLine *line;
    History *history;
    const char *history_file;
    struct of_buffer typed; /* the statement so far */
    bool leaving;
};

static volatile sig_atomic_t interrupts;

static void on_interrupt(int number)
{
    (void)number;
    interrupts = 1;
}

bool ksql_prompt_interrupted(void *context)
{
    (void)context;
    return interrupts || of_signals_stopping();
}

char *ksql_prompt_history(void)
{
    const char *file = getenv("ORDERFLOW_KSQL_HISTORY"), *home = getenv("HOME");
    if (file)
        return *file ? of_strdup(file) : NULL;
    return home && *home ? of_asprintf("%s/%s", home, HISTORY_FILE) : NULL;
}

/* ---- completion ---- */

static void list_words(char *const *first, size_t count)
{
    printf("\n");
    for (size_t i = 0; i < count && i < CHOICES_MAX; i++)
        printf("%s%s", i ? "  " : "", first[i]);
    printf("%s\n", count > CHOICES_MAX ? "  ..." : "");
}

static unsigned char complete(EditLine *line, int key)
{
    (void)key;
    struct prompt *prompt = NULL;
    el_get(line, EL_CLIENTDATA, &prompt);
    const LineInfo *info = el_line(line);
    size_t length = (size_t)(info->cursor - info->buffer);
    size_t size = ksql_words_last(info->buffer, length);
    const char *prefix = info->cursor - size;
    char *const *first;
    size_t count = size ? ksql_words_find(&prompt->words, prefix, size, &first) : 0;
    if (!count)
        return CC_REFRESH_BEEP;
    OF_FREE char *common = ksql_words_common(first, count, prefix, size);
    if (count > 1 && strlen(common) == size) {
        list_words(first, count);
        return CC_REDISPLAY;
    }
    OF_FREE char *text = of_asprintf("%s%s", common, count == 1 ? " " : "");
    el_deletestr(line, (int)size);
    return el_insertstr(line, text) < 0 ? CC_ERROR : CC_REFRESH;
}

/* Asked again behind each statement that may have changed them; without an answer the words stay
 * as they are. */
static void learn_sources(struct prompt *prompt)
{
    static const char show[] = "SHOW STREAMS; SHOW TABLES;";
    OF_CLEANUP(ksql_answer_release) struct ksql_answer answer = {.sequence = -1};
    struct of_error error;
    if (ksql_remote_post(prompt->executor->remote, prompt->executor->session, show,
            sizeof(show) - 1, &answer, &error) == OF_OK &&
        answer.entities)
        ksql_words_add_sources(&prompt->words, answer.entities);
}

/* ---- the tool's own words ---- */

static const char help[] =
    "Statements end with a semicolon and may have several lines. Besides what the server knows:\n"
    "  SET 'name'='value';  UNSET 'name';      properties of the statements from here on\n"
    "  DEFINE name='value';  UNDEFINE name;    variables, used as ${name}\n"
    "  RUN SCRIPT 'file';                      the statements of a file\n"
    "  output table|json|csv                   how answers are shown\n"
    "  history, clear, help, exit              without a semicolon\n"
    "Tab completes words and names of sources; Ctrl-C ends a query; Ctrl-D leaves.\n";

static void show_history(struct prompt *prompt)
{
    HistEvent event;
    for (int more = history(prompt->history, &event, H_LAST); more >= 0;
         more = history(prompt->history, &event, H_PREV))
        printf("%s\n", event.str);
}

static bool set_output(struct prompt *prompt, const char *word)
{
    for (int i = 0; ksql_output_words[i]; i++)
        if (strcasecmp(word, ksql_output_words[i]) == 0) {
            prompt->executor->show.output = (enum ksql_output)i;
            return true;
        }
    return false;
}

/* A whole line that is one of them; only where no statement has begun. */
static bool take_word(struct prompt *prompt, const char *text)
{
    char verb[16] = "", word[16] = "", rest[2] = "";
    int count = sscanf(text, " %15[a-zA-Z] %15[a-zA-Z] %*[ ;\n]%1s", verb, word, rest);
    bool one = count == 1 &&
               strspn(text + strcspn(text, ";\n"), "; \n") == strlen(text + strcspn(text, ";\n"));
    if (count == 2 && strcasecmp(verb, "output") == 0)
        return set_output(prompt, word);
    if (one && (strcasecmp(verb, "exit") == 0 || strcasecmp(verb, "quit") == 0))
        prompt->leaving = true;
    else if (one && strcasecmp(verb, "help") == 0)
        printf("%s", help);
    else if (one && strcasecmp(verb, "history") == 0)
        show_history(prompt);
    else if (one && strcasecmp(verb, "clear") == 0)
        printf("\033[H\033[2J");
    else
        return false;
    return true;
}

/* ---- statements ---- */

static void remember(struct prompt *prompt)
{
    HistEvent event;
    OF_FREE char *text = ksql_words_line(of_buffer_text(&prompt->typed), prompt->typed.length);
    if (*text)
        history(prompt->history, &event, H_ENTER, text);
    if (!prompt->history_file)
        return;
    /* libedit writes into the file that is there: it must be nobody else's from the start. */
    OF_CLEANUP(of_cleanup_fd)
    int fd = open(prompt->history_file, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0 && fchmod(fd, S_IRUSR | S_IWUSR) == 0)
        history(prompt->history, &event, H_SAVE, prompt->history_file);
}

static void carry_out(struct prompt *prompt)
{
    struct of_error error;
    const struct ksql_script script = {NULL, of_buffer_text(&prompt->typed), prompt->typed.length};
    interrupts = 0;
    prompt->executor->show.width = ksql_show_width(stdout);
    if (ksql_execute(prompt->executor, &script, &error) < 0)
        fprintf(stderr, "%s\n", error.message);
    interrupts = 0;
    learn_sources(prompt);
}

static void take_line(struct prompt *prompt, const char *text, size_t length)
{
    if (!prompt->typed.length && take_word(prompt, text))
        return;
    if (of_buffer_append(&prompt->typed, text, length) < 0) {
        fprintf(stderr, "the statement is longer than %u bytes\n", KSQL_TEXT_MAX);
        of_buffer_clear(&prompt->typed);
        return;
    }
    if (!ksql_words_whole(of_buffer_text(&prompt->typed), prompt->typed.length))
        return;
    remember(prompt);
    carry_out(prompt);
    of_buffer_clear(&prompt->typed);
}

static char *prompt_text(EditLine *line)
{
    static char first[] = "ksql> ", further[] = "   -> ";
    struct prompt *prompt = NULL;
    el_get(line, EL_CLIENTDATA, &prompt);
    return prompt->typed.length ? further : first;
}

static void read_lines(struct prompt *prompt)
{
    while (!prompt->leaving && !of_signals_stopping()) {
        int count = 0;
        interrupts = 0;
        el_resize(prompt->line);
        const char *text = el_gets(prompt->line, &count);
        if (interrupts) {
            printf("\n");
            of_buffer_clear(&prompt->typed);
            el_reset(prompt->line);
        } else if (!text || count <= 0) {
            printf("\n");
            return;
        } else {
            take_line(prompt, text, (size_t)count);
        }
    }
}

static void start(struct prompt *prompt)
{
    HistEvent event;
    prompt->line = el_init("orderflow-ksql", stdin, stdout, stderr);
    prompt->history = history_init();
    history(prompt->history, &event, H_SETSIZE, KSQL_HISTORY_MAX);
    history(prompt->history, &event, H_SETUNIQUE, 1);
    if (prompt->history_file)
        history(prompt->history, &event, H_LOAD, prompt->history_file);
    el_set(prompt->line, EL_CLIENTDATA, prompt);
    el_set(prompt->line, EL_PROMPT, prompt_text);
    el_set(prompt->line, EL_EDITOR, "emacs");
    el_set(prompt->line, EL_HIST, history, prompt->history);
    el_set(prompt->line, EL_ADDFN, "complete-word", "Completes the word", complete);
    el_set(prompt->line, EL_BIND, "^I", "complete-word", NULL);
    el_set(prompt->line, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_source(prompt->line, NULL);
}

void ksql_prompt(struct ksql_executor *executor, const char *history_file)
{
    struct prompt prompt = {.executor = executor, .history_file = history_file};
    ksql_words_init(&prompt.words);
    of_buffer_init(&prompt.typed, KSQL_TEXT_MAX);
    struct sigaction action = {.sa_handler = on_interrupt}, before; /* reads end: no SA_RESTART */
    sigaction(SIGINT, &action, &before);
    start(&prompt);
    learn_sources(&prompt);
    printf("orderflow-ksql " OF_VERSION ". Type help for help, Ctrl-D to leave.\n");
    read_lines(&prompt);
    sigaction(SIGINT, &before, NULL);
    el_end(prompt.line);
    history_end(prompt.history);
    ksql_words_release(&prompt.words);
    of_buffer_release(&prompt.typed);
}
