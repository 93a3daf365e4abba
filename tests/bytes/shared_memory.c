/* shared_memory KIND SRC DST: the parent reads SRC to memory that its child shares (anon, sysv, memfd, shm), tells it so by
 * a pipe, and the child writes DST from there. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZE = 1 << 18 };

static char *shared(const char *kind) {
    int file = -1;
    if (!strcmp(kind, "sysv")) {
        int segment = shmget(IPC_PRIVATE, SIZE, 0600);
        char *there = shmat(segment, 0, 0);
        shmctl(segment, IPC_RMID, 0);
        return there;
    }
    if (!strcmp(kind, "memfd")) file = memfd_create("buffer", 0);
    if (!strcmp(kind, "shm")) {
        file = shm_open("/zclab-test-bytes", O_RDWR | O_CREAT, 0600);
        shm_unlink("/zclab-test-bytes");
    }
    if (file >= 0 && ftruncate(file, SIZE)) return MAP_FAILED;
    return mmap(0, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | (file < 0 ? MAP_ANONYMOUS : 0), file, 0);
}

int main(int argc, char **argv) {
    char *buffer = shared(argv[1]);
    int go[2], back[2], n, answer;
    if (buffer == MAP_FAILED || pipe(go) || pipe(back)) return 1;
    if (!fork()) {
        int sink = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC, 0644);
        close(go[1]);
        while (read(go[0], &n, 4) == 4)
            if (write(sink, buffer, n) != n || write(back[1], &n, 4) != 4) _exit(1);
        _exit(0);
    }
    int source = open(argv[2], O_RDONLY);
    close(go[0]);
    while ((n = read(source, buffer, SIZE)) > 0)
        if (write(go[1], &n, 4) != 4 || read(back[0], &answer, 4) != 4) return 1;
    close(go[1]);
    wait(0);
    return 0;
}
