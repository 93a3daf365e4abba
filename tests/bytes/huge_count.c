/* huge_count SRC DST: calls that ask for SIZE_MAX bytes and fail, on a pipe in which bytes stand; then SRC by 4 KiB through
 * that pipe to a slow child, which writes DST. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    int ends[2], go[2];
    static char buffer[4096];
    ssize_t n;
    if (pipe(ends) || pipe(go)) return 1;
    int source = open(argv[1], O_RDONLY);
    if (read(source, buffer, 100) != 100 || write(ends[1], buffer, 100) != 100) return 1;
    syscall(SYS_write, ends[1], buffer, SIZE_MAX);
    struct iovec vectors[2] = {{buffer, SIZE_MAX}, {buffer, SIZE_MAX}};
    syscall(SYS_writev, ends[1], vectors, 2);
    if (!fork()) {
        int sink = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0644);
        static char small[1000];
        char c;
        close(ends[1]);
        if (read(go[0], &c, 1) != 1) _exit(1);
        while ((n = read(ends[0], small, sizeof small)) > 0)
            if (write(sink, small, n) != n) _exit(1);
        _exit(0);
    }
    for (int k = 0; (n = read(source, buffer, sizeof buffer)) > 0; k++) {
        if (write(ends[1], buffer, n) != n) return 1;
        if (k == 8 && write(go[1], "x", 1) != 1) return 1;
    }
    close(ends[1]);
    wait(0);
    return 0;
}
