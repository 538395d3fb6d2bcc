/* What load.c and grpc_load.c have in common: the feed, the one clock, and what was heard of it.
 *
 * Who includes it says how an update is published, what a turn is, and what a command does.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST_SYMBOLS = 1000, SCRATCH = 1 << 20, OLD_MS = 100 };

static int count, symbols, each, probes, poll_fd, feed = -1, ready, failed;
static char scratch[SCRATCH], (*tokens)[2048];
static int token_count;
static struct sockaddr_in address = {.sin_family = AF_INET};

static int subscribers[MOST_SYMBOLS];
static uint32_t sequences[MOST_SYMBOLS];
static uint64_t position, started, due_count, sent_count, expected, arrived, in_window, window_end;
static uint64_t lost, reordered, malformed, skipped, old_messages;
static double rate;
static int batch = 1, timing;
static char *waiting;
static size_t waiting_size, waiting_sent;
static float *late;
static size_t late_count, late_room;

static void publish(uint64_t due);
static void turn(int wait_ms);
static void obey(char *line);

static uint64_t now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1000000000ull + at.tv_nsec;
}

static void must(int holds, const char *what) {
    if (!holds) {
        perror(what);
        exit(1);
    }
}

static int is_probe(int n) { return probes && n % ((count + probes - 1) / probes) == 0; }

/* `each` different ones, which are the same in every run. */
static uint16_t *chosen_symbols(void) {
    static uint64_t seed = 88172645463325252ull;
    uint16_t *chosen = calloc(each, sizeof *chosen);
    for (int k = 0; k < each; k++) {
        int symbol, seen;
        do {
            seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
            symbol = each == symbols ? k : (int)(seed % symbols), seen = 0;
            for (int j = 0; j < k; j++) seen |= chosen[j] == symbol;
        } while (seen);
        chosen[k] = symbol;
    }
    return chosen;
}

static void read_tokens(const char *path) {
    FILE *file = fopen(path, "r");
    must(file != NULL, path);
    tokens = calloc(count, sizeof *tokens);
    while (token_count < count && fgets(tokens[token_count], sizeof *tokens, file))
        tokens[token_count][strcspn(tokens[token_count], "\n")] = 0, token_count++;
    fclose(file);
}

/* ── The feed ───────────────────────────────────────────────────────────────────────────────── */

