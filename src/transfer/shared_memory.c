// Shared memory: pass the pages themselves, not the bytes that
// are in them.

#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

// Hands size bytes of memory, a memfd that is filled, to the
// reader of the unix socket sink.
ssize_t transfer(int memory, int sink, size_t size)
{
    // What is really sent: how many bytes there are. Without
    // one byte of payload no descriptor can travel.
    uint64_t length = size;
    struct iovec payload = { &length, sizeof length };
    // Beside it, the descriptor. The reader gets one of its
    // own for the same memory, and maps the same pages.
    union {
        char space[CMSG_SPACE(sizeof(int))];
        struct cmsghdr header;
    } rights = {
        .header = { .cmsg_level = SOL_SOCKET,
                    .cmsg_type = SCM_RIGHTS,
                    .cmsg_len = CMSG_LEN(sizeof(int)) },
    };
    memcpy(CMSG_DATA(&rights.header), &memory, sizeof memory);
    struct msghdr message = { .msg_iov = &payload,
                              .msg_iovlen = 1,
                              .msg_control = &rights,
                              .msg_controllen = sizeof rights };
    ssize_t n;
    do
        n = sendmsg(sink, &message, 0);
    while (n < 0 && errno == EINTR);
    return n < 0 ? n : (ssize_t)size;
}
