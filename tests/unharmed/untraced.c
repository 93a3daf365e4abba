/* Makes children with CLONE_UNTRACED, by clone and by clone3, each of which copies 4,096 bytes; says what the caller of
 * such a call sees of it afterwards. usage: untraced SOURCE SINK */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char **names;
static int copy(void) {
    static char bytes[4096];
    int in = open(names[1], O_RDONLY), out = open(names[2], O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (in < 0 || out < 0 || read(in, bytes, 4096) != 4096) return 1;
    return write(out, bytes, 4096) != 4096;
}
static int ended(long pid) {
    int status = -1;
    return pid < 0 || waitpid(pid, &status, 0) != pid ? -1 : WEXITSTATUS(status);
}
static long plain(long flags, long *seen) {
    long pid;
#ifdef __x86_64__
    register long r10 __asm__("r10") = 0, r8 __asm__("r8") = 0;
    __asm__ volatile("syscall" : "=a"(pid), "+D"(flags) : "0"(SYS_clone), "S"(0), "d"(0), "r"(r10), "r"(r8)
                     : "rcx", "r11", "memory");
#else
    pid = syscall(SYS_clone, flags, 0, 0, 0, 0);
#endif
    *seen = flags;
    return pid;
}
int main(int argc, char **argv) {
    long flags = CLONE_UNTRACED | SIGCHLD, seen;
    (void)argc, names = argv, setvbuf(stdout, 0, _IONBF, 0);
    long pid = plain(flags, &seen);
    if (!pid) _exit(seen == flags ? copy() : 3);
    printf("clone: flags %s, child %d\n", seen == flags ? "as given" : "changed", ended(pid));
    /* clone3 takes a structure, here in memory that may not be written. */
    struct clone_args *args = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    args->flags = CLONE_UNTRACED, args->exit_signal = SIGCHLD;
    mprotect(args, 4096, PROT_READ);
    pid = syscall(SYS_clone3, args, sizeof *args);
    if (!pid) _exit(args->flags == CLONE_UNTRACED ? copy() : 3);
    printf("clone3: flags %s, child %d\n", args->flags == CLONE_UNTRACED ? "as given" : "changed", ended(pid));
    /* One that shares the memory and holds its parent up, as posix_spawn does. */
    mprotect(args, 4096, PROT_READ | PROT_WRITE);
    args->flags = CLONE_UNTRACED | CLONE_VFORK | CLONE_FS;
    pid = syscall(SYS_clone3, args, sizeof *args);
    if (!pid) _exit(copy());
    printf("vfork: flags %s, child %d\n", args->flags & CLONE_UNTRACED ? "as given" : "changed", ended(pid));
    /* One that fails. */
    args->flags = CLONE_UNTRACED | CLONE_THREAD;
    pid = syscall(SYS_clone3, args, sizeof *args);
    printf("failed: flags %s, %ld\n", args->flags & CLONE_UNTRACED ? "as given" : "changed", pid);
    return 0;
}
