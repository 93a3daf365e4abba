/* All but one byte by vmsplice() of a copied buffer. */
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

static int send_file(int client, int file, off_t size)
{
    off_t last = size - 1, at = 0;
    char *bytes, *copy;
    int ends[2];

    if (size == 0)
        return 0;
    bytes = mmap(NULL, size, PROT_READ, MAP_SHARED, file, 0);
    copy = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(copy, bytes, size);
    munmap(bytes, size);
    if (pipe(ends) < 0)
        return -1;
    while (at < size - 1) {
        struct iovec piece = {copy + at, size - 1 - at < 65536 ? size - 1 - at : 65536};
        ssize_t in = vmsplice(ends[1], &piece, 1, 0);
        if (in < 0 && errno != EINTR)
            return -1;
        while (in > 0) {
            ssize_t out = splice(ends[0], NULL, client, NULL, in, 0);
            if (out < 0 && errno == EINTR)
                continue;
            if (out <= 0)
                return -1;
            in -= out;
            at += out;
        }
    }
    close(ends[0]);
    close(ends[1]);
    while (last < size && (sendfile(client, file, &last, 1) > 0 || errno == EINTR))
        ;
    return last == size ? 0 : -1; /* the copy stays: the queue refers to it */
}
