/* The floor of an AudioSocket server: what sockets alone cost.
 *
 *   floor PORT
 *
 * One thread and epoll. Everything that comes is read and forgotten; every connection is
 * sent one message of 20 ms of silence (8 kHz, 323 bytes) at each tick of a 20 ms timer.
 * A server that also understands, listens and speaks is measured against this.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { FRAME = 320, MOST = 4096, TICK_NS = 20 * 1000 * 1000 };

static int lines[MOST];
static int count;
static uint8_t silence[3 + FRAME] = {0x10, FRAME >> 8, FRAME & 0xff};

static void watch(int poll, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event)) err(1, "epoll_ctl");
}

static int listen_on(uint16_t port) {
    int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 1024))
        err(1, "port %d", port);
    return fd;
}

static void welcome(int poll, int door) {
    int fd = accept4(door, NULL, NULL, SOCK_NONBLOCK), yes = 1;
    if (fd < 0) return;
    if (count == MOST) {
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    watch(poll, fd);
    lines[count++] = fd;
}

static void forget(int fd) {
    for (int i = 0; i < count; i++)
        if (lines[i] == fd) lines[i--] = lines[--count];
    close(fd);
}

int main(int argc, char **argv) {
    if (argc != 2) errx(2, "usage: floor PORT");
    signal(SIGPIPE, SIG_IGN);
    int poll = epoll_create1(0), door = listen_on(atoi(argv[1]));
    int timer = timerfd_create(CLOCK_MONOTONIC, 0);
    struct itimerspec each = {{0, TICK_NS}, {0, TICK_NS}};
    timerfd_settime(timer, 0, &each, NULL);
    watch(poll, door);
    watch(poll, timer);
    static uint8_t heard[65536];
    for (struct epoll_event ready[512];;) {
        int n = epoll_wait(poll, ready, 512, -1);
        for (int i = 0; i < n; i++) {
            int fd = ready[i].data.fd;
            if (fd == door) {
                welcome(poll, door);
            } else if (fd == timer) {
                uint64_t due = 0;
                if (read(timer, &due, sizeof due) != sizeof due) continue;
                for (; due; due--)
                    for (int k = 0; k < count; k++)
                        if (write(lines[k], silence, sizeof silence) < 0) continue;
            } else if (read(fd, heard, sizeof heard) <= 0) {
                forget(fd);
            }
        }
    }
}
