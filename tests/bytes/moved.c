/* moved KIND SRC DST: SRC is read to memory whose pages are then moved, and written from where they are now.
 * grow: a buffer that mremap(2) makes larger, again and again; fixed: moved to a place that was asked for; kept: with
 * MREMAP_DONTUNMAP; shrunk: the second half is cut off and mapped anew; dropped: madvise(2) throws the pages away, so that
 * zeros are written. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char *map(size_t size) {
    return mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

int main(int argc, char **argv) {
    const char *kind = argv[1];
    int source = open(argv[2], O_RDONLY), sink = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    size_t size = 1 << 16, used = 0;
    ssize_t n;
    char *buffer = map(size);
    while ((n = read(source, buffer + used, size - used < 30000 ? size - used : 30000)) > 0) {
        used += n;
        if (used < size) continue;
        char *before = buffer;
        buffer = mremap(before, size, 2 * size, MREMAP_MAYMOVE);
        /* What lies behind is taken, so that the next one moves. */
        if (buffer == MAP_FAILED || map(4096) == MAP_FAILED) return 1;
        size *= 2;
    }
    if (!strcmp(kind, "fixed")) {
        char *there = map(size + 8192);
        buffer = mremap(buffer, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, there + 4096);
    } else if (!strcmp(kind, "kept")) {
        buffer = mremap(buffer, size, size, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
    } else if (!strcmp(kind, "shrunk")) {
        buffer = mremap(buffer, size, used / 2, MREMAP_MAYMOVE);
        buffer = mremap(buffer, used / 2, size, MREMAP_MAYMOVE);
    } else if (!strcmp(kind, "dropped")) {
        madvise(buffer, size, MADV_DONTNEED);
    }
    if (buffer == MAP_FAILED) return 1;
    for (size_t done = 0; done < used; done += n)
        if ((n = write(sink, buffer + done, used - done)) <= 0) return 1;
    return 0;
}
