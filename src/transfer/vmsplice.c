// vmsplice: references to the program's own pages go through a
// pipe.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

// Moves all of memory to sink, at most a chunk a call, by way
// of a pipe: out is the end that is read, into the other one.
// Nobody may write to the memory before the receiver has read
// it all.
ssize_t transfer(char *memory, size_t size, int out, int into,
                 int sink, size_t chunk)
{
    size_t moved = 0;
    while (moved < size) {
        size_t left = size - moved;
        struct iovec part = {
            .iov_base = memory + moved,
            .iov_len = left < chunk ? left : chunk,
        };
        // The pipe notes which of our pages hold the bytes,
        // as far as it has room. They stay where they are.
        ssize_t n = vmsplice(into, &part, 1, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        moved += n;
        // And passes the references on.
        while (n > 0) {
            ssize_t m = splice(out, NULL, sink, NULL, n, 0);
            if (m < 0 && errno != EINTR)
                return -1;
            if (m > 0)
                n -= m;
        }
    }
    return moved;
}
