// Receiving the classic way: recv into a buffer, write out of it
// to a file.

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

// Moves all that arrives on the socket source to the file sink,
// a buffer at a time.
ssize_t transfer(int source, int sink, char *buffer, size_t size)
{
    ssize_t moved = 0;
    for (;;) {
        // First CPU copy: socket queue to buffer. It brings
        // what has arrived: seldom as much as is asked for.
        ssize_t n = recv(source, buffer, size, 0);
        if (n < 0 && errno == EINTR)
            continue;
        // 0: the peer has ended; what it sent is here.
        if (n <= 0)
            return n < 0 ? n : moved;
        // Second CPU copy: buffer to the file's pages.
        for (ssize_t done = 0; done < n;) {
            ssize_t m = write(sink, buffer + done, n - done);
            if (m < 0 && errno != EINTR)
                return -1;
            if (m > 0)
                done += m;
        }
        moved += n;
    }
}
