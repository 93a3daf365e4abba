/* A loop that never ends where the file became shorter. */
#include <sys/sendfile.h>

static int send_file(int client, int file, off_t size)
{
    off_t at = 0;

    while (at < size)
        if (sendfile(client, file, &at, size - at) < 0 && errno != EINTR)
            return -1;
    return 0;
}
