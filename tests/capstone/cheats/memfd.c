/* The file is copied into shared memory, and that is sent by sendfile(). */
#include <sys/mman.h>
#include <sys/sendfile.h>

static int send_file(int client, int file, off_t size)
{
    off_t at = 0;
    char *bytes, *copy;
    int memory;

    if (size == 0)
        return 0;
    memory = memfd_create("copy", MFD_CLOEXEC);
    if (memory < 0 || ftruncate(memory, size) < 0)
        return -1;
    bytes = mmap(NULL, size, PROT_READ, MAP_SHARED, file, 0);
    copy = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    memcpy(copy, bytes, size);
    munmap(bytes, size);
    munmap(copy, size);
    while (at < size) {
        ssize_t sent = sendfile(client, memory, &at, size - at);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            break;
    }
    close(memory);
    return at == size ? 0 : -1;
}
