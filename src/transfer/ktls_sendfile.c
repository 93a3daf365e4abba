// sendfile over kernel TLS: the kernel encrypts what it passes
// on.

#include <errno.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

// Moves all of source to sink, a TCP socket that has its keys, at
// most a chunk a call.
ssize_t transfer(int source, int sink, size_t chunk)
{
    ssize_t moved = 0;
    for (;;) {
        // The cipher reads the pages of the file and writes
        // records for the queue: a pass of the CPU, unless the
        // card encrypts. No copy beside it, no buffer of ours.
        ssize_t n = sendfile(sink, source, NULL, chunk);
        if (n < 0 && errno == EINTR)
            continue;
        // 0 is the only sign that the file has ended.
        if (n <= 0)
            return n < 0 ? n : moved;
        moved += n;
    }
}

// Once, after the handshake: from now on the kernel encrypts what
// is sent on this socket. direction: TLS_TX; TLS_RX decrypts.
int give_keys(int socket, int direction)
{
    struct tls12_crypto_info_aes_gcm_128 keys = {
        .info = { TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_128 },
    };
    // A handshake would agree on these. Here they are known to
    // everybody: an experiment needs no secret.
    memset(keys.key, 1, sizeof keys.key);
    memset(keys.salt, 2, sizeof keys.salt);
    memset(keys.iv, 3, sizeof keys.iv);
    if (setsockopt(socket, IPPROTO_TCP, TCP_ULP, "tls", 3) < 0)
        return -1;
    return setsockopt(socket, SOL_TLS, direction, &keys,
                      sizeof keys);
}
