// The classic way: read into a buffer, write out of it.

#include <errno.h>
#include <unistd.h>

// Moves all of source to sink, a buffer at a time. How many
// bytes that were; -1: errno says why not.
ssize_t transfer(int source, int sink, char *buffer, size_t size)
{
    ssize_t moved = 0;
    for (;;) {
        // First CPU copy: page cache to buffer.
        ssize_t n = read(source, buffer, size);
        if (n < 0 && errno == EINTR)
            continue;
        // 0 is the only sign that the file has ended.
        if (n <= 0)
            return n < 0 ? n : moved;
        // Second CPU copy: buffer to the sink's queue.
        // The kernel may take less than all of it.
        for (ssize_t sent = 0; sent < n;) {
            ssize_t m = write(sink, buffer + sent, n - sent);
            if (m < 0 && errno != EINTR)
                return -1;
            if (m > 0)
                sent += m;
        }
        moved += n;
    }
}
