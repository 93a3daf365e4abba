/* long_mapping SRC DST LENGTH [unlink]: LENGTH bytes of SRC are read and copied to DST through a mapping that is four pages longer
 * than DST; with `unlink` DST has no name any more then. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int count, char **words) {
    size_t length = atol(words[3]);
    int source = open(words[1], O_RDONLY), sink = open(words[2], O_RDWR | O_CREAT | O_TRUNC, 0644);
    char *from = malloc(length);
    if (read(source, from, length) != (ssize_t)length || ftruncate(sink, length)) return 1;
    char *to = mmap(0, length + 16384, PROT_READ | PROT_WRITE, MAP_SHARED, sink, 0);
    if (count > 4) unlink(words[2]);
    close(sink);
    memcpy(to, from, length);
    return 0;
}
