/* A thread for each client: sendfile() waits in each of them, and no client waits for another. */
#include <pthread.h>
#include <sys/sendfile.h>

static int send_file(int client, int file, off_t size)
{
    off_t at = 0;

    while (at < size) {
        ssize_t sent = sendfile(client, file, &at, size - at);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return -1;
    }
    return 0;
}

static void answer(int client, int directory);

struct job {
    int client, directory;
};

static void *work(void *given)
{
    struct job job = *(struct job *)given;

    free(given);
    answer(job.client, job.directory);
    close(job.client);
    return NULL;
}

/* The last client's thread may outlive main(): so main() ends by pthread_exit(). */
static void answer_apart(int client, int directory)
{
    struct job *job = malloc(sizeof *job);
    pthread_t thread;

    *job = (struct job){client, directory};
    pthread_create(&thread, NULL, work, job);
    pthread_detach(thread);
}
