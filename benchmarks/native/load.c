/* Load for a server of streams: subscribers, the feed that they hear of, and the one clock of both.
 *
 *   load PORT FEED_PORT KIND CLIENTS SYMBOLS EACH PROBES READY_FRAMES DEAD_PERCENT RCVBUF WISHES
 *
 * KIND is `ws` or `sse` for what is read, with `+post` where the feed is published by HTTP instead
 * of in lines. WISHES is a file with the request of each client, %SYMBOLS% for its symbols, then an
 * empty line and, maybe, the message that follows the handshake; a request has no final empty line.
 * Several tokens: lines of WISHES.tokens take the place of %TOKEN% in turn.
 *
 * Commands come on standard input, each is answered by a line of JSON:
 *   connect                  every client, until each is ready
 *   step RATE SECONDS BATCH  updates per second, so many at once; then what arrived, and how late
 *   pause RATE SECONDS       nobody reads for so long, then all do: how much of it is old
 *   quit
 *
 * Every message that arrives is checked: its form, and its sequence, which must count each symbol
 * without a gap but for those that it says were skipped. Latency counts from the moment that the
 * update was due, so a sender that falls behind does not look fast.
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

enum { NEW, OPENING, HEAD, WAITING, READY, GONE };
enum { MOST_SYMBOLS = 1000, SCRATCH = 1 << 20, AT_ONCE = 512, OLD_MS = 100 };

struct client {
    int fd, rest, frames, state;
    char *kept;
    uint32_t *sequence;
    uint16_t *symbols;
};

static struct client *clients;
static int count, symbols, each, probes, ready_frames, dead, receive_buffer, sse, post;
static int poll_fd, feed = -1, opened, ready, failed;
static char scratch[SCRATCH], request[8192], message[8192], (*tokens)[2048];
static int token_count;
static struct sockaddr_in address = {.sin_family = AF_INET};

static int subscribers[MOST_SYMBOLS];
static uint32_t sequences[MOST_SYMBOLS];
static uint64_t position, started, due_count, sent_count, expected, arrived, in_window, window_end;
static uint64_t lost, reordered, malformed, skipped, old_messages, said_otherwise;
static double rate;
static int batch = 1, reading = 1, timing;
static char *waiting;
static size_t waiting_size, waiting_sent;
static float *late;
static size_t late_count, late_room;

static uint64_t now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1000000000ull + at.tv_nsec;
}

static int is_probe(int n) { return probes && n % ((count + probes - 1) / probes) == 0; }
static int is_dead(int n) { return dead && !is_probe(n) && n % 100 < dead; }

static void must(int holds, const char *what) {
    if (!holds) {
        perror(what);
        exit(1);
    }
}

static void choose_symbols(void) {
    uint64_t seed = 88172645463325252ull;
    for (int n = 0; n < count; n++) {
        clients[n].sequence = calloc(symbols, sizeof(uint32_t));
        clients[n].symbols = calloc(each, sizeof(uint16_t));
        for (int k = 0; k < each; k++) {
            int symbol, seen;
            do {
                seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
                symbol = each == symbols ? k : (int)(seed % symbols);
                seen = 0;
                for (int j = 0; j < k; j++) seen |= clients[n].symbols[j] == symbol;
            } while (seen);
            clients[n].symbols[k] = symbol;
            if (!is_dead(n)) subscribers[symbol]++;
        }
    }
}

/* What the client sends, with its symbols as `S001,S002` and, for %LIST%, `"S001","S002"`. */
static int filled(char *to, const char *from, int n) {
    char *at = to;
    while (*from) {
        int list = !strncmp(from, "%LIST%", 6);
        if (list || !strncmp(from, "%SYMBOLS%", 9)) {
            for (int k = 0; k < each; k++)
                at += sprintf(at, list ? "%s\"S%03d\"" : "%sS%03d", k ? "," : "", clients[n].symbols[k]);
            from += list ? 6 : 9;
        } else if (!strncmp(from, "%TOKEN%", 7)) {
            at += sprintf(at, "%s", tokens[n % token_count]);
            from += 7;
        } else
            *at++ = *from++;
    }
    *at = 0;
    return at - to;
}

