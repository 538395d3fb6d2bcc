/* Load for a server of gRPC streams: subscribers on connections of HTTP/2, the feed, one clock.
 *
 *   grpc_load PORT FEED_PORT STREAMS CONNECTIONS SYMBOLS EACH PROBES TOKENS
 *
 * The streams are shared out among the connections; TOKENS is a file of bearer tokens, taken in turn.
 * Commands come on standard input, each is answered by a line of JSON, as those of load.c are:
 *   connect                  every stream, all at once, until each is told what stands, or refused
 *   step RATE SECONDS BATCH  updates per second, so many at once; then what arrived, and how late
 *   quit
 *
 * Every event that arrives is checked: its form, and its sequence. Windows are as wide as they can be,
 * so what is measured is the server's way of sending, not a client that holds it back.
 */
#include "feed.h"

enum { DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION };
/* A busy machine is no excuse for so long. */
enum { QUIET_SECONDS = 15, WIDE = 0x40000000 };

struct stream {
    int ready, gone, size;
    uint8_t *part;
    uint32_t *sequence;
    uint16_t *symbols;
};

struct connection {
    int fd, size, watched;
    uint64_t taken;
    uint8_t *part;
};

static struct stream *streams;
static struct connection *connections;
static int lines, per_line;

static void choose_symbols(void) {
    for (int n = 0; n < count; n++) {
        streams[n].sequence = calloc(symbols, sizeof(uint32_t));
        streams[n].symbols = chosen_symbols();
        for (int k = 0; k < each; k++) subscribers[streams[n].symbols[k]]++;
    }
}

/* ── What is said ───────────────────────────────────────────────────────────────────────────── */

static uint8_t *framed(uint8_t *to, int kind, int flags, uint32_t stream, const void *data, int size) {
    uint8_t head[9] = {size >> 16, size >> 8, size, kind, flags, stream >> 24, stream >> 16, stream >> 8, stream};
    memcpy(to, head, 9);
    if (size) memcpy(to + 9, data, size);
    return to + 9 + size;
}

static uint8_t *sized(uint8_t *to, const char *text) {
    int size = strlen(text);
    if (size < 127)
        *to++ = size;
    else {
        *to++ = 127;
        for (size -= 127; size > 127; size >>= 7) *to++ = size | 128;
        *to++ = size;
    }
    memcpy(to, text, strlen(text));
    return to + strlen(text);
}

static uint8_t *field(uint8_t *to, const char *name, const char *value) {
    *to++ = 0;
    return sized(sized(to, name), value);
}

/* A call of StreamMarketData, with its only message: topics of some symbols. */
static uint8_t *call(uint8_t *to, int n, uint32_t stream) {
    static uint8_t block[4096], message[4096];
    char bearer[2100];
    snprintf(bearer, sizeof bearer, "Bearer %s", tokens[n % token_count]);
    uint8_t *end = block;
    end = field(end, ":method", "POST");
    end = field(end, ":scheme", "http");
    end = field(end, ":path", "/hub.market.v1.MarketData/StreamMarketData");
    end = field(end, ":authority", "127.0.0.1");
    end = field(end, "content-type", "application/grpc");
    end = field(end, "te", "trailers");
    end = field(end, "authorization", bearer);
    to = framed(to, HEADERS, 4, stream, block, end - block);
    uint8_t *at = message + 7;
    for (int k = 0; k < each; k++) at += sprintf((char *)at, "\x0a\x04S%03d", streams[n].symbols[k]);
    int size = at - message - 5;
    message[5] = 0x0a, message[6] = size - 2;
    must(size - 2 < 128, "too many symbols");
    message[0] = message[1] = message[2] = 0, message[3] = size >> 8, message[4] = size;
    return framed(to, DATA, 1, stream, message, size + 5);
}

static void say(int line, const uint8_t *data, int size) {
    while (size) {
        int sent = send(connections[line].fd, data, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) continue;
        if (sent <= 0) return;
        data += sent, size -= sent;
    }
}

