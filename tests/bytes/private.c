/* private KIND SRC DST: SRC is mapped privately and writably, and written to DST.
 * untouched: as it is. read: the same, when each page was looked at. half: when a byte of each page of its first half was stored
 * to. copied: from a buffer to which it was copied. generated: no mapping; SRC goes by sendfile to DST, to a socket, to a pipe and
 * to /dev/null. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int count, char **arguments) {
    const char *kind = arguments[1];
    int source = open(arguments[2], O_RDONLY), sink = open(arguments[3], O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (!strcmp(kind, "generated")) {
        int pair[2], pipes[2];
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || pipe(pipes)) return 1;
        int sinks[] = {sink, pair[0], pipes[1], open("/dev/null", O_WRONLY)};
        for (int i = 0; i < 4; i++) {
            off_t start = 0;
            if (sendfile(sinks[i], source, &start, 60000) <= 0) return 2;
        }
        return 0;
    }
    struct stat is;
    fstat(source, &is);
    char *mapped = mmap(0, is.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, source, 0);
    if (mapped == MAP_FAILED) return 3;
    volatile char seen = 0;
    for (off_t at = 0; at < is.st_size; at += 4096) {
        if (!strcmp(kind, "read")) seen += mapped[at];
        if (!strcmp(kind, "half") && at < is.st_size / 2) mapped[at] ^= 1;
    }
    char *from = mapped;
    if (!strcmp(kind, "copied")) from = memcpy(malloc(is.st_size), mapped, is.st_size);
    for (off_t at = 0; at < is.st_size; at += 65536)
        if (write(sink, from + at, 65536) != 65536) return 4;
    return 0;
}
