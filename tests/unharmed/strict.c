/* Copies 4,096 bytes in strict mode, by prctl or seccomp, and then makes a call that strict mode forbids.
 * usage: strict prctl|seccomp|filtered|thread SOURCE SINK */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static char **v;
static void *work(void *last) {
    static char bytes[4096];
    int in = open(v[2], O_RDONLY), out = open(v[3], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (!strcmp(v[1], "filtered")) { /* with a filter of its own the kernel refuses strict mode */
        struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
        struct sock_fprog program = {1, &allow};
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
    }
    int done = strcmp(v[1], "seccomp") ? prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT)
                                       : syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, 0);
    if (done) { /* not printf: it would call fstat */
        write(1, "refused\n", 8);
        syscall(SYS_exit, 9);
    }
    if (read(in, bytes, 4096) != 4096 || write(out, bytes, 4096) != 4096) syscall(SYS_exit, 8);
    write(1, "copied\n", 7);
    syscall(SYS_getppid); /* kills */
    write(1, "alive\n", 6);
    syscall(SYS_exit, last ? 0 : 7);
    return 0;
}
int main(int argc, char **argv) {
    (void)argc, v = argv;
    if (strcmp(argv[1], "thread")) return work(0), 1;
    pthread_t thread;
    pthread_create(&thread, 0, work, argv);
    usleep(100000);
    write(1, "main goes on\n", 13);
    return 5;
}