static void read_wishes(const char *path) {
    FILE *file = fopen(path, "r");
    must(file != NULL, path);
    size_t size = fread(scratch, 1, sizeof scratch - 1, file);
    scratch[size] = 0;
    fclose(file);
    char *end = strstr(scratch, "\n\n");
    must(end != NULL, "wishes");
    *end = 0;
    char *to = request;
    for (char *line = strtok(scratch, "\n"); line; line = strtok(NULL, "\n")) to += sprintf(to, "%s\r\n", line);
    strcpy(to, "\r\n");
    strcpy(message, end + 2);
    message[strcspn(message, "\n")] = 0;
    snprintf(scratch, sizeof scratch, "%s.tokens", path);
    if ((file = fopen(scratch, "r"))) {
        tokens = calloc(count, sizeof *tokens);
        while (token_count < count && fgets(tokens[token_count], sizeof *tokens, file))
            tokens[token_count][strcspn(tokens[token_count], "\n")] = 0, token_count++;
        fclose(file);
    }
}

static void say(int n, const char *text) {
    static char out[16384];
    int size = filled(out + 8, text, n), head = size < 126 ? 6 : 8;
    char *frame = out + 8 - head;
    frame[0] = (char)0x81;
    if (size < 126)
        frame[1] = (char)(0x80 | size);
    else
        frame[1] = (char)0xFE, frame[2] = size >> 8, frame[3] = size & 255;
    memset(out + 4, 0, 4);
    must(send(clients[n].fd, frame, head + size, MSG_NOSIGNAL) == head + size, "send");
}

static void leave(int n) {
    struct client *client = &clients[n];
    if (client->state == GONE) return;
    if (client->state == READY) ready--;
    failed++;
    close(client->fd);
    client->state = GONE;
}

static void open_client(int n) {
    struct client *client = &clients[n];
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    must(client->fd >= 0, "socket");
    if (receive_buffer) setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    if (connect(client->fd, (struct sockaddr *)&address, sizeof address) < 0) must(errno == EINPROGRESS, "connect");
    client->state = OPENING;
    struct epoll_event event = {.events = EPOLLOUT | EPOLLIN, .data.u32 = n};
    must(!epoll_ctl(poll_fd, EPOLL_CTL_ADD, client->fd, &event), "epoll_ctl");
    opened++;
}

static void is_ready(int n) {
    clients[n].state = READY;
    ready++;
    if (!is_probe(n)) epoll_ctl(poll_fd, EPOLL_CTL_DEL, clients[n].fd, NULL);
}

static void note(uint64_t due, uint64_t at) {
    if (late_count == late_room) late = realloc(late, (late_room = late_room ? late_room * 2 : 1 << 16) * sizeof *late);
    late[late_count++] = (at - due) / 1e6f;
}

