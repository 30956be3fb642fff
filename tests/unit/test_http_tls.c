/* TLS of the HTTP client against openssl's own server: our CA and no other, the server's name, a
 * client certificate with a password on its key. Keys and certificates are made on the spot. */
#include "http_server.h"

#include "net/http.h"

#include <spawn.h>
#include <sys/stat.h>

static struct of_error error;
static char folder[] = "/tmp/orderflow-tls-XXXXXX";

static pid_t spawn(const char *command)
{
    pid_t child;
    const char *argv[] = {"sh", "-c", command, NULL};
    extern char **environ;
    return posix_spawn(&child, "/bin/sh", NULL, NULL, (char **)argv, environ) == 0 ? child : -1;
}

static int run(const char *command)
{
    int status = -1;
    pid_t child = spawn(command);
    assert_true(child > 0);
    waitpid(child, &status, 0);
    return status;
}

/* A CA that signs server and client, and one that nobody trusts. */
static const char making[] =
    "exec 2>>log; set -e\n"
    "key() { openssl ecparam -name prime256v1 -genkey -noout -out $1.key; }\n"
    "ca() { key $1; openssl req -x509 -new -key $1.key -days 2 -subj /CN=$1 -out $1.pem; }\n"
    "leaf() { key $1; openssl req -new -key $1.key -subj /CN=$1 -out $1.csr\n"
    "  printf 'subjectAltName=%s' $2 >ext\n"
    "  openssl x509 -req -in $1.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \\\n"
    "    -extfile ext -out $1.pem; }\n"
    "ca ca; ca other\n"
    "leaf server IP:127.0.0.1; leaf wrongname DNS:elsewhere.example; leaf client DNS:client\n"
    "openssl ec -in client.key -aes128 -passout pass:sesame -out client-locked.key\n";

static int make_files(void **state)
{
    (void)state;
    if (system("command -v openssl >/dev/null 2>&1") != 0) {
        print_message("no openssl command: skipped\n");
        exit(77);
    }
    if (!mkdtemp(folder) || chdir(folder) < 0)
        return -1;
    return run(making);
}

static int remove_files(void **state)
{
    (void)state;
    OF_FREE char *command = of_asprintf("rm -rf %s", folder);
    return chdir("/") < 0 ? -1 : run(command);
}

struct tls_server {
    pid_t pid;
    char url[64];
};

static bool listens(uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    bool good = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
    close(fd);
    return good;
}

static struct tls_server tls_start(const char *name, const char *more)
{
    struct tls_server server;
    OF_FREE char *nobody = http_nobody();
    const char *address = nobody + strlen("http://");
    snprintf(server.url, sizeof(server.url), "https://%s", address);
    OF_FREE char *command = of_asprintf(
        "exec openssl s_server -quiet -www -accept %s -cert %s.pem -key %s.key %s >>log 2>&1",
        address, name, name, more);
    server.pid = spawn(command);
    assert_true(server.pid > 0);
    uint16_t port = (uint16_t)strtol(strrchr(address, ':') + 1, NULL, 10);
    int64_t end = of_clock_monotonic() + 20000;
    while (!listens(port) && of_clock_monotonic() < end)
        of_sleep(5);
    return server;
}

static void tls_stop(struct tls_server *server)
{
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
}

#define TLS_SERVER OF_CLEANUP(tls_stop) struct tls_server

static int ask(const char *url, struct of_http_settings settings, long *status)
{
    OF_CLEANUP(of_cleanup_http) struct of_http *http = NULL;
    OF_CLEANUP(of_buffer_release) struct of_buffer answer;
    of_buffer_init(&answer, OF_HTTP_BODY_MAX);
    settings.urls = url;
    settings.request_ms = 10000;
    *status = 0;
    assert_int_equal(of_http_new(&settings, &http, &error), OF_OK);
    return of_http_request(http, "GET", "/", NULL, 0, status, &answer, &error);
}

static void assert_answers(const char *url, struct of_http_settings settings)
{
    long status;
    if (ask(url, settings, &status) < 0)
        fail_msg("%s", error.message);
    assert_int_equal(status, 200);
}

static void assert_refused(
    const char *url, struct of_http_settings settings, int class, const char *reason)
{
    long status;
    assert_int_equal(ask(url, settings, &status), class);
    assert_contains(error.message, url);
    assert_contains(error.message, reason);
}

static void test_authority(void **state)
{
    (void)state;
    static const char unverified[] = "SSL peer certificate or SSH remote key was not OK";
    TLS_SERVER server = tls_start("server", "");
    assert_answers(server.url, (struct of_http_settings){.verify = true, .ca_file = "ca.pem"});
    assert_refused(server.url, (struct of_http_settings){.verify = true}, OF_FATAL, unverified);
    assert_refused(server.url, (struct of_http_settings){.verify = true, .ca_file = "other.pem"},
        OF_FATAL, unverified);
    assert_refused(server.url, (struct of_http_settings){.verify = true, .ca_file = "none.pem"},
        OF_FATAL, "Problem with the SSL CA cert");
    /* Only who says so goes without. */
    assert_answers(server.url, (struct of_http_settings){.verify = false});
}

static void test_server_name(void **state)
{
    (void)state;
    TLS_SERVER server = tls_start("wrongname", "");
    assert_refused(server.url, (struct of_http_settings){.verify = true, .ca_file = "ca.pem"},
        OF_FATAL, "SSL peer certificate or SSH remote key was not OK");
}

static void test_client_certificate(void **state)
{
    (void)state;
    TLS_SERVER server = tls_start("server", "-CAfile ca.pem -Verify 1 -verify_return_error");
    struct of_http_settings settings = {.verify = true, .ca_file = "ca.pem"};
    long status;
    assert_true(ask(server.url, settings, &status) < 0); /* the server ends the talk */
    settings.certificate_file = "client.pem";
    settings.key_file = "client.key";
    assert_answers(server.url, settings);
    settings.key_file = "client-locked.key";
    settings.key_password = "sesame";
    assert_answers(server.url, settings);
    settings.key_password = "SECRET";
    assert_refused(server.url, settings, OF_FATAL, "Problem with the local SSL certificate");
    assert_lacks(error.message, "SECRET");
    settings.certificate_file = "none.pem";
    assert_refused(server.url, settings, OF_FATAL, "Problem with the local SSL certificate");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_authority),
        cmocka_unit_test(test_server_name),
        cmocka_unit_test(test_client_certificate),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
