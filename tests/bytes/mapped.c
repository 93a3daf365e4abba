/* mapped KIND SRC DST: a copy without read(2) or without write(2).
 * stored: from one mapping to another by memcpy(3), and msync(2); unsynced: the same, left to the end of the program.
 * sliced: out of a mapping to the heap, which is written; chunks: so by 8,000 bytes, each at another place of the heap.
 * filled: read(2) to the heap, and from there to a mapping of DST; made: bytes of the program's own to a mapping of DST. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int put(int sink, const char *bytes, size_t count) {
    return write(sink, bytes, count) != (ssize_t)count;
}

int main(int argc, char **argv) {
    const char *kind = argv[1];
    struct stat status;
    int source = open(argv[2], O_RDONLY), sink = open(argv[3], O_RDWR | O_CREAT | O_TRUNC, 0644);
    fstat(source, &status);
    size_t size = status.st_size;
    int to_heap = !strcmp(kind, "sliced") || !strcmp(kind, "chunks");
    char *from = mmap(0, size, PROT_READ, MAP_PRIVATE, source, 0), *to = 0;
    if (!to_heap) {
        if (ftruncate(sink, size)) return 1;
        to = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED, sink, 0);
    }
    if (from == MAP_FAILED || to == MAP_FAILED) return 1;
    if (!strcmp(kind, "sliced")) {
        char *heap = malloc(size);
        return put(sink, memcpy(heap, from, size), size);
    }
    if (!strcmp(kind, "chunks")) {
        char *heap = malloc(size + 64);
        for (size_t done = 0, n; done < size; done += n) {
            n = size - done < 8000 ? size - done : 8000;
            if (put(sink, memcpy(heap + done % 61, from + done, n), n)) return 1;
        }
        return 0;
    }
    if (!strcmp(kind, "filled")) {
        char *heap = malloc(size);
        if (read(source, heap, size) != (ssize_t)size) return 1;
        memcpy(to, heap, size);
        return munmap(to, size);
    }
    if (!strcmp(kind, "made")) {
        for (size_t i = 0; i < size; i++) to[i] = (i * 2654435761u) >> 16;
        return 0;
    }
    memcpy(to, from, size);
    return strcmp(kind, "stored") ? 0 : msync(to, size, MS_SYNC);
}
