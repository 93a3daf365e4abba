// Map the file, write from the mapping: one CPU copy less.

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

static ssize_t write_chunks(const char *, size_t, int, size_t);

// Moves the size bytes of source to sink, a chunk at a time.
ssize_t transfer(int source, int sink, size_t size, size_t chunk)
{
    // A mapping of 0 bytes is an error, so no call at all.
    if (size == 0)
        return 0;
    // Nothing moves yet: pages come in when they are touched.
    char *mapped = mmap(NULL, size, PROT_READ, MAP_SHARED,
                        source, 0);
    if (mapped == MAP_FAILED)
        return -1;
    ssize_t moved = write_chunks(mapped, size, sink, chunk);
    munmap(mapped, size);
    return moved;
}

static ssize_t write_chunks(const char *mapped, size_t size,
                            int sink, size_t chunk)
{
    size_t sent = 0;
    while (sent < size) {
        size_t left = size - sent;
        size_t part = left < chunk ? left : chunk;
        // The CPU copy that is left: page cache to the sink's
        // queue. The kernel may take less than the chunk.
        ssize_t n = write(sink, mapped + sent, part);
        if (n < 0 && errno != EINTR)
            return -1;
        if (n > 0)
            sent += n;
    }
    return sent;
}
