/* message_queues KIND SRC DST: SRC goes by messages of 4,096 bytes through a message queue (posix, sysv) to a child, which
 * writes DST. ranked-posix, ranked-sysv: DST gets what was sent last, and of it all but the last byte: it has the higher
 * priority, or the type that is asked for. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZE = 4096 };

static int is_sysv, id;

static struct {
    long type;
    char text[SIZE];
} message;

static int put(int count, int rank) {
    message.type = rank;
    return is_sysv ? msgsnd(id, &message, count, 0) : mq_send(id, message.text, count, rank);
}

static ssize_t take(int type) {
    return is_sysv ? msgrcv(id, &message, SIZE, type, 0) : mq_receive(id, message.text, SIZE, 0);
}

int main(int argc, char **argv) {
    const char *kind = argv[1];
    is_sysv = strstr(kind, "sysv") != 0;
    if (is_sysv) {
        id = msgget(IPC_PRIVATE, 0600);
    } else {
        char name[40];
        struct mq_attr attributes = {.mq_maxmsg = 4, .mq_msgsize = SIZE};
        sprintf(name, "/zclab-test-bytes-%d", getpid());
        id = mq_open(name, O_RDWR | O_CREAT, 0600, &attributes);
        mq_unlink(name);
    }
    if (id < 0) return printf("refused here: queues: %s\n", strerror(errno)), 0;
    int source = open(argv[2], O_RDONLY), status = 0;
    ssize_t n;
    if (!strncmp(kind, "ranked", 6)) {
        int sink = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC, 0644);
        memset(message.text, 'x', SIZE);
        if (put(SIZE, 1) || read(source, message.text, SIZE) != SIZE || put(SIZE, 2)) return 1;
        if ((n = take(2)) != SIZE || write(sink, message.text, SIZE - 1) != SIZE - 1) return 1;
    } else {
        if (!fork()) {
            int sink = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC, 0644);
            while ((n = take(0)) > 1)
                if (write(sink, message.text, n) != n) _exit(1);
            _exit(0);
        }
        while ((n = read(source, message.text, SIZE)) > 0)
            if (put(n, 1)) return 1;
        if (put(1, 1)) return 1;
        wait(&status);
    }
    if (is_sysv) msgctl(id, IPC_RMID, 0);
    return status;
}
