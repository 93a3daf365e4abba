// Receiving by mapping: the kernel shows the program the very
// pages in which the payload arrived.

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t receive_all(int source, int sink, char *view,
                           char *buffer, size_t size);
static int write_all(int sink, const char *bytes, size_t size);

// Moves all that arrives on the socket source to the file sink,
// at most a buffer's length, in whole pages, a time.
ssize_t transfer(int source, int sink, char *buffer, size_t size)
{
    // Addresses, set aside for pages that are still to arrive.
    char *view = mmap(NULL, size, PROT_READ, MAP_SHARED,
                      source, 0);
    if (view == MAP_FAILED)
        return -1;
    ssize_t moved = receive_all(source, sink, view, buffer, size);
    munmap(view, size);
    return moved;
}

static ssize_t receive_all(int source, int sink, char *view,
                           char *buffer, size_t size)
{
    ssize_t moved = 0;
    for (;;) {
        // Asking for pages never waits, so poll does.
        struct pollfd socket = { .fd = source, .events = POLLIN };
        if (poll(&socket, 1, -1) < 0 && errno != EINTR)
            return -1;
        struct tcp_zerocopy_receive pages = {
            .address = (__u64)view,
            .length = size,
        };
        socklen_t length = sizeof pages;
        if (getsockopt(source, IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE,
                       &pages, &length) < 0)
            // EIO: the peer has ended; what it sent is here.
            return errno == EIO ? moved : -1;
        if (pages.err != 0) {
            // As of a connection that was reset.
            errno = -pages.err;
            return -1;
        }
        // No copy so far: these addresses show the pages of the
        // queue, until the next pages are taken.
        if (write_all(sink, view, pages.length) < 0)
            return -1;
        // What fills no whole page is copied, as by any recv.
        size_t rest = pages.recv_skip_hint;
        rest = rest < size ? rest : size;
        ssize_t copied = 0;
        if (rest > 0)
            copied = recv(source, buffer, rest, 0);
        if (copied < 0 || write_all(sink, buffer, copied) < 0)
            return -1;
        moved += pages.length + copied;
    }
}

// The CPU copy that is left: into the file's own pages.
static int write_all(int sink, const char *bytes, size_t size)
{
    for (size_t written = 0; written < size;) {
        ssize_t n = write(sink, bytes + written, size - written);
        if (n < 0 && errno != EINTR)
            return -1;
        if (n > 0)
            written += n;
    }
    return 0;
}
