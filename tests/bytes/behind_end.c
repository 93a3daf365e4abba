/* behind_end SRC DST: one write(2) of all of SRC's pages, mapped: the kernel fills the last of them with zeros. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int count, char **words) {
    struct stat stat;
    int source = open(words[1], O_RDONLY), sink = open(words[2], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    fstat(source, &stat);
    long page = sysconf(_SC_PAGESIZE), length = (stat.st_size + page - 1) / page * page;
    char *memory = mmap(0, length, PROT_READ, MAP_SHARED, source, 0);
    return write(sink, memory, length) != length;
}
