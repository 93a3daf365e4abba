/* peek SRC DST: a child writes SRC to a TCP connection over loopback; the parent peeks (MSG_PEEK), writes what it saw to
 * DST, and then throws that away (MSG_TRUNC). */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    static char buffer[32768];
    ssize_t n;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (bind(listener, (void *)&address, length) || listen(listener, 1)) return 1;
    if (getsockname(listener, (void *)&address, &length)) return 1;
    if (!fork()) {
        int out = socket(AF_INET, SOCK_STREAM, 0), source = open(argv[1], O_RDONLY);
        if (connect(out, (void *)&address, length)) _exit(1);
        while ((n = read(source, buffer, sizeof buffer)) > 0)
            if (write(out, buffer, n) != n) _exit(1);
        _exit(0);
    }
    int in = accept(listener, 0, 0), sink = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    while ((n = recv(in, buffer, sizeof buffer, MSG_PEEK)) > 0) {
        if (write(sink, buffer, n) != n) return 1;
        recv(in, 0, n, MSG_TRUNC);
    }
    wait(0);
    return 0;
}
