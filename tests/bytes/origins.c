/* origins KIND SRC DST: bytes of which the calls do not tell the origin.
 * zeros: zeros are read from SRC, copied, and written from there; shared: a child writes what its parent stored in memory
 * that they share; own: nothing is read but a header, and what is written was computed. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZE = 1 << 16 };

static int compute(char *to) {
    unsigned state = 7;
    for (int i = 0; i < SIZE; i++) to[i] = (state = state * 1664525 + 1013904223) >> 24;
    return 0;
}

int main(int argc, char **argv) {
    const char *kind = argv[1];
    int source = open(argv[2], O_RDONLY), sink = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    char *heap = malloc(SIZE), *other = malloc(SIZE);
    if (!strcmp(kind, "zeros")) {
        if (read(source, heap, SIZE) != SIZE) return 1;
        memcpy(other, heap, SIZE);
        return write(sink, other, SIZE) != SIZE;
    }
    if (!strcmp(kind, "shared")) {
        char *both = mmap(0, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        compute(both);
        if (!fork()) _exit(write(sink, both, SIZE) != SIZE);
        wait(0);
        return 0;
    }
    if (read(source, heap, 100) != 100) return 1;
    compute(other);
    return write(sink, other, SIZE) != SIZE;
}
