/* tcp_mapped SRC DST: a child sends SRC by TCP over loopback, in whole pages that are the kernel's own (by way of a pipe); the parent receives by TCP_ZEROCOPY_RECEIVE: pages that are mapped,
 * what is copied to a buffer beside, and by recv(2) what the kernel says is to be skipped; all of it goes to DST. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <errno.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHUNK = 1 << 17 };

static char buffer[CHUNK];
static int sink;

static int put(const char *bytes, size_t count) { return write(sink, bytes, count) != (ssize_t)count; }

int main(int argc, char **argv) {
    int listener = socket(AF_INET, SOCK_STREAM, 0), status;
    ssize_t n;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int segment = getpagesize() + 12; /* TCP's timestamps count */
    setsockopt(listener, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
    if (bind(listener, (void *)&address, length) || listen(listener, 1)) return 1;
    if (getsockname(listener, (void *)&address, &length)) return 1;
    if (!fork()) {
        int out = socket(AF_INET, SOCK_STREAM, 0), source = open(argv[1], O_RDONLY);
        if (connect(out, (void *)&address, length)) _exit(1);
        int way[2];
        if (pipe(way)) _exit(1);
        while ((n = read(source, buffer, 1 << 16)) > 0) {
            if (write(way[1], buffer, n) != n) _exit(1);
            for (ssize_t left = n, m; left > 0; left -= m)
                if ((m = splice(way[0], 0, out, 0, left, 0)) <= 0) _exit(1);
        }
        _exit(0);
    }
    int in = accept(listener, 0, 0);
    sink = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    char *mapped = mmap(0, CHUNK, PROT_READ, MAP_SHARED, in, 0);
    if (mapped == MAP_FAILED) return printf("refused here: tcp-mmap: %s\n", strerror(errno)), 0;
    for (;;) {
        struct pollfd ready = {in, POLLIN};
        struct tcp_zerocopy_receive it = {.address = (long)mapped, .length = CHUNK, .copybuf_address = (long)buffer, .copybuf_len = 3000};
        socklen_t size = sizeof it;
        if (poll(&ready, 1, -1) < 0) return 1;
        /* EIO: there is nothing more. */
        if (getsockopt(in, IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE, &it, &size)) {
            if (errno == EIO) break;
            return 1;
        }
        if (it.length && put(mapped, it.length)) return 1;
        if (it.copybuf_len > 0 && put(buffer, it.copybuf_len)) return 1;
        if (it.length || it.copybuf_len > 0) continue;
        n = recv(in, buffer, it.recv_skip_hint ? it.recv_skip_hint : sizeof buffer, 0);
        if (n <= 0) break;
        if (put(buffer, n)) return 1;
    }
    wait(&status);
    return status;
}
