/* All but one byte through a copied buffer and write(). */
#include <sys/mman.h>
#include <sys/sendfile.h>

static int send_file(int client, int file, off_t size)
{
    off_t last = size - 1;
    char *bytes, *copy;

    if (size == 0)
        return 0;
    bytes = mmap(NULL, size, PROT_READ, MAP_SHARED, file, 0);
    copy = malloc(size);
    memcpy(copy, bytes, size);
    munmap(bytes, size);
    if (send_all(client, copy, size - 1, 0) < 0)
        return -1;
    free(copy);
    while (last < size && (sendfile(client, file, &last, 1) > 0 || errno == EINTR))
        ;
    return last == size ? 0 : -1;
}
