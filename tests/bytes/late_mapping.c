/* late_mapping SRC DST: maps SRC, says so with a line, and after a line on its standard input writes DST out of the mapping, and
 * once more out of a copy. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv) {
    struct stat status;
    int source = open(argv[1], O_RDONLY), sink = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    char line[10];
    fstat(source, &status);
    size_t size = status.st_size;
    char *mapped = mmap(0, size, PROT_READ, MAP_PRIVATE, source, 0), *heap = malloc(size);
    close(source);
    if (mapped == MAP_FAILED || write(1, "mapped\n", 7) != 7 || read(0, line, sizeof line) < 1) return 1;
    if (write(sink, mapped, size) != (ssize_t)size) return 1;
    memcpy(heap, mapped, size);
    return write(sink, heap, size) != (ssize_t)size;
}
