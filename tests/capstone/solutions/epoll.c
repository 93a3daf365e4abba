/* A whole server: nonblocking sockets, epoll, sendfile(), byte ranges. No client waits for another. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct client {
    int socket, file;
    char request[4096], head[512];
    size_t got, head_size, head_sent;
    off_t at, end;
};

static int directory, poller;
static long left;

static void finish(struct client *client)
{
    close(client->socket);
    if (client->file >= 0)
        close(client->file);
    free(client);
    left--;
}

/* First and last byte of a range, or all of it; -1 where it cannot be satisfied. */
static int range(const char *request, off_t size, off_t *first, off_t *last)
{
    const char *field = strcasestr(request, "\r\nRange: bytes=");
    long long a, b;

    *first = 0;
    *last = size - 1;
    if (field == NULL)
        return 0;
    field += strlen("\r\nRange: bytes=");
    if (*field == '-') {
        b = atoll(field + 1);
        *first = b < size ? size - b : 0;
        return b > 0 && size > 0 ? 1 : -1;
    }
    a = strtoll(field, (char **)&field, 10);
    if (field[0] == '-' && field[1] >= '0' && field[1] <= '9') {
        b = atoll(field + 1);
        if (b < size)
            *last = b;
    }
    *first = a;
    return a < size && a <= *last ? 1 : -1;
}

static void answer(struct client *client)
{
    char name[256], field[128] = "";
    const char *status = "200 OK";
    struct stat file = {0};
    off_t last = -1;
    int ranged;

    if (sscanf(client->request, "GET /%255[^ /\r\n] HTTP/", name) == 1 && name[0] != '.')
        client->file = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (client->file < 0 || fstat(client->file, &file) < 0 || !S_ISREG(file.st_mode)) {
        status = "404 Not Found";
    } else if ((ranged = range(client->request, file.st_size, &client->at, &last)) < 0) {
        status = "416 Range Not Satisfiable";
        snprintf(field, sizeof field, "Content-Range: bytes */%lld\r\n", (long long)file.st_size);
        client->at = 0;
        last = -1;
    } else if (ranged > 0) {
        status = "206 Partial Content";
        snprintf(field, sizeof field, "Content-Range: bytes %lld-%lld/%lld\r\n",
                 (long long)client->at, (long long)last, (long long)file.st_size);
    }
    client->end = last + 1;
    client->head_size = snprintf(client->head, sizeof client->head,
                                 "HTTP/1.1 %s\r\nContent-Length: %lld\r\n%sConnection: close\r\n\r\n",
                                 status, (long long)(client->end - client->at), field);
}

/* Goes on as far as the socket lets it. Returns 1 when it has to wait, 0 when the client is done with. */
static int go_on(struct client *client)
{
    while (client->head_size == 0) {
        ssize_t got = recv(client->socket, client->request + client->got,
                           sizeof client->request - 1 - client->got, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 && errno == EAGAIN;
        client->got += got;
        client->request[client->got] = '\0';
        if (strstr(client->request, "\r\n\r\n") != NULL)
            answer(client);
    }
    while (client->head_sent < client->head_size) {
        ssize_t sent = send(client->socket, client->head + client->head_sent,
                            client->head_size - client->head_sent,
                            client->at < client->end ? MSG_MORE : 0);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return errno == EAGAIN;
        client->head_sent += sent;
    }
    while (client->at < client->end) {
        ssize_t sent = sendfile(client->socket, client->file, &client->at, client->end - client->at);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return sent < 0 && errno == EAGAIN;
    }
    return 0;
}

static void interrupted(int number)
{
    (void)number;
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = interrupted};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct epoll_event event = {.events = EPOLLIN};
    int forever;

    signal(SIGPIPE, SIG_IGN);
    sigaction(SIGUSR1, &action, NULL);
    directory = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (argc != 4 || directory < 0 || bind(listener, (void *)&address, length) < 0 ||
        listen(listener, 64) < 0 || getsockname(listener, (void *)&address, &length) < 0)
        return 1;
    printf("listening on http://127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    left = atol(argv[3]);
    forever = left == 0;
    poller = epoll_create1(EPOLL_CLOEXEC);
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    while (forever || left > 0) {
        struct client *client;
        if (epoll_wait(poller, &event, 1, -1) < 1)
            continue;
        client = event.data.ptr;
        if (client == NULL) {
            struct epoll_event next = {.events = EPOLLIN | EPOLLOUT | EPOLLET};
            int socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
            if (socket < 0)
                continue;
            client = calloc(1, sizeof *client);
            client->socket = socket;
            client->file = -1;
            next.data.ptr = client;
            epoll_ctl(poller, EPOLL_CTL_ADD, socket, &next);
        } else if (!go_on(client)) {
            finish(client);
        }
    }
    return 0;
}
