// splice: references to the file's pages go through a pipe.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

// Moves all of source to sink, at most a chunk a call, by way
// of a pipe: out is the end that is read, into the other one.
ssize_t transfer(int source, int out, int into, int sink,
                 size_t chunk)
{
    ssize_t moved = 0;
    for (;;) {
        // The pipe notes which pages hold the bytes, as far
        // as it has room. 0: the file has ended.
        ssize_t n = splice(source, NULL, into, NULL, chunk, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? n : moved;
        moved += n;
        // And passes the references on. The sink may take
        // less than the pipe holds.
        while (n > 0) {
            ssize_t m = splice(out, NULL, sink, NULL, n, 0);
            if (m < 0 && errno != EINTR)
                return -1;
            if (m > 0)
                n -= m;
        }
    }
}