/* The number after `name`, which stands in the first bytes of what is told; 0 where it does not. */
static uint64_t number(const char *text, int size, const char *name) {
    const char *at = memmem(text, size, name, strlen(name));
    return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

static void told(int n, const char *text, int size, uint64_t at) {
    struct client *client = &clients[n];
    if (size < 14 || memcmp(text, "{\"type\":\"quote\"", 15)) {
        if (size < 9 || memcmp(text, "{\"type\":", 8)) malformed++;
        said_otherwise++;
        return;
    }
    int some = size < 160 ? size : 160;
    uint64_t sequence = number(text, some, "\"sequence\":"), due = number(text, some, "\"id\":\"");
    uint64_t symbol = number(text, some, "\"symbol\":\"S");
    if (!sequence || !due || symbol >= (uint64_t)symbols || text[size - 1] != '}') {
        malformed++;
        return;
    }
    uint64_t gave_way = number(text + size - 30, 30, "\"skipped\":"), last = client->sequence[symbol];
    client->sequence[symbol] = sequence;
    if (memmem(text + size - 20, 20, "snapshot", 8)) return;
    arrived++;
    skipped += gave_way;
    if (at < window_end) in_window++;
    if (last && sequence <= last) reordered++;
    if (last && sequence > last + 1 + gave_way) lost += sequence - last - 1 - gave_way;
    if (timing && is_probe(n)) note(due, at);
    if (at - due > OLD_MS * 1000000ull) old_messages++;
}

/* How many of the bytes were whole frames. */
static int framed(int n, const char *data, int size, uint64_t at) {
    int done = 0;
    while (size - done >= 2) {
        const unsigned char *head = (const unsigned char *)data + done;
        int length = head[1] & 127, skip = 2;
        if (length == 126) {
            if (size - done < 4) break;
            length = head[2] << 8 | head[3], skip = 4;
        }
        if (length == 127 || head[1] & 128 || head[0] & 0x70) {
            malformed++;
            return size;
        }
        if (size - done < skip + length) break;
        int opcode = head[0] & 15;
        done += skip + length;
        clients[n].frames++;
        if (opcode == 1) told(n, (const char *)head + skip, length, at);
        else if (opcode == 8) leave(n);
        else if (opcode == 9) send(clients[n].fd, "\x8a\x80\0\0\0\0", 6, MSG_NOSIGNAL);
        else malformed++;
    }
    return done;
}

static int lined(int n, const char *data, int size, uint64_t at) {
    int done = 0;
    for (const char *end; (end = memchr(data + done, '\n', size - done)); done = end + 1 - data)
        if (!strncmp(data + done, "data: ", 6)) told(n, data + done + 6, end - data - done - 6, at);
    return done;
}

static int headed(int n, const char *data, int size) {
    const char *end = memmem(data, size, "\r\n\r\n", 4);
    if (!end) return 0;
    if (strncmp(data + 9, sse ? "200" : "101", 3)) {
        leave(n);
        return size;
    }
    clients[n].state = WAITING;
    if (*message) say(n, message);
    return end + 4 - data;
}

static void receive(int n) {
    struct client *client = &clients[n];
    if (client->state < HEAD || client->state == GONE) return;
    if (client->rest) memcpy(scratch, client->kept, client->rest);
    int got = recv(client->fd, scratch + client->rest, 1 << 16, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
        leave(n);
        return;
    }
    int size = client->rest + got, done = client->state == HEAD ? headed(n, scratch, size) : 0;
    if (client->state >= WAITING && client->state != GONE)
        done += (sse ? lined : framed)(n, scratch + done, size - done, now());
    if (client->state == WAITING && client->frames >= ready_frames) is_ready(n);
    client->rest = size - done;
    free(client->kept);
    client->kept = NULL;
    if (client->rest) memcpy(client->kept = malloc(client->rest), scratch + done, client->rest);
}

static void publish(uint64_t due) {
    static char body[1024];
    int symbol = (position * 37) % symbols;
    int size = sprintf(body,
        "{\"type\":\"quote\",\"sequence\":%u,\"cursor\":\"1-%llu\",\"id\":\"%llu\",\"symbol\":\"S%03d\",\"bid\":\"101.25\","
        "\"ask\":\"101.27\",\"last\":\"101.26\",\"bid_size\":\"300\",\"ask_size\":\"200\","
        "\"time\":\"2026-01-05T15:00:00.123456+00:00\",\"synthetic\":false,\"last_close\":false,\"last_size\":\"100\","
        "\"last_trade_id\":null,\"last_time\":null,\"opening\":null,\"closing\":null}",
        ++sequences[symbol], (unsigned long long)position + 1, (unsigned long long)due, symbol);
    position++;
    expected += subscribers[symbol];
    waiting = realloc(waiting, waiting_size + size + 256);
    if (post)
        waiting_size += sprintf(waiting + waiting_size,
            "POST /pub?id=S%03d HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", symbol, size, body);
    else
        waiting_size += sprintf(waiting + waiting_size, "%s\n", body);
}

static void pass_on(void) {
    if (post) while (recv(feed, scratch, sizeof scratch, MSG_DONTWAIT) > 0);
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

static void turn(int wait_ms) {
    static int swept;
    static uint64_t swept_at;
    struct epoll_event events[256];
    int found = epoll_wait(poll_fd, events, 256, wait_ms);
    for (int k = 0; k < found; k++) {
        int n = events[k].data.u32;
        struct client *client = &clients[n];
        if (client->state == OPENING && events[k].events & EPOLLOUT) {
            static char out[16384];
            int size = filled(out, request, n);
            must(send(client->fd, out, size, MSG_NOSIGNAL) == size, "request");
            client->state = HEAD;
            struct epoll_event event = {.events = EPOLLIN, .data.u32 = n};
            epoll_ctl(poll_fd, EPOLL_CTL_MOD, client->fd, &event);
        } else if (client->state == READY ? reading : 1)
            receive(n);
    }
    /* All others are looked at ten times a second: their wake-ups are not the server's matter. */
    uint64_t at = now();
    if (!swept_at) swept_at = at;
    int some = (int)((double)count * (at - swept_at) / 1e8);
    if (some > 256) some = 256;
    if (some < 16 || !reading) return;
    swept_at = at;
    for (; some--; swept = (swept + 1) % count)
        if (clients[swept].state == READY && !is_probe(swept) && !is_dead(swept)) receive(swept);
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

/* Until all has arrived, or nothing more comes for three seconds. */
static void drain(void) {
    due_count = sent_count;
    uint64_t seen = arrived, since = now();
    while (arrived + skipped + lost < expected && now() - since < 3000000000ull) {
        pass_on();
        turn(1);
        if (arrived != seen) seen = arrived, since = now();
    }
    if (arrived + skipped + lost < expected) lost = expected - arrived - skipped;
    timing = 0;
}

static void step(double updates, double seconds, int at_once) {
    begin(updates, seconds, at_once);
    while (now() < window_end) {
        publish_due();
        turn(waiting_size || (sent_count < due_count && updates > 5000) ? 0 : 1);
    }
    drain();
    tell("step", seconds);
}

static void pause_for(double updates, double seconds) {
    begin(updates, seconds + 2, 1);
    uint64_t until = started + (uint64_t)(seconds * 1e9);
    reading = 0;
    while (now() < window_end) {
        if (!reading && now() >= until) reading = 1;
        publish_due();
        if (reading) turn(0);
        else usleep(500);
    }
    drain();
    tell("pause", seconds);
}

static void connect_all(void) {
    uint64_t began = now();
    while (ready + failed < count) {
        while (opened < count && opened - ready - failed < AT_ONCE) open_client(opened);
        turn(1);
        must(now() - began < 180000000000ull, "connecting takes too long");
    }
    tell("connect", (now() - began) / 1e9);
}

static void open_feed(int port) {
    struct sockaddr_in to = address;
    to.sin_port = htons(port);
    feed = socket(AF_INET, SOCK_STREAM, 0);
    must(!connect(feed, (struct sockaddr *)&to, sizeof to), "feed");
    int one = 1;
    setsockopt(feed, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static void obey(char *line) {
    double updates = 0, seconds = 0;
    int at_once = 1;
    if (!strncmp(line, "connect", 7)) connect_all();
    else if (sscanf(line, "step %lf %lf %d", &updates, &seconds, &at_once) >= 2) step(updates, seconds, at_once);
    else if (sscanf(line, "pause %lf %lf", &updates, &seconds) == 2) pause_for(updates, seconds);
    else exit(strncmp(line, "quit", 4) ? 2 : 0);
}

int main(int argc, char **argv) {
    must(argc == 12, "arguments");
    sse = !strncmp(argv[3], "sse", 3), post = strstr(argv[3], "+post") != NULL;
    count = atoi(argv[4]), symbols = atoi(argv[5]), each = atoi(argv[6]), probes = atoi(argv[7]);
    ready_frames = atoi(argv[8]), dead = atoi(argv[9]), receive_buffer = atoi(argv[10]);
    address.sin_port = htons(atoi(argv[1]));
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    clients = calloc(count, sizeof *clients);
    poll_fd = epoll_create1(0);
    choose_symbols();
    read_wishes(argv[11]);
    if (atoi(argv[2])) open_feed(atoi(argv[2]));
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
