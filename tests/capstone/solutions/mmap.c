/* One copy per byte: from the mapping into the queue. A file that is cut meanwhile: send() reports EFAULT. */
#include <sys/mman.h>

static int send_file(int client, int file, off_t size)
{
    char *bytes;
    int failed;

    if (size == 0)
        return 0;
    bytes = mmap(NULL, size, PROT_READ, MAP_SHARED, file, 0);
    if (bytes == MAP_FAILED)
        return -1;
    failed = send_all(client, bytes, size, 0);
    munmap(bytes, size);
    return failed;
}
