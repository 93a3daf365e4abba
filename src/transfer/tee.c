// tee: one pipe, two readers, no byte copied.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int pass_on(int out, int sink, ssize_t n);

// Moves all of source to the pipes sink and second, at most a
// chunk a call, by way of a pipe: out is the end that is read,
// into the other one.
ssize_t transfer(int source, int out, int into, int sink,
                 int second, size_t chunk)
{
    ssize_t moved = 0;
    for (;;) {
        // The pipe notes which pages hold the bytes.
        ssize_t n = splice(source, NULL, into, NULL, chunk, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? n : moved;
        moved += n;
        while (n > 0) {
            // The second pipe notes the same pages. Nothing
            // is taken out of the first one.
            ssize_t same = tee(out, second, n, 0);
            if (same < 0 && errno == EINTR)
                continue;
            // Just these go on to the first reader.
            if (same < 0 || pass_on(out, sink, same) < 0)
                return -1;
            n -= same;
        }
    }
}

static int pass_on(int out, int sink, ssize_t n)
{
    while (n > 0) {
        ssize_t m = splice(out, NULL, sink, NULL, n, 0);
        if (m < 0 && errno != EINTR)
            return -1;
        if (m > 0)
            n -= m;
    }
    return 0;
}
