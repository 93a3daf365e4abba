/* own_copies KIND SRC DST: SRC goes to DST by copies that the program makes itself.
 * stale: by a buffer that begins with what is left of an older read, as a libc's does.
 * reused: by a buffer to which something else was read, and which is written whole.
 * framed: through a pipe, in frames of a head and a part; the reader takes them into a ring and gathers several.
 * head: received behind a head, and written behind another one, as a proxy does.
 * lost: the first bytes of each part are replaced by a head, and what was read is gone when that is written.
 * blocks: out of a mapping, with a head of five bytes before each block, as deflate stores what it cannot compress.
 * twice: to a socket and, as it was received, from there to DST, in one process: its memory holds the same bytes twice. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, PART = 1 << 15, CHUNK = 1 << 16, HEAD = 8 };

static void all(int sink, const char *from, size_t left) {
    while (left > 0) {
        ssize_t done = write(sink, from, left);
        if (done <= 0) _exit(1);
        from += done, left -= done;
    }
}

static size_t whole(int source, char *to, size_t wanted) {
    size_t have = 0;
    for (ssize_t n; have < wanted && (n = read(source, to + have, wanted - have)) > 0;) have += n;
    return have;
}

static void stale(int source, int sink, char *self) {
    char *chunk = malloc(CHUNK), *stdio = malloc(PAGE);
    int other = open(self, O_RDONLY);
    if (read(other, stdio, 114) != 114) _exit(1);
    for (size_t n; (n = whole(source, chunk, CHUNK)) > 0;)
        for (size_t at = 0; at < n; at += PAGE) {
            memcpy(stdio, chunk + at, PAGE);
            /* What was read to there is gone when the copy of its end is written. */
            if (at + PAGE == n && pread(other, chunk + at, PAGE, 0) != PAGE) _exit(1);
            all(sink, stdio, PAGE);
        }
}

static void reused(int source, int sink, char *self) {
    char *chunk = malloc(CHUNK), *buffer = malloc(CHUNK);
    for (size_t n; (n = whole(source, chunk, CHUNK)) > 0;) {
        int other = open(self, O_RDONLY);
        size_t before = read(other, buffer, PART);
        close(other);
        for (size_t at = 0; at < n; at += before) {
            size_t part = before < n - at ? before : n - at;
            memcpy(buffer, chunk + at, part);
            all(sink, buffer, part);
        }
    }
}

static void framed(int source, int sink) {
    int ends[2];
    if (pipe(ends)) _exit(1);
    if (!fork()) {
        char *chunk = malloc(CHUNK), *frame = malloc(HEAD + PART);
        close(ends[0]);
        for (size_t n; (n = whole(source, chunk, CHUNK)) > 0;)
            for (size_t at = 0; at < n; at += PART) {
                memset(frame, at / PART + 1, HEAD);
                memcpy(frame + HEAD, chunk + at, PART);
                all(ends[1], frame, HEAD + PART);
            }
        _exit(0);
    }
    close(ends[1]);
    char *ring = malloc(PART), *gathered = malloc(4 * PART), head[HEAD];
    size_t have = 0, place = 0;
    while (whole(ends[0], head, HEAD) == HEAD) {
        place = (place + HEAD) % PART;
        size_t first = PART - place;
        if (whole(ends[0], ring + place, first) != first || whole(ends[0], ring, place) != place) _exit(1);
        memcpy(gathered + have, ring + place, first);
        memcpy(gathered + have + first, ring, place);
        if ((have += PART) == 4 * PART) {
            all(sink, gathered, have);
            have = 0;
        }
    }
    all(sink, gathered, have);
    wait(0);
}

static void twice(int source, int sink) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) _exit(1);
    char *chunk = malloc(CHUNK), *came = malloc(3 * PART), *kept = malloc(8 * PART);
    size_t have = 0;
    for (size_t n; (n = whole(source, chunk, CHUNK)) > 0;)
        for (size_t at = 0; at < n; at += PART) {
            all(ends[0], chunk + at, PART);
            for (size_t got, left = PART; left > 0; left -= got) {
                got = read(ends[1], came, left < 3 * PAGE ? left : 3 * PAGE);
                memcpy(kept + have, came, got);
                have += got;
            }
            if (have < 5 * PART) continue;
            /* A part stays, as in a stream's buffer. */
            all(sink, kept, CHUNK);
            memmove(kept, kept + CHUNK, have -= CHUNK);
        }
    all(sink, kept, have);
}

static void rewritten(int source, int sink) {
    char *answer = malloc(CHUNK);
    for (size_t n; (n = whole(source, answer + 600, PART)) > 0;) {
        int ends[2];
        memset(answer + 400, 'h', 200);
        if (pipe(ends) || fcntl(ends[1], F_SETPIPE_SZ, CHUNK) < 0) _exit(1);
        all(ends[1], answer + 400, 200 + n);
        if (whole(ends[0], answer + 400, 200 + n) != 200 + n) _exit(1);
        memset(answer + 300, 'H', 300);
        char *other = malloc(CHUNK);
        memcpy(other, answer + 300, 300 + n);
        all(sink, other, 300 + n);
        close(ends[0]), close(ends[1]);
    }
}

static void lost(int source, int sink) {
    char *came = malloc(PART), *answer = malloc(CHUNK);
    for (size_t n; (n = whole(source, came, PART)) > 0;) {
        memset(answer, 'H', 300);
        memcpy(answer + 300, came + 200, n - 200);
        memset(came, 0, PART);
        all(sink, answer, n + 100);
    }
}

static void blocks(int source, int sink) {
    char *buffer = malloc(PART + 5), *map = mmap(0, 1 << 20, PROT_READ, MAP_PRIVATE, source, 0);
    for (size_t at = 0; at < 1 << 20; at += PART) {
        memcpy(buffer, (char[]){0, 0, -128, -1, 127}, 5);
        memcpy(buffer + 5, map + at, PART);
        all(sink, buffer, 5 + PART);
    }
}

int main(int argc, char **argv) {
    int source = open(argv[2], O_RDONLY), sink = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    switch (argv[1][0]) {
    case 's': stale(source, sink, argv[0]); break;
    case 'r': reused(source, sink, argv[0]); break;
    case 'f': framed(source, sink); break;
    case 'b': blocks(source, sink); break;
    case 'h': rewritten(source, sink); break;
    case 'l': lost(source, sink); break;
    default: twice(source, sink);
    }
    return 0;
}