static void greet(int line) {
    static uint8_t out[1 << 20];
    uint8_t wide[4] = {WIDE >> 24, WIDE >> 16 & 255, WIDE >> 8 & 255, WIDE & 255};
    uint8_t window[6] = {0, 4, wide[0], wide[1], wide[2], wide[3]};
    memcpy(out, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
    uint8_t *end = framed(out + 24, SETTINGS, 0, 0, window, 6);
    end = framed(end, WINDOW, 0, 0, wide, 4);
    for (int k = 0; k < per_line && line * per_line + k < count; k++) {
        end = call(end, line * per_line + k, 2 * k + 1);
        if (end - out > (1 << 20) - 16384) say(line, out, end - out), end = out;
    }
    say(line, out, end - out);
}

/* ── What is heard ──────────────────────────────────────────────────────────────────────────── */

static uint64_t varint(const uint8_t **at, const uint8_t *end) {
    uint64_t value = 0;
    for (int shift = 0; *at < end && shift < 64; shift += 7) {
        uint8_t byte = *(*at)++;
        value |= (uint64_t)(byte & 127) << shift;
        if (byte < 128) return value;
    }
    malformed++;
    return 0;
}

/* The next field: its number, its value where it is one, else where it stands and how long it is. */
static int next(const uint8_t **at, const uint8_t *end, uint64_t *value, const uint8_t **data) {
    if (*at >= end) return 0;
    uint64_t tag = varint(at, end);
    *value = varint(at, end);
    *data = *at;
    if ((tag & 7) == 2) {
        if (*value > (uint64_t)(end - *at)) {
            malformed++;
            return 0;
        }
        *at += *value;
    } else if (tag & 7) {
        malformed++;
        return 0;
    }
    return tag >> 3;
}

static void event(int n, const uint8_t *at, const uint8_t *end, uint64_t read_at) {
    struct stream *stream = &streams[n];
    uint64_t value, sequence = 0, snapshot = 0, gave_way = 0, due = 0, inner;
    int symbol = -1, name, within;
    const uint8_t *data, *text;
    while ((name = next(&at, end, &value, &data))) {
        if (name == 10) return; /* a heartbeat */
        if (name == 1) sequence = value;
        if (name == 3) snapshot = value;
        if (name == 4) gave_way = value;
        for (const uint8_t *from = data; name == 5 && (within = next(&from, data + value, &inner, &text));) {
            if (within == 1) due = strtoull((const char *)text, NULL, 10);
            if (within == 2) symbol = atoi((const char *)text + 1);
            if (within == 2) break;
        }
    }
    if (!due || symbol < 0 || symbol >= symbols || !sequence) {
        malformed++;
        return;
    }
    if (snapshot)
        stream->sequence[symbol] = sequence;
    else
        heard_one(n, &stream->sequence[symbol], sequence, gave_way, due, read_at);
}

static int messages(int n, const uint8_t *data, int size, uint64_t at) {
    int done = 0;
    while (size - done >= 5) {
        const uint8_t *head = data + done;
        int length = head[1] << 24 | head[2] << 16 | head[3] << 8 | head[4];
        if (head[0]) malformed++;
        if (size - done - 5 < length) break;
        const uint8_t *from = head + 5, *end = from + length, *text;
        uint64_t value;
        for (int name; (name = next(&from, end, &value, &text));)
            if (name == 1) event(n, text, text + value, at);
        done += 5 + length;
    }
    return done;
}

static void heard(int n, const uint8_t *data, int size, uint64_t at) {
    struct stream *stream = &streams[n];
    if (!stream->ready) stream->ready = 1, ready++;
    if (stream->size) {
        stream->part = realloc(stream->part, stream->size + size);
        memcpy(stream->part + stream->size, data, size);
        data = stream->part, size += stream->size;
    }
    int done = messages(n, data, size, at);
    uint8_t *rest = size > done ? malloc(size - done) : NULL;
    if (rest) memcpy(rest, data + done, size - done);
    free(stream->part);
    stream->part = rest, stream->size = size - done;
}

static void ended(int n) {
    if (n >= count || streams[n].gone) return;
    streams[n].gone = 1;
    if (streams[n].ready) ready--;
    for (int k = 0; k < each; k++) subscribers[streams[n].symbols[k]]--;
    failed++;
}

static void told(int line, int kind, int flags, uint32_t id, const uint8_t *data, int size, uint64_t at) {
    static uint8_t out[64];
    struct connection *connection = &connections[line];
    int n = line * per_line + (int)(id / 2);
    if (kind == DATA && n < count) {
        connection->taken += size;
        if (size) heard(n, data, size, at);
        if (connection->taken > WIDE / 2) {
            uint32_t more = htonl((uint32_t)connection->taken);
            say(line, out, framed(out, WINDOW, 0, 0, &more, 4) - out);
            connection->taken = 0;
        }
    }
    if ((kind == DATA || kind == HEADERS) && flags & 1) ended(n);
    if (kind == RST) ended(n);
    if (kind == SETTINGS && !(flags & 1)) say(line, out, framed(out, SETTINGS, 1, 0, NULL, 0) - out);
    if (kind == PING && !(flags & 1)) say(line, out, framed(out, PING, 1, 0, data, 8) - out);
}

static void receive(int line) {
    struct connection *connection = &connections[line];
    if (connection->fd < 0) return;
    if (connection->size) memcpy(scratch, connection->part, connection->size);
    int got = recv(connection->fd, scratch + connection->size, SCRATCH / 2, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
        for (int k = 0; k < per_line; k++) ended(line * per_line + k);
        close(connection->fd);
        connection->fd = -1;
        return;
    }
    int size = connection->size + got, done = 0;
    uint64_t at = now();
    while (size - done >= 9) {
        const uint8_t *head = (uint8_t *)scratch + done;
        int length = head[0] << 16 | head[1] << 8 | head[2];
        if (size - done < 9 + length) break;
        uint32_t id = (uint32_t)(head[5] & 127) << 24 | head[6] << 16 | head[7] << 8 | head[8];
        told(line, head[3], head[4], id, head + 9, length, at);
        done += 9 + length;
    }
    free(connection->part);
    connection->part = NULL, connection->size = size - done;
    if (connection->size) memcpy(connection->part = malloc(connection->size), scratch + done, connection->size);
}

/* ── The feed ───────────────────────────────────────────────────────────────────────────────── */

static void publish(uint64_t due) { publish_quote(due, (position * 37) % symbols); }

static void look(int line) {
    if (!connections[line].watched) receive(line);
}

static void turn(int wait_ms) {
    struct epoll_event events[256];
    int found = epoll_wait(poll_fd, events, 256, wait_ms);
    for (int k = 0; k < found; k++) receive(events[k].data.u32);
    sweep(lines, look);
}

/* Every symbol stands before anybody asks for it. Then all come at once. */
static void connect_all(void) {
    for (int symbol = 0; symbol < symbols; symbol++) publish_quote(1, symbol);
    while (waiting_size) pass_on();
    usleep(500000);
    uint64_t began = now();
    for (int line = 0; line < lines; line++) {
        struct connection *connection = &connections[line];
        connection->fd = socket(AF_INET, SOCK_STREAM, 0);
        must(!connect(connection->fd, (struct sockaddr *)&address, sizeof address), "connect");
        must(!fcntl(connection->fd, F_SETFL, O_NONBLOCK), "fcntl");
        for (int k = 0; k < per_line; k++) connection->watched |= is_probe(line * per_line + k);
        struct epoll_event wanted = {.events = EPOLLIN, .data.u32 = line};
        if (connection->watched) must(!epoll_ctl(poll_fd, EPOLL_CTL_ADD, connection->fd, &wanted), "epoll_ctl");
        greet(line);
        if (line % 16 == 15) turn(0);
    }
    while (ready + failed < count) {
        turn(1);
        must(now() - began < 600000000000ull, "connecting takes too long");
    }
    tell("connect", (now() - began) / 1e9);
}

static void obey(char *line) {
    double updates = 0, seconds = 0;
    int at_once = 1;
    if (!strncmp(line, "connect", 7)) connect_all();
    else if (sscanf(line, "step %lf %lf %d", &updates, &seconds, &at_once) >= 2)
        step(updates, seconds, at_once, QUIET_SECONDS);
    else exit(strncmp(line, "quit", 4) ? 2 : 0);
}

int main(int argc, char **argv) {
    must(argc == 9, "arguments");
    count = atoi(argv[3]), lines = atoi(argv[4]), symbols = atoi(argv[5]), each = atoi(argv[6]), probes = atoi(argv[7]);
    per_line = (count + lines - 1) / lines;
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    streams = calloc(count + per_line, sizeof *streams);
    connections = calloc(lines, sizeof *connections);
    for (int line = 0; line < lines; line++) connections[line].fd = -1;
    poll_fd = epoll_create1(0);
    choose_symbols();
    read_tokens(argv[8]);
    open_feed(atoi(argv[2]));
    address.sin_port = htons(atoi(argv[1]));
    return obey_all();
}
