/* other_memory KIND SRC DST: a child's memory and its parent's. readv: the child reads SRC, the parent takes the bytes out of
 * its memory (process_vm_readv) and writes DST; writev: the parent reads SRC, puts it in the child's memory, and the child
 * writes DST. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZE = 1 << 16 };

static char buffer[SIZE];

int main(int argc, char **argv) {
    int is_read = !strcmp(argv[1], "readv"), up[2], down[2], status = 1;
    char c;
    if (pipe(up) || pipe(down)) return 1;
    int source = open(argv[2], O_RDONLY), sink = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    pid_t child = fork();
    if (!child) {
        if (is_read && read(source, buffer, SIZE) != SIZE) _exit(1);
        if (write(up[1], "x", 1) != 1 || read(down[0], &c, 1) != 1) _exit(1);
        if (!is_read && write(sink, buffer, SIZE) != SIZE) _exit(1);
        _exit(0);
    }
    if (read(up[0], &c, 1) != 1) return 1;
    static char own[SIZE];
    struct iovec here = {own, SIZE}, there[2] = {{buffer, 1000}, {buffer + 1000, SIZE - 1000}};
    ssize_t n;
    if (is_read) {
        n = process_vm_readv(child, &here, 1, there, 2, 0);
        if (n == SIZE && write(sink, own, SIZE) != SIZE) return 1;
    } else {
        if (read(source, own, SIZE) != SIZE) return 1;
        n = process_vm_writev(child, &here, 1, there, 2, 0);
    }
    if (n != SIZE) printf("refused here: process_vm: %s\n", strerror(errno));
    if (write(down[1], "x", 1) != 1) return 1;
    wait(&status);
    return n == SIZE ? status : 0;
}
