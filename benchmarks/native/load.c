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
#include "crowd.h"

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
    uint64_t gave_way = number(text + size - 30, 30, "\"skipped\":");
    if (memmem(text + size - 20, 20, "snapshot", 8))
        client->sequence[symbol] = sequence;
    else
        heard_one(n, &client->sequence[symbol], sequence, gave_way, due, at);
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
    if (!post) {
        publish_quote(due, symbol);
        return;
    }
    while (recv(feed, scratch, sizeof scratch, MSG_DONTWAIT) > 0);
    int size = quote(body, due, symbol);
    waiting = realloc(waiting, waiting_size + size + 256);
    waiting_size += sprintf(waiting + waiting_size,
        "POST /pub?id=S%03d HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", symbol, size, body);
}

static void look(int n) {
    if (clients[n].state == READY && !is_probe(n) && !is_dead(n)) receive(n);
}

static void turn(int wait_ms) {
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
    if (reading) sweep(count, look);
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
    drain(QUIET_SECONDS);
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

static void obey(char *line) {
    double updates = 0, seconds = 0;
    int at_once = 1;
    if (!strncmp(line, "connect", 7)) connect_all();
    else if (sscanf(line, "step %lf %lf %d", &updates, &seconds, &at_once) >= 2)
        step(updates, seconds, at_once, QUIET_SECONDS);
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
    return obey_all();
}
