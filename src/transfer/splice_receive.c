// Receiving by splice: what arrives goes to a file by way of a
// pipe, past the program.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

// Moves all that arrives on the socket source to the file sink,
// at most a chunk a call. Of the pipe, out is the end that is
// read, into the other one.
ssize_t transfer(int source, int out, int into, int sink,
                 size_t chunk)
{
    ssize_t moved = 0;
    for (;;) {
        // The pipe notes where in the socket's queue the bytes
        // lie: what has arrived, as far as it has room.
        ssize_t n = splice(source, NULL, into, NULL, chunk, 0);
        if (n < 0 && errno == EINTR)
            continue;
        // 0: the peer has ended; what it sent is here.
        if (n <= 0)
            return n < 0 ? n : moved;
        moved += n;
        // A file has pages of its own: the one CPU copy.
        while (n > 0) {
            ssize_t m = splice(out, NULL, sink, NULL, n, 0);
            if (m < 0 && errno != EINTR)
                return -1;
            if (m > 0)
                n -= m;
        }
    }
}
