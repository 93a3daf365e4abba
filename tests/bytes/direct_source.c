/* direct_source SRC DST: 64 KiB of SRC, opened with O_DIRECT, go by sendfile(2) to a socket, and to DST. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int count, char **arguments) {
    int pair[2], source = open(arguments[1], O_RDONLY | O_DIRECT);
    int sink = open(arguments[2], O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (source < 0 && errno == EINVAL) {
        puts("refused here: tmpfs: no O_DIRECT before Linux 6.6");
        return 0;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) return 1;
    off_t first = 0, second = 0;
    if (sendfile(pair[0], source, &first, 65536) != 65536) return 2;
    return sendfile(sink, source, &second, 65536) == 65536 ? 0 : 3;
}
