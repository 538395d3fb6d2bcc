/* The clients of load.c: what each asks for, says, and was told last. */
#include "feed.h"

enum { NEW, OPENING, HEAD, WAITING, READY, GONE };
enum { AT_ONCE = 512, QUIET_SECONDS = 3 };

struct client {
    int fd, rest, frames, state;
    char *kept;
    uint32_t *sequence;
    uint16_t *symbols;
};

static struct client *clients;
static int ready_frames, dead, receive_buffer, sse, post, opened, reading = 1;
static char request[8192], message[8192];
static uint64_t said_otherwise;

static int is_dead(int n) { return dead && !is_probe(n) && n % 100 < dead; }

static void choose_symbols(void) {
    for (int n = 0; n < count; n++) {
        clients[n].sequence = calloc(symbols, sizeof(uint32_t));
        clients[n].symbols = chosen_symbols();
        for (int k = 0; k < each && !is_dead(n); k++) subscribers[clients[n].symbols[k]]++;
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
    read_tokens(scratch);
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
