// send with MSG_ZEROCOPY: the kernel sends out of the program's
// own buffer, where it can.

#define _GNU_SOURCE
#include <errno.h>
#include <time.h>
#include <linux/errqueue.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t send_all(int sink, const char *buffer, size_t size,
                        unsigned *missing);
static int take_report(int sink, unsigned *missing);

// Moves all of source to sink, a TCP socket with SO_ZEROCOPY, a
// buffer at a time.
ssize_t transfer(int source, int sink, char *buffer, size_t size)
{
    ssize_t moved = 0;
    unsigned missing = 0;
    for (;;) {
        // A CPU copy: page cache to buffer. 0: the end.
        ssize_t n = read(source, buffer, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? n : moved;
        if (send_all(sink, buffer, n, &missing) < 0)
            return -1;
        // The buffer is the kernel's until every send of it
        // is completed. Only then may it be written to.
        while (missing > 0)
            if (take_report(sink, &missing) < 0)
                return -1;
        moved += n;
    }
}

static ssize_t send_all(int sink, const char *buffer, size_t size,
                        unsigned *missing)
{
    int flags = MSG_ZEROCOPY;
    size_t sent = 0;
    while (sent < size) {
        // The queue notes our pages, or copies: see the report.
        ssize_t n = send(sink, buffer + sent, size - sent, flags);
        if (n >= 0) {
            sent += n;
            *missing += flags == MSG_ZEROCOPY;
        } else if (errno == ENOBUFS && *missing > 0) {
            // No more memory may be locked: first get back
            // what is ...
            if (take_report(sink, missing) < 0)
                return -1;
        } else if (errno == ENOBUFS && flags != 0) {
            // ... and if that was nothing, let the CPU copy.
            flags = 0;
        } else if (errno != EINTR) {
            return -1;
        }
    }
    return sent;
}

// Takes the reports that are there, or waits for some.
static int take_report(int sink, unsigned *missing)
{
    char space[128];
    struct msghdr message = { .msg_control = space,
                              .msg_controllen = sizeof space };
    // They come by the socket's error queue, without payload.
    if (recvmsg(sink, &message, MSG_ERRQUEUE) < 0) {
        // None yet. POLLERR is always waited for.
        struct pollfd socket = { .fd = sink };
        if (errno == EAGAIN && poll(&socket, 1, -1) >= 0)
            return 0;
        return errno == EINTR ? 0 : -1;
    }
    for (struct cmsghdr *it = CMSG_FIRSTHDR(&message); it != NULL;
         it = CMSG_NXTHDR(&message, it)) {
        struct sock_extended_err *report = (void *)CMSG_DATA(it);
        // The first and the last send that it speaks of.
        // SO_EE_CODE_ZEROCOPY_COPIED in ee_code: it was copied.
        if (report->ee_origin == SO_EE_ORIGIN_ZEROCOPY)
            *missing -= report->ee_data - report->ee_info + 1;
    }
    return 0;
}
