/* Pages of a file stand in a pipe, and the file is written to.
 * usage: file early|late|elsewhere|same FILE    early: where the pages are, before the child reads the pipe; late: after it;
 * elsewhere: in another part of the file; same: the bytes that stand there already. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define N 16384

int main(int argc, char **argv) {
    static char block[N];
    int data[2], go[2], done[2], file = open(argv[2], O_RDWR);
    char c = 0;
    off_t at = 0;
    if (argc < 3 || file < 0 || pipe(data) || pipe(go) || pipe(done)) return 1;
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
        if (write(done[1], "x", 1) != 1) _exit(4);
        _exit(0);
    }
    if (pread(file, block, N, strcmp(argv[1], "same") ? N : 0) != N) return 5;
    if (splice(file, &at, data[1], 0, N, 0) != N) return 6;
    off_t place = strcmp(argv[1], "elsewhere") ? 0 : 2 * N;
    if (strcmp(argv[1], "late") && pwrite(file, block, N, place) != N) return 7;
    if (write(go[1], "x", 1) != 1 || read(done[0], &c, 1) != 1) return 8;
    if (!strcmp(argv[1], "late") && pwrite(file, block, N, 0) != N) return 9;
    int status;
    waitpid(child, &status, 0);
    return status != 0;
}
