/* MSG_ZEROCOPY over loopback.
 * usage: zerocopy early|patient SRC    early: the buffer is read into again before its notification; patient: after it. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define N 65536

static int notified(int socket, int patience_ms) {
    char control[128];
    struct pollfd errors = {socket, 0, 0};
    for (;;) {
        struct msghdr message = {.msg_control = control, .msg_controllen = sizeof control};
        if (recvmsg(socket, &message, MSG_ERRQUEUE) >= 0) return 0;
        if (errno != EAGAIN || poll(&errors, 1, patience_ms) < 1) return -1;
    }
}

int main(int argc, char **argv) {
    static char buffer[N];
    int listener = socket(AF_INET, SOCK_STREAM, 0), source = open(argv[2], O_RDONLY), one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (argc < 3 || source < 0 || bind(listener, (void *)&address, length) || listen(listener, 1)) return 1;
    if (getsockname(listener, (void *)&address, &length)) return 1;
    pid_t child = fork();
    if (!child) {
        int in = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(in, (void *)&address, length)) _exit(2);
        while (read(in, buffer, N) > 0) ;
        _exit(0);
    }
    int out = accept(listener, 0, 0);
    if (out < 0 || setsockopt(out, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof one)) return 77;
    for (int i = 0; i < 4; i++) {
        if (read(source, buffer, N) != N || send(out, buffer, N, MSG_ZEROCOPY) != N) return 3;
        if (!strcmp(argv[1], "patient") && notified(out, 5000)) return 4;
    }
    if (strcmp(argv[1], "patient"))
        for (int i = 0; i < 4; i++)
            if (notified(out, 300)) break; /* several sends may share a notification */
    close(out);
    return waitpid(child, 0, 0) != child;
}
