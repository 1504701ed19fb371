/* Many telephones at once, against any AudioSocket server on this machine, or as FreeSWITCH's
 * mod_audio_stream against a WebSocket server.
 *
 *   load PORT CALLS SECONDS SPEECH [EXTENSION]
 *
 * With EXTENSION every call is a WebSocket at /stream/EXTENSION/<call id>. Every call connects,
 * says its id and then sends one message of 20 ms each 20 ms, spread
 * evenly over the grid, from SPEECH (raw 8 kHz 16-bit samples), each from its own place.
 * Calls are brought up over CALLS/250 seconds; a second later the measuring begins.
 *
 * A frame's lateness is how far behind the grid it came that the earliest frame so far of
 * its call spans: sound played as it comes would have had to wait that long. After a gap of
 * more than 200 ms a phone begins anew, and so does the grid; such gaps are counted. One line
 * of JSON goes to standard output: calls still up, frames both ways, lateness in ms. The line
 * "measure" goes out when the measuring begins, for whoever reads the server's CPU time.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { FRAME = 320, LONGEST_HEAD = 8, SLOTS = 20, ROOM = 16384, CALLS_A_SECOND = 250 };

struct call {
    int fd;
    int greeted;         /* may be spoken on: its WebSocket has been accepted */
    uint8_t in[ROOM];
    size_t filled;
    size_t place;        /* in the speech */
    double grid;         /* when frame 0 of the grid was due, seconds; < 0: no frame yet */
    uint64_t frames_in;  /* since the grid began */
    double heard_at;     /* when the last frame came */
};

static struct call *calls;
static int up, opened;
static const char *extension; /* of the WebSocket; NULL: AudioSocket */
static uint8_t *speech;
static size_t speech_size;
static float *lateness;
static size_t measured, room;
static uint64_t sent, received, gaps;
static int measuring;

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec * 1e-9;
}

static void note_frame(struct call *call, double now) {
    double behind = call->grid < 0 ? -1 : now - call->grid - 0.02 * call->frames_in;
    int gap = call->grid >= 0 && now - call->heard_at > 0.2;
    call->heard_at = now;
    gaps += gap && measuring;
    if (behind < 0 || gap) { /* the earliest so far: the grid begins anew here */
        call->grid = now;
        call->frames_in = 0;
        behind = 0;
    }
    call->frames_in++;
    if (!measuring) return;
    received++;
    if (measured < room) lateness[measured++] = (float)(behind * 1000);
}

static void hang_up(int poll, struct call *call) {
    epoll_ctl(poll, EPOLL_CTL_DEL, call->fd, NULL);
    close(call->fd);
    call->fd = -1;
    up--;
}

static void hear(int poll, struct call *call, double now) {
    ssize_t got = read(call->fd, call->in + call->filled, ROOM - call->filled);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
        hang_up(poll, call);
        return;
    }
    call->filled += got;
    size_t at = 0;
    if (!call->greeted) {
        uint8_t *end = memmem(call->in, call->filled, "\r\n\r\n", 4);
        if (!end) return;
        at = end + 4 - call->in;
        call->greeted = 1;
    }
    for (;;) {
        const uint8_t *head = call->in + at;
        size_t left = call->filled - at, whole;
        if (left < 4) break;
        if (!extension) whole = 3 + (head[1] << 8 | head[2]);
        else whole = head[1] < 126 ? 2 + head[1] : 4 + (head[2] << 8 | head[3]);
        if (left < whole) break;
        if (head[0] == (extension ? 0x82 : 0x10)) note_frame(call, now);
        at += whole;
    }
    memmove(call->in, call->in + at, call->filled - at);
    call->filled -= at;
}

static void speak(int poll, struct call *call) {
    static const uint8_t audiosocket[3] = {0x10, FRAME >> 8, FRAME & 0xff};
    /* A binary message; a mask of zeros is a mask. */
    static const uint8_t binary[LONGEST_HEAD] = {0x82, 0x80 | 126, FRAME >> 8, FRAME & 0xff};
    uint8_t message[LONGEST_HEAD + FRAME];
    ssize_t head = extension ? sizeof binary : sizeof audiosocket, whole = head + FRAME;
    if (!call->greeted) return;
    memcpy(message, extension ? binary : audiosocket, head);
    memcpy(message + head, speech + call->place, FRAME);
    call->place = (call->place + FRAME) % speech_size;
    ssize_t written = write(call->fd, message, whole);
    if (written == whole) sent += measuring;
    else if (written >= 0 || errno != EAGAIN) hang_up(poll, call);
}

