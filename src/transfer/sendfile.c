// sendfile: the kernel passes the file on by itself.

#include <errno.h>
#include <sys/sendfile.h>
#include <unistd.h>

// Moves all of source to sink, at most a chunk a call.
ssize_t transfer(int source, int sink, size_t chunk)
{
    ssize_t moved = 0;
    for (;;) {
        // No buffer of ours. Without an offset the kernel
        // goes on from where the file's own position is.
        ssize_t n = sendfile(sink, source, NULL, chunk);
        if (n < 0 && errno == EINTR)
            continue;
        // 0 is the only sign that the file has ended.
        if (n <= 0)
            return n < 0 ? n : moved;
        // A short count is no error: the loop asks again.
        moved += n;
    }
}
