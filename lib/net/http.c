/* HTTP client on libcurl: one easy handle, base URLs in turn, retries with back-off. */
#include "net/http.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/signals.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_AFTER_MAX_S 30 /* what a server may make us wait at the most */

struct of_http {
    CURL *curl;
    struct curl_slist *headers;
    struct curl_slist *extra;      /* of_http_set_header; `headers` follow it during a request */
    char *urls[OF_HTTP_URLS_MAX];  /* without user:password@, for messages and requests alike */
    char *users[OF_HTTP_URLS_MAX]; /* user:password of the URL, or NULL */
    size_t url_count, current;
    char *user_info, *bearer_token, *ca_file, *certificate_file, *key_file, *key_password;
    bool verify;
    int64_t connect_ms, request_ms, retry_ms, retry_max_ms, total_ms;
    int retries;
    struct of_random jitter;
};

static pthread_once_t global_once = PTHREAD_ONCE_INIT;

static void init_global(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static char *copy(const char *text)
{
    return text ? of_strdup(text) : NULL;
}

/* What is escaped in an URL goes plain into the header. */
static char *unescape(const char *text, size_t length)
{
    int size = 0;
    /* A length of 0 means strlen to libcurl. */
    char *plain = length ? curl_easy_unescape(NULL, text, (int)length, &size) : NULL;
    char *result = plain ? of_strdup(plain) : of_strndup(text, length);
    curl_free(plain);
    return result;
}

/* Splits "scheme://user:password@host/path/": the secret is kept apart from the URL. */
static int add_url(struct of_http *http, const char *text, size_t length, struct of_error *error)
{
    if (http->url_count == OF_HTTP_URLS_MAX)
        return of_fail(error, OF_INPUT, "more than %d URLs", OF_HTTP_URLS_MAX);
    OF_FREE char *url = of_strndup(text, length);
    char *scheme = strstr(url, "://");
    if (!scheme || (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0))
        return of_fail(error, OF_INPUT, "an URL must start with http:// or https://");
    char *host = scheme + 3, *path = strchr(host, '/');
    char *at = path ? memrchr(host, '@', (size_t)(path - host)) : strrchr(host, '@');
    while (length && url[length - 1] == '/')
        url[--length] = '\0';
    if (at) {
        http->users[http->url_count] = unescape(host, (size_t)(at - host));
        http->urls[http->url_count++] = of_asprintf("%.*s%s", (int)(host - url), url, at + 1);
    } else {
        http->urls[http->url_count++] = OF_TAKE(url);
    }
    return OF_OK;
}

static int add_urls(struct of_http *http, const char *list, struct of_error *error)
{
    while (*list) {
        list += strspn(list, ", \t");
        size_t length = strcspn(list, ", \t");
        if (length && add_url(http, list, length, error) < 0)
            return OF_INPUT;
        list += length;
    }
    return http->url_count ? OF_OK : of_fail(error, OF_INPUT, "no URL is given");
}

static void add_header(struct of_http *http, const char *name, const char *value)
{
    if (!value)
        return;
    OF_FREE char *line = of_asprintf("%s: %s", name, value);
    http->headers = curl_slist_append(http->headers, line);
}

int of_http_new(
    const struct of_http_settings *settings, struct of_http **out, struct of_error *error)
{
    pthread_once(&global_once, init_global);
    OF_CLEANUP(of_cleanup_http) struct of_http *http = of_alloc(sizeof(*http));
    if (add_urls(http, settings->urls, error) < 0)
        return OF_INPUT;
    http->user_info = copy(settings->user_info);
    http->bearer_token = copy(settings->bearer_token);
    http->ca_file = copy(settings->ca_file);
    http->certificate_file = copy(settings->certificate_file);
    http->key_file = copy(settings->key_file);
    http->key_password = copy(settings->key_password);
    http->verify = settings->verify;
    http->connect_ms = settings->connect_ms ? settings->connect_ms : 5000;
    http->request_ms = settings->request_ms ? settings->request_ms : 30000;
    http->retries = settings->retries;
    http->retry_ms = settings->retry_ms ? settings->retry_ms : 200;
    http->retry_max_ms = settings->retry_max_ms ? settings->retry_max_ms : 5000;
    http->total_ms = settings->total_ms;
    http->jitter = of_random_make((uint64_t)of_clock_monotonic_ns(), 0, 0);
    add_header(http, "Accept", settings->accept);
    add_header(http, "Content-Type", settings->content_type);
    /* No "Expect: 100-continue": some servers answer it late. */
    http->headers = curl_slist_append(http->headers, "Expect:");
    http->curl = curl_easy_init();
    if (!http->curl)
        return of_fail(error, OF_FATAL, "libcurl cannot start");
    *out = OF_TAKE(http);
    return OF_OK;
}

void of_http_free(struct of_http *http)
{
    if (http->curl)
        curl_easy_cleanup(http->curl);
    curl_slist_free_all(http->headers);
    curl_slist_free_all(http->extra);
    for (size_t i = 0; i < http->url_count; i++) {
        free(http->urls[i]);
        free(http->users[i]);
    }
    free(http->user_info);
    free(http->bearer_token);
    free(http->ca_file);
    free(http->certificate_file);
    free(http->key_file);
    free(http->key_password);
    free(http);
}

void of_http_set_header(struct of_http *http, const char *name, const char *value)
{
    curl_slist_free_all(http->extra);
    http->extra = NULL;
    if (!value)
        return;
    OF_FREE char *line = of_asprintf("%s: %s", name, value);
    size_t kept = 0;
    for (const char *c = line; *c; c++)
        if (*c != '\r' && *c != '\n')
            line[kept++] = *c;
    line[kept] = '\0';
    http->extra = curl_slist_append(NULL, line);
}

static size_t receive(char *bytes, size_t size, size_t count, void *context)
{
    struct of_buffer *answer = context;
    return of_buffer_append(answer, bytes, size * count) < 0 ? 0 : size * count;
}

static void set_options(struct of_http *http, const char *method, const char *url, const char *user,
    const void *body, size_t body_size, struct of_buffer *answer)
{
    CURL *curl = http->curl;
    curl_easy_reset(curl); /* keeps connections */
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L); /* credentials go where they were meant */
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)http->connect_ms);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)http->request_ms);
    if (http->extra) /* there is always one of the settings' headers, and one extra at the most */
        http->extra->next = http->headers;
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, http->extra ? http->extra : http->headers);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "orderflow/" OF_VERSION);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, http->verify ? 1L : 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, http->verify ? 2L : 0L);
    if (http->ca_file)
        curl_easy_setopt(curl, CURLOPT_CAINFO, http->ca_file);
    if (http->certificate_file)
        curl_easy_setopt(curl, CURLOPT_SSLCERT, http->certificate_file);
    if (http->key_file)
        curl_easy_setopt(curl, CURLOPT_SSLKEY, http->key_file);
    if (http->key_password)
        curl_easy_setopt(curl, CURLOPT_KEYPASSWD, http->key_password);
    if (http->bearer_token) {
        curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
        curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, http->bearer_token);
    } else if (user || http->user_info) {
        curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
        curl_easy_setopt(curl, CURLOPT_USERPWD, user ? user : http->user_info);
    }
    /* Without a body a length of 0 is sent where one is expected: some servers ask for it. */
    if (body || strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body ? body : "");
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body_size);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
}

