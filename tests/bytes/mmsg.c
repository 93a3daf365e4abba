/* mmsg KIND SRC DST: SRC goes to a UDP socket of the same process by sendmmsg(2), 8 messages a call and one of two pieces each,
 * and comes back by recvmmsg(2), whose messages are written to DST.
 * even: of 1,000 bytes. uneven: of 1 to 1,400 bytes. flags: as even, sent with MSG_CONFIRM, received with MSG_WAITFORONE |
 * MSG_DONTWAIT. cut: of 1,000 bytes, of which the receiver has room for 300, and is told so by MSG_TRUNC. partial: the sixth
 * message of a call is too long for a datagram: five go, and the rest with the next call. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH 8
static char out[BATCH][2000], in[BATCH][2000], huge[70000];

int main(int count, char **arguments) {
    const char *kind = arguments[1];
    int is_cut = !strcmp(kind, "cut"), has_flags = !strcmp(kind, "flags");
    int source = open(arguments[2], O_RDONLY), sink = open(arguments[3], O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int to = socket(AF_INET, SOCK_DGRAM, 0), from = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof name;
    if (bind(to, (void *)&name, length) || getsockname(to, (void *)&name, &length)) return 1;
    if (connect(from, (void *)&name, length)) return 1;
    for (int round = 0, number = 0;; round++) {
        struct mmsghdr messages[BATCH] = {0}, received[BATCH] = {0};
        struct iovec pieces[BATCH][2], room[BATCH];
        int ready = 0;
        for (; ready < BATCH; ready++, number++) {
            int size = strcmp(kind, "uneven") ? 1000 : 1 + number * 37 % 1400;
            ssize_t got = read(source, out[ready], size);
            if (got <= 0) break;
            pieces[ready][0] = (struct iovec){out[ready], got * 3 / 5};
            pieces[ready][1] = (struct iovec){out[ready] + got * 3 / 5, got - got * 3 / 5};
            messages[ready].msg_hdr.msg_iov = pieces[ready];
            messages[ready].msg_hdr.msg_iovlen = 2;
        }
        if (!ready) return 0;
        struct iovec whole = {huge, sizeof huge};
        struct mmsghdr sixth = messages[5];
        int is_partial = !strcmp(kind, "partial") && ready > 5;
        if (is_partial) messages[5].msg_hdr.msg_iov = &whole, messages[5].msg_hdr.msg_iovlen = 1;
        int sent = sendmmsg(from, messages, ready, has_flags ? MSG_CONFIRM : 0);
        if (sent != (is_partial ? 5 : ready)) return 2;
        if (is_partial) {
            messages[5] = sixth;
            if (sendmmsg(from, messages + 5, ready - 5, 0) != ready - 5) return 3;
        }
        for (int done = 0; done < ready;) {
            for (int i = 0; i < BATCH; i++) {
                room[i] = (struct iovec){in[i], is_cut ? 300 : sizeof in[i]};
                received[i].msg_hdr.msg_iov = &room[i];
                received[i].msg_hdr.msg_iovlen = 1;
            }
            int flags = is_cut ? MSG_TRUNC : has_flags ? MSG_WAITFORONE | MSG_DONTWAIT : 0;
            int got = recvmmsg(to, received, ready - done, flags, 0);
            if (got <= 0) return 4;
            for (int i = 0; i < got; i++) {
                unsigned bytes = received[i].msg_len;
                if (is_cut && bytes > 300) bytes = 300;
                if (write(sink, in[i], bytes) != bytes) return 5;
            }
            done += got;
        }
    }
}
