/* main() ends by pthread_exit(); another thread then copies SOURCE to SINK (slow: 20 ms between the calls). The entry in
 * /proc of the process is that of a zombie from then on, without descriptors or memory. usage: main_exits SOURCE SINK [slow] */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static char **names;
static int slow;
static void *work(void *unused) {
    static char bytes[4096];
    ssize_t count;
    usleep(100000);
    int in = open(names[1], O_RDONLY), out = open(names[2], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    while ((count = read(in, bytes, sizeof bytes)) > 0) {
        if (write(out, bytes, count) != count) exit(1);
        if (slow) usleep(20000);
    }
    exit(0);
}
int main(int argc, char **argv) {
    pthread_t thread;
    names = argv, slow = argc > 3;
    pthread_create(&thread, 0, work, 0);
    pthread_exit(0);
}
