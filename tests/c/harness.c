/* harness SOURCE SIZE CHUNK: makes ready what a transfer of src/transfer/NAME.c needs, with PROTOTYPE, CALL, SINK (file, unix, tcp or
 * pipe) and RECEIVES (0 or 1) defined by the compiler, runs it between zclab's markers, and prints what arrived. A child reads the
 * sink, or sends. Source and sink are descriptors 3 and 4, as in the lab. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { file, unix_, tcp, pipe_ };
ssize_t transfer PROTOTYPE;
#define BEGIN "zclab: the transfer begins"
#define END "zclab: the transfer ends"

static void check(int ok, const char *what)
{
    if (!ok) {
        perror(what);
        exit(1);
    }
}

/* Two ends of a TCP connection, with segments of whole pages and little under way (see src/endpoint/ends.rs). */
static void connection(int ends[2])
{
    int listener = socket(AF_INET, SOCK_STREAM, 0), page = getpagesize();
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    int segment = page + 12, room = 4 * page;
    setsockopt(listener, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
    check(bind(listener, (void *)&address, length) == 0 && listen(listener, 1) == 0, "listen");
    check(getsockname(listener, (void *)&address, &length) == 0, "getsockname");
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    check(connect(ends[0], (void *)&address, length) == 0, "connect");
    ends[1] = accept(listener, NULL, NULL);
    check(ends[1] >= 0, "accept");
    if (RECEIVES)
        setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    close(listener);
}

static int at(int fd, int place)
{
    check(dup2(fd, place) == place, "dup2");
    close(fd);
    return place;
}

/* Reads two descriptors to their ends, and says how much that was. */
static void drain(int from, int also)
{
    static char bytes[1 << 20];
    long long got[2] = { 0, 0 };
    int both[2] = { from, also };
    if (also >= 0 && fork() == 0) {
        while (read(also, bytes, sizeof bytes) > 0)
            ;
        _exit(0);
    }
    for (ssize_t n; (n = read(both[0], bytes, sizeof bytes)) > 0;)
        got[0] += n;
    printf("%lld\n", got[0]);
    fflush(stdout);
    _exit(0);
}

/* Sends what a receiver gets: by way of a pipe, whose pages are the kernel's own. */
static void feed(int from, int to, size_t size)
{
    static char bytes[1 << 16];
    int way[2];
    check(pipe(way) == 0, "pipe");
    for (ssize_t n; size > 0 && (n = read(from, bytes, size < sizeof bytes ? size : sizeof bytes)) > 0; size -= n) {
        check(write(way[1], bytes, n) == n, "write");
        for (ssize_t left = n; left > 0;)
            left -= splice(way[0], NULL, to, NULL, left, 0);
    }
    _exit(0);
}

int main(int count, char **words)
{
    check(count == 4, "harness SOURCE SIZE CHUNK");
    for (int fd = 3; fd < 10; fd++)
        check(fcntl(0, F_DUPFD, fd) == fd, "places");
    size_t size = strtoull(words[2], NULL, 0), chunk = strtoull(words[3], NULL, 0);
    int source = open(words[1], O_RDONLY), sink = -1, other = -1, second = -1, also = -1, pair[2];
    check(source >= 0, words[1]);
    char *memory = aligned_alloc(65536, (size > chunk ? size : chunk) + 65536), *buffer = memory;
    memset(memory, 1, size > chunk ? size : chunk);
    int shared = memfd_create("shared", 0), ends[2];
    check(ftruncate(shared, size) == 0 && pipe(ends) == 0, "memfd");
    int out = ends[0], into = ends[1];
    if (SINK == file)
        sink = open(".", O_TMPFILE | O_RDWR, 0600);
    else if (SINK == unix_ && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0)
        sink = pair[0], other = pair[1];
    else if (SINK == pipe_ && pipe(pair) == 0) {
        sink = pair[1], other = pair[0];
        check(pipe(pair) == 0, "pipe");
        second = pair[1], also = pair[0];
    } else if (SINK == tcp) {
        connection(pair);
        sink = pair[0], other = pair[1];
        int one = 1;
        setsockopt(sink, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof one);
    }
    check(sink >= 0, "sink");
    pid_t child = -1;
    if (RECEIVES) {
        connection(pair);
        if ((child = fork()) == 0)
            feed(source, pair[0], size);
        close(pair[0]);
        source = pair[1];
    } else if (other >= 0) {
        if ((child = fork()) == 0) {
            close(sink), close(second), close(into);
            drain(other, also);
        }
        close(other), close(also);
    }
    source = at(source, 3), sink = at(sink, 4);
    (void)out, (void)into, (void)buffer, (void)memory, (void)shared, (void)second;
    (void)!write(-1, BEGIN, sizeof BEGIN - 1);
    ssize_t moved = CALL;
    (void)!write(-1, END, sizeof END - 1);
    check(moved == (ssize_t)size, "transfer");
    struct stat now;
    if (SINK == file && fstat(sink, &now) == 0)
        printf("%lld\n", (long long)now.st_size);
    fflush(stdout);
    close(sink), close(second), close(into);
    if (child > 0)
        waitpid(child, NULL, 0);
    return 0;
}
