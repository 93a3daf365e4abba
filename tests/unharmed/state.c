/* Writes what it was started with to the file that its first argument names. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv) {
    int flags[64];
    for (int fd = 0; fd < 64; fd++) flags[fd] = fcntl(fd, F_GETFL);
    FILE *out = fopen(argv[1], "w");
    for (int i = 0; i < argc; i++) fprintf(out, "argument %s\n", argv[i]);
    for (char **entry = environ; *entry; entry++) fprintf(out, "environment %s\n", *entry);
    for (int fd = 0; fd < 64; fd++)
        if (flags[fd] != -1) fprintf(out, "descriptor %d %x\n", fd, flags[fd]);
    sigset_t blocked;
    sigprocmask(SIG_SETMASK, 0, &blocked);
    for (int signal = 1; signal < NSIG; signal++) {
        struct sigaction action;
        if (sigismember(&blocked, signal) == 1) fprintf(out, "blocked %d\n", signal);
        if (!sigaction(signal, 0, &action) && action.sa_handler != SIG_DFL)
            fprintf(out, "ignored %d\n", signal);
    }
    for (int limit = 0; limit < RLIM_NLIMITS; limit++) {
        struct rlimit value;
        getrlimit(limit, &value);
        fprintf(out, "limit %d %lu %lu\n", limit, value.rlim_cur, value.rlim_max);
    }
    cpu_set_t cpus;
    sched_getaffinity(0, sizeof cpus, &cpus);
    fprintf(out, "umask %o nice %d cpus %d\n", umask(0), getpriority(PRIO_PROCESS, 0), CPU_COUNT(&cpus));
    fprintf(out, "group %d session %d\n", getpgrp(), getsid(0));
    return fclose(out);
}