/* One request to one URL. 0 with a status, or the reason why there is none. */
static int try_once(struct of_http *http, size_t which, const char *method, const char *path,
    const void *body, size_t body_size, long *status, struct of_buffer *answer,
    struct of_error *error)
{
    OF_FREE char *url = of_asprintf("%s%s", http->urls[which], path);
    of_buffer_clear(answer);
    set_options(http, method, url, http->users[which], body, body_size, answer);
    CURLcode code = curl_easy_perform(http->curl);
    if (http->extra)
        http->extra->next = NULL;
    if (code == CURLE_OK) {
        curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, status);
        return OF_OK;
    }
    if (answer->full)
        return of_fail(
            error, OF_INPUT, "%s: the answer is longer than %zu bytes", url, answer->limit);
    if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
        return of_fail(error, OF_INPUT, "%s: %s", url, curl_easy_strerror(code));
    if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CERTPROBLEM ||
        code == CURLE_SSL_CACERT_BADFILE)
        return of_fail(error, OF_FATAL, "%s: %s", url, curl_easy_strerror(code));
    return of_fail(error, OF_RETRY, "%s: %s", url, curl_easy_strerror(code));
}

static bool is_transient(long status)
{
    return status == 429 || (status >= 500 && status <= 599);
}

/* What the server asks for, or the doubled back-off with jitter. */
static int64_t pause_before(struct of_http *http, int round, bool answered)
{
    curl_off_t asked = 0;
    if (answered)
        curl_easy_getinfo(http->curl, CURLINFO_RETRY_AFTER, &asked);
    if (asked > 0)
        return (asked < RETRY_AFTER_MAX_S ? asked : RETRY_AFTER_MAX_S) * 1000;
    int64_t pause = http->retry_ms;
    for (int i = 0; i < round && pause < http->retry_max_ms; i++)
        pause *= 2;
    if (pause > http->retry_max_ms)
        pause = http->retry_max_ms;
    return pause / 2 + of_random_between(&http->jitter, 0, pause / 2);
}

