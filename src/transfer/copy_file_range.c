// copy_file_range: file to file, inside the kernel.

#define _GNU_SOURCE
#include <errno.h>
#include <unistd.h>

// Copies all of source to the file sink, at most a chunk a call.
ssize_t transfer(int source, int sink, size_t chunk)
{
    ssize_t moved = 0;
    for (;;) {
        // The file system may share its blocks between both
        // files, or copy on its server. Most copy the pages.
        ssize_t n = copy_file_range(source, NULL, sink, NULL,
                                    chunk, 0);
        if (n < 0 && errno == EINTR)
            continue;
        // 0: the file has ended.
        if (n <= 0)
            return n < 0 ? n : moved;
        moved += n;
    }
}
