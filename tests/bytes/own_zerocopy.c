/* own_zerocopy SRC DST: a process sends SRC to itself over TCP with MSG_ZEROCOPY, 16 KiB at a time, and writes what comes to DST. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int count, char **words) {
    static char sent[16384], received[16384];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0), out = socket(AF_INET, SOCK_STREAM, 0);
    bind(listener, (void *)&address, length), listen(listener, 1), getsockname(listener, (void *)&address, &length);
    connect(out, (void *)&address, length);
    int in = accept(listener, 0, 0);
    setsockopt(out, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof one);
    int source = open(words[1], O_RDONLY), sink = open(words[2], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ssize_t n, got;
    while ((n = read(source, sent, sizeof sent)) > 0) {
        if (send(out, sent, n, MSG_ZEROCOPY) != n) return 1;
        for (; n > 0; n -= got) {
            got = read(in, received, n);
            if (got <= 0 || write(sink, received, got) != got) return 1;
        }
    }
    return 0;
}