/* Ask for the WebSocket of a call. */
static void ask(const struct call *call, const uint8_t *id) {
    char request[512], uuid[40];
    snprintf(uuid, sizeof uuid,
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", id[0], id[1],
             id[2], id[3], id[4], id[5], id[6], id[7], id[8], id[9], id[10], id[11], id[12], id[13],
             id[14], id[15]);
    int length = snprintf(request, sizeof request,
                          "GET /stream/%s/%s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                          "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                          "Sec-WebSocket-Version: 13\r\n\r\n",
                          extension, uuid);
    if (write(call->fd, request, length) != length) err(1, "write");
}

static void dial(int poll, struct call *call, int port, int number) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int yes = 1;
    uint8_t hello[19] = {0x01, 0, 16};
    call->fd = socket(AF_INET, SOCK_STREAM, 0);
    call->grid = -1;
    call->place = (size_t)number * 977 * FRAME % speech_size;
    if (connect(call->fd, (struct sockaddr *)&address, sizeof address)) err(1, "connect");
    setsockopt(call->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    fcntl(call->fd, F_SETFL, O_NONBLOCK);
    if (getrandom(hello + 3, 16, 0) != 16) err(1, "getrandom");
    hello[9] = (hello[9] & 0x0f) | 0x40; /* a version-4 UUID */
    hello[11] = (hello[11] & 0x3f) | 0x80;
    call->greeted = !extension;
    if (extension) ask(call, hello + 3);
    else if (write(call->fd, hello, sizeof hello) != sizeof hello) err(1, "write");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = call};
    epoll_ctl(poll, EPOLL_CTL_ADD, call->fd, &event);
    up++;
}

static void read_speech(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) err(1, "%s", path);
    fseek(file, 0, SEEK_END);
    speech_size = ftell(file) / FRAME * FRAME;
    rewind(file);
    speech = malloc(speech_size + 1);
    if (!speech_size || fread(speech, 1, speech_size, file) != speech_size)
        errx(1, "%s: no speech in it", path);
    fclose(file);
}

static int ascending(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static float quantile(double part) {
    return measured ? lateness[(size_t)(part * (measured - 1))] : -1;
}

static void report(int wanted) {
    size_t over20 = 0;
    qsort(lateness, measured, sizeof *lateness, ascending);
    while (over20 < measured && lateness[measured - 1 - over20] > 20) over20++;
    printf("{\"calls\": %d, \"up\": %d, \"sent\": %llu, \"received\": %llu, \"late_p50_ms\": %.3f, "
           "\"late_p99_ms\": %.3f, \"late_max_ms\": %.3f, \"over20_share\": %.6f, "
           "\"gaps\": %llu}\n",
           wanted, up, (unsigned long long)sent, (unsigned long long)received, quantile(0.5),
           quantile(0.99), quantile(1), measured ? (double)over20 / measured : 0,
           (unsigned long long)gaps);
}

int main(int argc, char **argv) {
    if (argc != 5 && argc != 6) errx(2, "usage: load PORT CALLS SECONDS SPEECH [EXTENSION]");
    if (argc == 6) extension = argv[5];
    int port = atoi(argv[1]), wanted = atoi(argv[2]);
    double length = atof(argv[3]);
    read_speech(argv[4]);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    calls = calloc(wanted, sizeof *calls);
    room = (size_t)(wanted * (length + 1) * 50 * 1.2) + 1024;
    lateness = malloc(room * sizeof *lateness);
    int poll = epoll_create1(0), timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct itimerspec each = {{0, 1000000}, {0, 1000000}};
    timerfd_settime(timer, 0, &each, NULL);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, ready[512];
    epoll_ctl(poll, EPOLL_CTL_ADD, timer, &event);
    double start = seconds(), from = start + (double)wanted / CALLS_A_SECOND + 1;
    for (uint64_t slot = 0; seconds() < from + length;) {
        int n = epoll_wait(poll, ready, 512, 100);
        double now = seconds();
        if (!measuring && now >= from) {
            measuring = 1;
            puts("measure");
            fflush(stdout);
        }
        while (opened < wanted && opened < (now - start) * CALLS_A_SECOND) {
            dial(poll, &calls[opened], port, opened);
            opened++;
        }
        for (int i = 0; i < n; i++) {
            struct call *call = ready[i].data.ptr;
            uint64_t due = 0;
            if (call) {
                if (call->fd >= 0) hear(poll, call, now);
            } else if (read(timer, &due, sizeof due) == sizeof due) {
                for (; due; due--, slot++)
                    for (int k = slot % SLOTS; k < opened; k += SLOTS)
                        if (calls[k].fd >= 0) speak(poll, &calls[k]);
            }
        }
    }
    report(wanted);
}