static void open_feed(int port) {
    struct sockaddr_in to = address;
    to.sin_port = htons(port);
    feed = socket(AF_INET, SOCK_STREAM, 0);
    must(!connect(feed, (struct sockaddr *)&to, sizeof to), "feed");
    int one = 1;
    setsockopt(feed, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static int quote(char *to, uint64_t due, int symbol) {
    expected += subscribers[symbol];
    return sprintf(to,
        "{\"type\":\"quote\",\"sequence\":%u,\"cursor\":\"1-%llu\",\"id\":\"%llu\",\"symbol\":\"S%03d\",\"bid\":\"101.25\","
        "\"ask\":\"101.27\",\"last\":\"101.26\",\"bid_size\":\"300\",\"ask_size\":\"200\","
        "\"time\":\"2026-01-05T15:00:00.123456+00:00\",\"synthetic\":false,\"last_close\":false,\"last_size\":\"100\","
        "\"last_trade_id\":null,\"last_time\":null,\"opening\":null,\"closing\":null,\"closing_before\":null}",
        ++sequences[symbol], (unsigned long long)++position, (unsigned long long)due, symbol);
}

static void publish_quote(uint64_t due, int symbol) {
    waiting = realloc(waiting, waiting_size + 1024);
    waiting_size += quote(waiting + waiting_size, due, symbol);
    waiting[waiting_size++] = '\n';
}

static void pass_on(void) {
    while (waiting_sent < waiting_size) {
        ssize_t sent = send(feed, waiting + waiting_sent, waiting_size - waiting_sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0) {
            must(errno == EAGAIN, "feed");
            return;
        }
        waiting_sent += sent;
    }
    waiting_size = waiting_sent = 0;
}

/* What is due by now; but no more than the server's socket and a little beside it hold. */
static void publish_due(void) {
    uint64_t at = now();
    while (sent_count < due_count && waiting_size < 1 << 16) {
        uint64_t due = started + (uint64_t)(sent_count / batch * batch / rate * 1e9);
        if (due > at) break;
        publish(due);
        sent_count++;
    }
    pass_on();
}

/* Who is not watched is looked at ten times a second: their wake-ups are not the server's matter. */
static void sweep(int of, void (*look)(int)) {
    static int swept;
    static uint64_t swept_at;
    uint64_t at = now();
    if (!swept_at) swept_at = at;
    int some = (int)((double)of * (at - swept_at) / 1e8);
    if (some > 256) some = 256;
    if (some < 16) return;
    swept_at = at;
    for (; some--; swept = (swept + 1) % of) look(swept);
}

/* ── What was heard ─────────────────────────────────────────────────────────────────────────── */

/* One update by one client, whose last number of that symbol stands in `held`. */
static void heard_one(int n, uint32_t *held, uint64_t sequence, uint64_t gave_way, uint64_t due, uint64_t at) {
    uint32_t last = *held;
    *held = sequence;
    arrived++;
    skipped += gave_way;
    if (at < window_end) in_window++;
    if (last && sequence <= last) reordered++;
    if (last && sequence > last + 1 + gave_way) lost += sequence - last - 1 - gave_way;
    if (at - due > OLD_MS * 1000000ull) old_messages++;
    if (!timing || !is_probe(n)) return;
    if (late_count == late_room) late = realloc(late, (late_room = late_room ? late_room * 2 : 1 << 16) * sizeof *late);
    late[late_count++] = (at - due) / 1e6f;
}

static int by_size(const void *one, const void *other) {
    float a = *(const float *)one, b = *(const float *)other;
    return (a > b) - (a < b);
}

static double share(double of) { return late_count ? late[(size_t)(of * (late_count - 1))] : 0; }

static void tell(const char *name, double seconds) {
    qsort(late, late_count, sizeof *late, by_size);
    printf("{\"command\":\"%s\",\"seconds\":%.4f,\"ready\":%d,\"failed\":%d,\"updates\":%llu,\"expected\":%llu,"
           "\"arrived\":%llu,\"in_window\":%llu,\"lost\":%llu,\"reordered\":%llu,\"malformed\":%llu,\"skipped\":%llu,"
           "\"old\":%llu,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"worst_ms\":%.3f,\"timed\":%zu}\n",
        name, seconds, ready, failed, (unsigned long long)sent_count, (unsigned long long)expected,
        (unsigned long long)arrived, (unsigned long long)in_window, (unsigned long long)lost,
        (unsigned long long)reordered, (unsigned long long)malformed, (unsigned long long)skipped,
        (unsigned long long)old_messages, share(0.5), share(0.99), share(1), late_count);
    fflush(stdout);
}

static void begin(double updates, double seconds, int at_once) {
    rate = updates, batch = at_once, started = now();
    due_count = (uint64_t)(updates * seconds), window_end = started + (uint64_t)(seconds * 1e9);
    sent_count = expected = arrived = in_window = late_count = 0;
    lost = reordered = malformed = skipped = old_messages = 0;
    timing = 1;
}

/* Until all has arrived, or nothing more comes for so long. */
static void drain(double quiet_seconds) {
    due_count = sent_count;
    uint64_t seen = arrived, since = now();
    while (arrived + skipped + lost < expected && now() - since < quiet_seconds * 1e9) {
        pass_on();
        turn(1);
        if (arrived != seen) seen = arrived, since = now();
    }
    if (arrived + skipped + lost < expected) lost = expected - arrived - skipped;
    timing = 0;
}

static void step(double updates, double seconds, int at_once, double quiet_seconds) {
    begin(updates, seconds, at_once);
    while (now() < window_end) {
        publish_due();
        turn(waiting_size || (sent_count < due_count && updates > 5000) ? 0 : 1);
    }
    drain(quiet_seconds);
    tell("step", seconds);
}

static int obey_all(void) {
    char line[256];
    size_t size = 0;
    must(!fcntl(0, F_SETFL, O_NONBLOCK), "stdin");
    for (;;) {
        ssize_t got = read(0, line + size, sizeof line - 1 - size);
        if (got == 0) return 0;
        if (got > 0) size += got, line[size] = 0;
        if (size && line[size - 1] == '\n') obey(line), size = 0;
        turn(20);
    }
}
