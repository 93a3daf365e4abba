/*
 * A solution of assets/capstone: send_file() without a copy by the CPU.
 *
 *     cc -O2 -Wall -Wextra -o server server.c
 *     ./server DIRECTORY PORT COUNT
 *
 * It listens on 127.0.0.1 only, answers COUNT requests (0: until it is killed), and ends.
 * With port 0 the system chooses one. The first line that it prints says where it listens.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Sends all of the file, `size` bytes, to the client. Returns 0, or -1 with errno set. */
static int send_file(int client, int file, off_t size)
{
    off_t at = 0;

    while (at < size) {
        ssize_t sent = sendfile(client, file, &at, size - at);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return -1;
        if (sent == 0) { /* the file was truncated meanwhile */
            errno = EIO;
            return -1;
        }
    }
    return 0;
}

/* Sends a few bytes, all of them. */
static int send_all(int client, const char *bytes, size_t count, int flags)
{
    while (count > 0) {
        ssize_t sent = send(client, bytes, count, flags);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return -1;
        bytes += sent;
        count -= sent;
    }
    return 0;
}

static int send_head(int client, const char *status, off_t size)
{
    char head[256];
    int length = snprintf(head, sizeof head,
                          "HTTP/1.1 %s\r\nContent-Length: %lld\r\n"
                          "Content-Type: application/octet-stream\r\n"
                          "Connection: close\r\n\r\n",
                          status, (long long)size);
    /* MSG_MORE: more follows, so that head and file can share a packet. */
    return send_all(client, head, length, size > 0 ? MSG_MORE : 0);
}

/* Reads up to the empty line that ends a request. Returns 0, or -1. */
static int read_request(int client, char *request, size_t room)
{
    size_t length = 0;

    while (length < room - 1) {
        ssize_t got = recv(client, request + length, room - 1 - length, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return -1;
        length += got;
        request[length] = '\0';
        if (strstr(request, "\r\n\r\n") != NULL)
            return 0;
    }
    return -1;
}

/* Opens the file that a request asks for. A name has no slash and does not begin with a dot:
 * so nobody leaves the directory. Returns a descriptor, or -1. */
static int open_asked(int directory, char *request, off_t *size)
{
    char name[256];
    struct stat status;
    int file;

    if (sscanf(request, "GET /%255[^ /\r\n] HTTP/", name) != 1 || name[0] == '.')
        return -1;
    file = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0)
        return -1;
    if (fstat(file, &status) < 0 || !S_ISREG(status.st_mode)) {
        close(file);
        return -1;
    }
    *size = status.st_size;
    return file;
}

static void answer(int client, int directory)
{
    char request[4096];
    off_t size = 0;
    int file;

    if (read_request(client, request, sizeof request) < 0)
        return;
    file = open_asked(directory, request, &size);
    if (file < 0) {
        send_head(client, "404 Not Found", 0);
        return;
    }
    if (send_head(client, "200 OK", size) < 0 || send_file(client, file, size) < 0)
        perror("server: sending failed");
    close(file);
}

static int listen_on(int port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t length = sizeof address;
    int yes = 1;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0 ||
        bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 64) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        return -1;
    printf("listening on http://127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

/* Its coming is enough: a call that waits returns -1 with EINTR, or a short count. */
static void interrupted(int number)
{
    (void)number;
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = interrupted}; /* without SA_RESTART */
    int directory, listener;

    if (argc != 4) {
        fprintf(stderr, "usage: server DIRECTORY PORT COUNT\n");
        return 2;
    }
    /* A client that goes away is an error of a call, not the end of the server. */
    signal(SIGPIPE, SIG_IGN);
    sigaction(SIGUSR1, &action, NULL);
    directory = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        perror("server: the directory");
        return 1;
    }
    listener = listen_on(atoi(argv[2]));
    if (listener < 0) {
        perror("server: listening");
        return 1;
    }
    for (long left = atol(argv[3]), forever = left == 0; forever || left > 0; left--) {
        int client = accept(listener, NULL, NULL);
        if (client < 0 && errno == EINTR) {
            left++;
            continue;
        }
        if (client < 0) {
            perror("server: accept");
            return 1;
        }
        answer(client, directory);
        close(client);
    }
    return 0;
}