int of_http_request(struct of_http *http, const char *method, const char *path, const void *body,
    size_t body_size, long *status, struct of_buffer *answer, struct of_error *error)
{
    int64_t began = of_clock_monotonic();
    for (int round = 0;; round++) {
        bool answered = false;
        for (size_t i = 0; i < http->url_count; i++) {
            size_t which = (http->current + i) % http->url_count;
            int result =
                try_once(http, which, method, path, body, body_size, status, answer, error);
            if (result == OF_INPUT || result == OF_FATAL)
                return result;
            answered = result == OF_OK;
            if (answered && !is_transient(*status)) {
                http->current = which;
                return OF_OK;
            }
        }
        int64_t pause = pause_before(http, round, answered);
        bool late = http->total_ms && of_clock_monotonic() + pause - began > http->total_ms;
        if (round == http->retries || late || of_signals_stopping())
            return answered ? OF_OK : OF_RETRY;
        of_sleep(pause);
    }
}

/* ---- answers without an end ---- */

#define STREAM_WAIT_MS 100 /* between two looks at whether the caller has had enough */

struct stream {
    CURL *curl;
    of_http_receive *receive;
    of_http_ending *ending;
    void *context;
    bool began, ended;
};

static size_t pass_on(char *bytes, size_t size, size_t count, void *context)
{
    struct stream *stream = context;
    long status = 0;
    curl_easy_getinfo(stream->curl, CURLINFO_RESPONSE_CODE, &status);
    stream->began = true;
    stream->ended = !stream->receive(stream->context, status, bytes, size * count);
    return stream->ended ? 0 : size * count;
}

/* A multi handle, since only that can be left between two bytes. */
static CURLcode perform_stream(struct stream *stream, CURLM *multi)
{
    int running = 1, left;
    while (running && !stream->ended) {
        if (curl_multi_perform(multi, &running) != CURLM_OK)
            return CURLE_FAILED_INIT;
        if (stream->ending(stream->context))
            stream->ended = true;
        else if (running)
            curl_multi_poll(multi, NULL, 0, STREAM_WAIT_MS, NULL);
    }
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left)))
        if (message->msg == CURLMSG_DONE && !stream->ended)
            return message->data.result;
    return CURLE_OK;
}

static CURLcode try_stream(struct of_http *http, size_t which, const char *method, const char *path,
    const char *accept, const void *body, size_t body_size, struct stream *stream)
{
    OF_FREE char *url = of_asprintf("%s%s", http->urls[which], path);
    OF_FREE char *line = of_asprintf("Accept: %s", accept);
    set_options(http, method, url, http->users[which], body, body_size, NULL);
    struct curl_slist *headers = curl_slist_append(NULL, line);
    if (http->extra) {
        http->extra->next = NULL; /* set_options joined the two */
        headers = curl_slist_append(headers, http->extra->data);
    }
    for (const struct curl_slist *item = http->headers; item; item = item->next)
        if (strncmp(item->data, "Accept:", 7) != 0)
            headers = curl_slist_append(headers, item->data);
    CURL *curl = http->curl;
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 0L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, pass_on);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, stream);
    CURLM *multi = curl_multi_init();
    curl_multi_add_handle(multi, curl);
    CURLcode code = perform_stream(stream, multi);
    curl_multi_remove_handle(multi, curl);
    curl_multi_cleanup(multi);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    return code;
}

int of_http_stream(struct of_http *http, const char *method, const char *path, const char *accept,
    const void *body, size_t body_size, long *status, of_http_receive *receive_piece,
    of_http_ending *ending, void *context, struct of_error *error)
{
    struct stream stream = {http->curl, receive_piece, ending, context, false, false};
    CURLcode code = CURLE_COULDNT_CONNECT;
    for (size_t i = 0; i < http->url_count; i++) {
        size_t which = (http->current + i) % http->url_count;
        code = try_stream(http, which, method, path, accept, body, body_size, &stream);
        if (code == CURLE_OK) {
            curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, status);
            http->current = which;
            return OF_OK;
        }
        of_fail(error, OF_RETRY, "%s%s: %s", http->urls[which], path, curl_easy_strerror(code));
        if (stream.began)
            break;
    }
    return OF_RETRY;
}

char *of_http_escape(const char *text)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    size_t length = strlen(text), used = 0;
    char *out = of_alloc(3 * length + 1);
    for (const char *c = text; *c; c++) {
        if (strchr(plain, *c)) {
            out[used++] = *c;
        } else {
            static const char digits[] = "0123456789ABCDEF";
            out[used++] = '%';
            out[used++] = digits[(unsigned char)*c >> 4];
            out[used++] = digits[(unsigned char)*c & 15];
        }
    }
    return out;
}
