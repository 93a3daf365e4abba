/* packets KIND A B OUT: 64 packets of 4,096 bytes, of files A and B in turn, through a socket pair (seqpacket, dgram) or a
 * pipe in packet mode; the reader receives with 1,000 bytes of room, and appends what came to OUT. The rest of each packet
 * is gone (recv(2), pipe(2)). */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    int ends[2], packets = 64;
    static char buffer[4096];
    if (!strcmp(argv[1], "pipe")) {
        if (pipe2(ends, O_DIRECT)) return 1;
    } else if (socketpair(AF_UNIX, strcmp(argv[1], "dgram") ? SOCK_SEQPACKET : SOCK_DGRAM, 0, ends)) {
        return 1;
    }
    if (!fork()) {
        int out = open(argv[4], O_WRONLY | O_CREAT | O_TRUNC, 0644);
        for (int i = 0; i < packets; i++) {
            ssize_t n = read(ends[0], buffer, 1000);
            if (n > 0 && write(out, buffer, n) != n) _exit(1);
        }
        _exit(0);
    }
    int files[2] = {open(argv[2], O_RDONLY), open(argv[3], O_RDONLY)};
    for (int i = 0; i < packets; i++)
        if (read(files[i % 2], buffer, 4096) != 4096 || write(ends[1], buffer, 4096) != 4096) return 1;
    wait(0);
    return 0;
}
