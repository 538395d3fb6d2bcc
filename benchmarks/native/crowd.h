/* The clients of load.c: what each asks for, says, and was told last. */
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
