/* Tables of descriptors that tasks share, or share no longer. Descriptor 50 means A to one task and B to another, or first
 * A and then B to both; 4,096 bytes of each go to a file of their own. usage: tables HOW A B OUTA OUTB */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char **v;
static int go[2], back[2];

static void check(int done) {
    if (!done) perror("tables"), _exit(1);
}
static int opened(int which) {
    int fd = open(v[which], which < 4 ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC, 0644);
    check(fd >= 0);
    return fd;
}
static void copy(int in, int out) {
    char bytes[4096];
    check(read(in, bytes, 4096) == 4096 && write(out, bytes, 4096) == 4096);
}
static void say(int *pipe) { check(write(pipe[1], "x", 1) == 1); }
static void hear(int *pipe) {
    char byte;
    check(read(pipe[0], &byte, 1) == 1);
}

/* Shares the table throughout: what the parent puts on 50 is there. */
static int shares(void *unused) {
    copy(50, opened(4));
    say(back), hear(go);
    copy(50, opened(5));
    return 0;
}
/* Has a table of its own, after it has seen the shared one: what it puts on 50 the parent does not see. */
static int separates(void *unused) {
    int out = opened(5);
    if (!strcmp(v[1], "unshare")) check(!unshare(CLONE_FILES));
    else check(!syscall(SYS_close_range, 900, 1000, 2 /* CLOSE_RANGE_UNSHARE */));
    check(dup2(opened(3), 50) == 50);
    say(back), hear(go);
    copy(50, out);
    return 0;
}
static void *thread_separates(void *unused) { return separates(0), NULL; }
/* Executes a program, which has a table of its own: what the parent puts on 50 it does not see. */
static int executes(void *unused) {
    char number[2][12];
    sprintf(number[0], "%d", go[0]), sprintf(number[1], "%d", back[1]);
    execl("/proc/self/exe", "tables", "executed", v[2], v[3], v[4], v[5], number[0], number[1], NULL);
    return 1;
}
/* The first thread is gone; a connection of this one is looked up. */
static void *after_main(void *unused) {
    usleep(100000);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    check(!bind(listener, (void *)&address, length) && !listen(listener, 1));
    check(!getsockname(listener, (void *)&address, &length));
    check(!connect(client, (void *)&address, length));
    int server = accept(listener, 0, 0);
    copy(opened(2), client);
    copy(server, opened(4));
    copy(opened(3), opened(5));
    exit(0);
}

int main(int argc, char **argv) {
    v = argv;
    const char *how = argv[1];
    if (!strcmp(how, "executed")) {
        go[0] = atoi(argv[6]), back[1] = atoi(argv[7]);
        say(back), hear(go);
        copy(50, opened(4));
        return 0;
    }
    if (!strcmp(how, "undumpable")) {
        check(!prctl(PR_SET_DUMPABLE, 0));
        copy(opened(2), opened(4));
        copy(opened(3), opened(5));
        return 0;
    }
    pthread_t thread;
    if (!strcmp(how, "leader")) {
        pthread_create(&thread, 0, after_main, 0);
        pthread_exit(0);
    }
    check(!pipe(go) && !pipe(back) && dup2(opened(2), 50) == 50);
    char *stack = malloc(1 << 16);
    int (*act)(void *) = !strcmp(how, "shares") ? shares : !strcmp(how, "exec") ? executes : separates;
    int pid = 0, status = 0;
    if (!strcmp(how, "unshare") || !strcmp(how, "close_range")) pthread_create(&thread, 0, thread_separates, 0);
    else check((pid = clone(act, stack + (1 << 16), CLONE_FILES | SIGCHLD, 0)) > 0);
    hear(back);
    if (act == separates) copy(50, opened(4));
    else check(dup2(opened(3), 50) == 50);
    if (act == executes) copy(50, opened(5));
    say(go);
    if (pid) check(waitpid(pid, &status, 0) == pid);
    else pthread_join(thread, 0);
    return WEXITSTATUS(status);
}
