/* sockets KIND SRC DST: SRC goes by 30,000 bytes (datagrams of 1,400) from a child to its parent, which writes DST.
 * tcp, tcp6 (to an IPv4 address of a listener of IPv6), greeted (the server writes first), unix (by name), abstract, late (the
 * child has written two pieces before it is accepted), udp, connected-udp, dgram (a unix datagram socket by name), several (to
 * two receivers in turn, the second of which throws its part away). itself: by TCP from a thread of the same process. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char buffer[30000];

static int is(const char *kind, const char *start) { return !strncmp(kind, start, strlen(start)); }

/* An address of that kind. */
static socklen_t name(const char *kind, struct sockaddr_storage *to, int which) {
    memset(to, 0, sizeof *to);
    if (is(kind, "unix") || is(kind, "dgram") || is(kind, "several") || is(kind, "abstract")) {
        struct sockaddr_un *path = (void *)to;
        path->sun_family = AF_UNIX;
        char *at = path->sun_path + is(kind, "abstract");
        sprintf(at, is(kind, "abstract") ? "zclab-test-%d-%d" : "socket-%d-%d", getpid(), which);
        if (!is(kind, "abstract")) unlink(path->sun_path);
        return 2 + is(kind, "abstract") + strlen(at);
    }
    if (is(kind, "tcp6")) {
        struct sockaddr_in6 *six = (void *)to;
        six->sin6_family = AF_INET6;
        return sizeof *six;
    }
    struct sockaddr_in *four = (void *)to;
    four->sin_family = AF_INET;
    four->sin_addr.s_addr = htonl(is(kind, "udp") ? INADDR_ANY : INADDR_LOOPBACK);
    return sizeof *four;
}

static int client(const char *kind, const char *path, struct sockaddr_storage *to, socklen_t *length, int *go) {
    int is_packets = is(kind, "udp") || is(kind, "connected") || is(kind, "dgram") || is(kind, "several"), n;
    int out = socket(to[0].ss_family, is_packets ? SOCK_DGRAM : SOCK_STREAM, 0), source = open(path, O_RDONLY);
    int is_connected = !is(kind, "udp") && !is(kind, "several");
    static char buffer[30000];
    size_t step = is_packets ? 1400 : sizeof buffer;
    if (is_connected && connect(out, (void *)&to[0], length[0])) return perror("connect"), 1;
    if (is(kind, "greeted") && read(out, buffer, 5) != 5) return 1;
    for (int i = 0; (n = read(source, buffer, step)) > 0; i++) {
        int which = is(kind, "several") ? i % 2 : 0;
        int sent = is_connected ? send(out, buffer, n, 0)
                                : sendto(out, buffer, n, 0, (void *)&to[which], length[which]);
        if (sent != n) return perror("send"), 1;
        /* One at a time, so that no datagram is lost. */
        if (is_packets && read(go[0], buffer, 1) != 1) return 1;
        if (is(kind, "late") && i == 1) break;
    }
    if (is(kind, "late") && write(go[1], "x", 1) != 1) return 1;
    if (is_packets) sendto(out, "end", 3, 0, is_connected ? 0 : (void *)&to[0], is_connected ? 0 : length[0]);
    close(out);
    return 0;
}

static struct {
    const char *path;
    struct sockaddr_storage to;
    socklen_t length;
} own;

static void *thread(void *_) { return (void *)(long)client("tcp", own.path, &own.to, &own.length, 0); }

int main(int argc, char **argv) {
    const char *kind = argv[1];
    int is_packets = is(kind, "udp") || is(kind, "connected") || is(kind, "dgram") || is(kind, "several");
    struct sockaddr_storage to[2];
    socklen_t length[2] = {name(kind, &to[0], 0), name(kind, &to[1], 1)};
    int servers[2], n, go[2];
    for (int i = 0; i < 2; i++) {
        servers[i] = socket(to[i].ss_family, is_packets ? SOCK_DGRAM : SOCK_STREAM, 0);
        if (bind(servers[i], (void *)&to[i], length[i])) return perror("bind"), 1;
        socklen_t whole = sizeof to[i];
        if (to[i].ss_family != AF_UNIX && getsockname(servers[i], (void *)&to[i], &whole)) return 1;
    }
    if (is(kind, "udp")) ((struct sockaddr_in *)&to[0])->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (is(kind, "tcp6")) {
        int port = ((struct sockaddr_in6 *)&to[0])->sin6_port;
        struct sockaddr_in four = {AF_INET, port, {htonl(INADDR_LOOPBACK)}};
        memcpy(&to[0], &four, length[0] = sizeof four);
    }
    if (pipe(go) || (!is_packets && listen(servers[0], 1))) return 1;
    int child = 0;
    if (is(kind, "itself")) {
        pthread_t made;
        own.path = argv[2], own.to = to[0], own.length = length[0];
        if (pthread_create(&made, 0, thread, 0)) return 1;
    } else if (!(child = fork())) {
        return client(kind, argv[2], to, length, go);
    }
    int in = servers[0], sink = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC, 0644), status;
    if (is(kind, "late") && read(go[0], buffer, 1) != 1) return 1;
    if (!is_packets) in = accept(servers[0], 0, 0);
    if (is(kind, "greeted") && write(in, "hello", 5) != 5) return 1;
    for (int i = 0; (n = recv(is(kind, "several") ? servers[i % 2] : in, buffer, sizeof buffer, 0)) > 0; i++) {
        if (n == 3) break;
        if ((!is(kind, "several") || i % 2 == 0) && write(sink, buffer, n) != n) return 1;
        if (is_packets && write(go[1], "x", 1) != 1) return 1;
    }
    return child && (waitpid(child, &status, 0), status);
}
