/* half_mapped SRC DST: one write(2) of memory whose first 65,536 bytes are the program's own, and the rest of which is SRC, mapped. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int count, char **words) {
    struct stat stat;
    int source = open(words[1], O_RDONLY), sink = open(words[2], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    fstat(source, &stat);
    char *memory = mmap(0, stat.st_size, PROT_READ, MAP_SHARED, source, 0);
    mmap(memory, 65536, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 65536; i++) memory[i] = rand();
    return write(sink, memory, stat.st_size) != stat.st_size;
}
