/* gathered KIND SRC DST: the bytes of SRC reach DST by buffers of the program's own.
 * small: read(2) by 100 bytes to pieces of the heap, all copied together, one write; forked: the parent reads, its child copies
 * and writes; stdio: fread(3) and fwrite(3) by 1,000 bytes; chunked: each 4,096 bytes with a head and a tail, as HTTP does;
 * reused: the end of each read goes by a buffer to which something else was read before, in two reads. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    const char *kind = argv[1];
    struct stat status;
    int source = open(argv[2], O_RDONLY), sink = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    fstat(source, &status);
    size_t size = status.st_size, done = 0;
    ssize_t n;
    char *all = malloc(size + 4096), *other = malloc(size + 4096);
    if (!strcmp(kind, "small")) {
        char **pieces = calloc(size / 100 + 1, sizeof *pieces);
        size_t count = 0;
        while ((n = read(source, pieces[count] = malloc(120), 100)) > 0) count++;
        for (size_t i = 0; i < count; i++) {
            n = size - done < 100 ? size - done : 100;
            memcpy(all + done, pieces[i], n);
            done += n;
        }
        return write(sink, all, size) != (ssize_t)size;
    }
    if (!strcmp(kind, "forked")) {
        for (; (n = read(source, all + done, 65536)) > 0; done += n) {}
        if (!fork()) {
            memcpy(other + 7, all, size);
            _exit(write(sink, other + 7, size) != (ssize_t)size);
        }
        int ended;
        wait(&ended);
        return ended;
    }
    if (!strcmp(kind, "stdio")) {
        FILE *in = fdopen(source, "r"), *out = fdopen(sink, "w");
        while ((n = fread(all, 1, 1000, in)) > 0) fwrite(all, 1, n, out);
        return fclose(out);
    }
    if (!strcmp(kind, "reused")) {
        int before = open("/proc/self/maps", O_RDONLY);
        if (read(before, other, 1012) != 1012 || read(before, other, 673) != 673) return 1;
        size_t held = 0;
        while ((n = read(source, all, 8192)) > 0) {
            if (write(sink, other, held) != (ssize_t)held) return 1;
            held = n > 1012 ? 1012 : n;
            if (write(sink, all, n - held) != (ssize_t)(n - held)) return 1;
            memcpy(other, all + n - held, held);
        }
        return write(sink, other, held) != (ssize_t)held;
    }
    while ((n = read(source, all, 4096)) > 0) {
        int head = sprintf(other, "%zx\r\n", n);
        memcpy(other + head, all, n);
        memcpy(other + head + n, "\r\n", 2);
        if (write(sink, other, head + n + 2) != head + n + 2) return 1;
    }
    return 0;
}
