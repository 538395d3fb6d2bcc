/* The bound: a sender of streams that does nothing but send, and gathers as the stream task does.
 *
 *   raw KIND
 *
 * It tells its ports. KIND is `ws` or `sse`.
 * Lines come in from the feed, at most 64 KiB at a time; what one reading brought goes out in one
 * send for each client that wants any of it. A client asks by GET /?symbols=S001,S002 and is
 * answered with a handshake that nobody checked. What a socket does not take is kept and sent later.
 * The line is the message: no JSON is read, nobody is known, nothing is counted.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 1 << 16, SYMBOLS = 1000, PIECE = 1 << 16, SENDS_AT_ONCE = 2000, UNSENT = 16 * 1024 };

struct part {
    char *data;
    int size;
};
struct client {
    char *rest;
    int rest_size, known, due, *parts, part_count, part_room;
};

static struct client clients[MOST];
static int *subscribers[SYMBOLS], subscriber_count[SYMBOLS];
static struct part parts[4096];
static int part_count, due[MOST], due_count, due_done, sse, poll_fd;
static char buffer[2 * PIECE], joined[1 << 20];
static size_t buffered;

static int listener(int *port) {
    struct sockaddr_in at = {.sin_family = AF_INET, };
    inet_pton(AF_INET, "127.0.0.1", &at.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 4096)) {
        perror("listen");
        exit(1);
    }
    socklen_t size = sizeof at;
    getsockname(fd, (struct sockaddr *)&at, &size);
    *port = ntohs(at.sin_port);
    return fd;
}

static void watch(int fd, int events, int how) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    epoll_ctl(poll_fd, how, fd, &event);
}

static void send_to(int fd, const char *data, int size) {
    struct client *client = &clients[fd];
    int sent = client->rest_size ? 0 : send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) sent = errno == EAGAIN ? 0 : size;
    if (sent == size) return;
    client->rest = realloc(client->rest, client->rest_size + size - sent);
    memcpy(client->rest + client->rest_size, data + sent, size - sent);
    if (!client->rest_size) watch(fd, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
    client->rest_size += size - sent;
}

static void writable(int fd) {
    struct client *client = &clients[fd];
    int sent = send(fd, client->rest, client->rest_size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) memmove(client->rest, client->rest + sent, client->rest_size -= sent);
    if (client->rest_size) return;
    free(client->rest);
    client->rest = NULL;
    watch(fd, EPOLLIN, EPOLL_CTL_MOD);
}

static void accepted(int listening) {
    int fd, one = 1, unsent = UNSENT;
    for (int n = 0; n < 64 && (fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK)) >= 0; n++) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
        clients[fd].known = 0;
        watch(fd, EPOLLIN, EPOLL_CTL_ADD);
    }
}

static void asked(int fd) {
    static char head[16384];
    static const char *answer[2] = {
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: 0000000000000000000000000000\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"};
    int got = recv(fd, head, sizeof head - 1, 0);
    if (got <= 0) {
        close(fd);
        return;
    }
    if (clients[fd].known) return;
    head[got] = 0;
    clients[fd].known = 1;
    char *end = strchr(head + 4, ' ');
    if (end) *end = 0;
    for (char *at = strstr(head, "symbols="); at; at = strchr(at + 1, ',')) {
        char *name = strchr(at, 'S');
        int symbol = name ? atoi(name + 1) % SYMBOLS : 0;
        if (subscriber_count[symbol] % 64 == 0)
            subscribers[symbol] = realloc(subscribers[symbol], (subscriber_count[symbol] + 64) * sizeof(int));
        subscribers[symbol][subscriber_count[symbol]++] = fd;
    }
    send(fd, answer[sse], strlen(answer[sse]), MSG_NOSIGNAL);
}

static void take(char *line, int size) {
    char *name = memmem(line, size, "\"symbol\":\"S", 11);
    int symbol = name ? atoi(name + 11) % SYMBOLS : 0;
    struct part *part = &parts[part_count];
    part->data = malloc(size + 16);
    if (sse)
        part->size = sprintf(part->data, "data: %.*s\n\n", size, line);
    else {
        memcpy(part->data, size < 126 ? (char[]){(char)0x81, size} : (char[]){(char)0x81, 126, size >> 8, size & 255}, size < 126 ? 2 : 4);
        part->size = size < 126 ? 2 : 4;
        memcpy(part->data + part->size, line, size);
        part->size += size;
    }
    for (int k = 0; k < subscriber_count[symbol]; k++) {
        int fd = subscribers[symbol][k];
        struct client *client = &clients[fd];
        if (!client->due) client->due = 1, due[due_count++] = fd;
        if (client->part_count == client->part_room)
            client->parts = realloc(client->parts, (client->part_room += 8) * sizeof(int));
        client->parts[client->part_count++] = part_count;
    }
    part_count++;
}

static void deliver(void) {
    for (int n = 0; n < SENDS_AT_ONCE && due_done < due_count; n++, due_done++) {
        struct client *client = &clients[due[due_done]];
        if (client->part_count == 1)
            send_to(due[due_done], parts[client->parts[0]].data, parts[client->parts[0]].size);
        else {
            int size = 0;
            for (int k = 0; k < client->part_count; k++) {
                struct part *part = &parts[client->parts[k]];
                memcpy(joined + size, part->data, part->size);
                size += part->size;
            }
            send_to(due[due_done], joined, size);
        }
        client->due = client->part_count = 0;
    }
    if (due_done < due_count) return;
    while (part_count) free(parts[--part_count].data);
    due_count = due_done = 0;
}

/* Nothing more is read while some of what was read waits to be sent. */
static void fed(int fd) {
    int got = recv(fd, buffer + buffered, PIECE, 0);
    if (got <= 0) exit(0);
    size_t size = buffered + got, done = 0;
    for (char *end; (end = memchr(buffer + done, '\n', size - done)); done = end + 1 - buffer)
        take(buffer + done, end - buffer - done);
    memmove(buffer, buffer + done, buffered = size - done);
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    sse = !strcmp(argv[1], "sse");
    poll_fd = epoll_create1(0);
    int port, feed_port, front = listener(&port), door = listener(&feed_port), feed = -1;
    watch(front, EPOLLIN, EPOLL_CTL_ADD);
    watch(door, EPOLLIN, EPOLL_CTL_ADD);
    printf("{\"port\":%d,\"feed_port\":%d}\n", port, feed_port);
    fflush(stdout);
    struct epoll_event events[256];
    for (;;) {
        int found = epoll_wait(poll_fd, events, 256, due_count ? 0 : -1), may_read = !due_count;
        for (int n = 0; n < found; n++) {
            int fd = events[n].data.fd;
            if (fd == front) accepted(front);
            else if (fd == door) watch(feed = accept4(door, NULL, NULL, SOCK_NONBLOCK), EPOLLIN, EPOLL_CTL_ADD);
            else if (fd == feed) {
                if (may_read) fed(fd);
            } else {
                if (events[n].events & EPOLLOUT) writable(fd);
                if (events[n].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) asked(fd);
            }
        }
        deliver();
    }
}
