/* No copy: references to the pages of the file. */
#include <sys/sendfile.h>

static int send_file(int client, int file, off_t size)
{
    off_t at = 0;

    while (at < size) {
        ssize_t sent = sendfile(client, file, &at, size - at);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return -1;
        if (sent == 0) { /* the file was truncated meanwhile */
            errno = EIO;
            return -1;
        }
    }
    return 0;
}
