/* A pipe is given references to a buffer, and a child reads it late.
 * usage: vmsplice early|late|store|kept SRC    early: the buffer is read into again before the child has read; late: after it;
 * store: stored to before; kept: never touched again. What the child read goes to standard output. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define N 16384

int main(int argc, char **argv) {
    static char buffer[N] __attribute__((aligned(4096)));
    int data[2], go[2], done[2], source = open(argv[2], O_RDONLY);
    char c = 0;
    if (argc < 3 || source < 0 || pipe(data) || pipe(go) || pipe(done)) return 1;
    pid_t child = fork();
    if (!child) {
        static char got[N];
        size_t have = 0;
        if (read(go[0], &c, 1) != 1) _exit(2);
        while (have < N) {
            ssize_t n = read(data[0], got + have, N - have);
            if (n <= 0) _exit(3);
            have += n;
        }
        if (write(done[1], "x", 1) != 1 || write(1, got, N) != N) _exit(4);
        _exit(0);
    }
    if (read(source, buffer, N) != N) return 5;
    struct iovec lent = {buffer, N};
    if (vmsplice(data[1], &lent, 1, 0) != N) return 6;
    if (!strcmp(argv[1], "early") && read(source, buffer, N) != N) return 7;
    if (!strcmp(argv[1], "store")) memset(buffer + 5000, 'z', 3000);
    if (write(go[1], "x", 1) != 1 || read(done[0], &c, 1) != 1) return 8;
    if (!strcmp(argv[1], "late") && read(source, buffer, N) != N) return 9;
    int status;
    waitpid(child, &status, 0);
    return status != 0;
}
