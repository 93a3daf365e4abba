/* One sendfile(), whatever it returns. */
#include <sys/sendfile.h>

static int send_file(int client, int file, off_t size)
{
    return size > 0 && sendfile(client, file, NULL, size) < 0 ? -1 : 0;
}
