/* Gives itself a filter that answers one call with an action: a kill, a trap, an errno, or a tracer, which it has not. Says
 * what the call returns. usage: filters kill|trap|errno|trace getppid|write */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv) {
    const char *how = argv[1];
    unsigned action = !strcmp(how, "kill")    ? SECCOMP_RET_KILL_PROCESS
                      : !strcmp(how, "trap")  ? SECCOMP_RET_TRAP
                      : !strcmp(how, "errno") ? SECCOMP_RET_ERRNO | 99
                                              : SECCOMP_RET_TRACE | 7;
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, strcmp(argv[2], "write") ? SYS_getppid : SYS_write, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, action),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {4, code};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter)) return 3;
    write(1, "before\n", 7);
    long result = strcmp(argv[2], "write") ? syscall(SYS_getppid) : write(1, "again\n", 6);
    return result < 0 ? errno : 0;
}
