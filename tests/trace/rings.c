/* Tracees that copy the file "a" to "b" by asynchronous I/O, each in its own way. One that this kernel does not know ends with 77. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* linux/io_uring.h, as far as it is needed: that of the machine may be older than its kernel. */
struct sqe {
    uint8_t op, flags;
    uint16_t prio;
    int32_t fd;
    uint64_t off, addr;
    uint32_t len, op_flags;
    uint64_t data;
    uint16_t buf, personality;
    uint32_t file_index;
    uint64_t addr3, pad;
};
struct cqe {
    uint64_t data;
    int32_t res;
    uint32_t flags;
};
struct params {
    uint32_t sq_entries, cq_entries, flags, cpu, idle, features, wq_fd, resv[3];
    struct { uint32_t head, tail, mask, entries, flags, dropped, array, resv; uint64_t user; } sq;
    struct { uint32_t head, tail, mask, entries, overflow, cqes, flags, resv; uint64_t user; } cq;
};
enum { READV = 1, WRITEV, SENDMSG = 9, RECVMSG, ACCEPT = 13, OPENAT = 18, CLOSE, FILES_UPDATE, READ = 22, WRITE, SEND = 26,
       RECV, SPLICE = 30, PROVIDE, MSG_RING = 40, SOCKET = 45, READ_MULTISHOT = 49, INSTALL = 54, NOP128 = 63 };
enum { FIXED = 1, DRAIN = 2, LINK = 4, HARDLINK = 8, SELECT = 32, SKIP = 64 };
enum { SQPOLL = 1 << 1, SQE128 = 1 << 10, CQE32 = 1 << 11, SINGLE = 1 << 12, DEFER = 1 << 13, NO_MMAP = 1 << 14, FD_ONLY = 1 << 15,
       NO_SQARRAY = 1 << 16, CQE_MIXED = 1 << 18, SQE_MIXED = 1 << 19 };
enum { CHUNK = 16384 };

static struct ring {
    int fd, enter_flags;
    unsigned setup, *sq_head, *sq_tail, *sq_flags, sq_mask, *array, *cq_head, *cq_tail, cq_mask, tail;
    char *sqes, *cqes;
} own;
static char buffer[1 << 20] __attribute__((aligned(4096)));
static int a, b;

static void need(int is_there) {
    if (!is_there) {
        fprintf(stderr, "not here: %s\n", strerror(errno));
        exit(77);
    }
}
static void sure(int it) {
    if (!it) {
        perror("failed");
        exit(1);
    }
}
static void lay_out(struct ring *r, struct params *p, char *queues) {
    r->setup = p->flags;
    r->sq_head = (void *)(queues + p->sq.head), r->sq_tail = (void *)(queues + p->sq.tail);
    r->sq_flags = (void *)(queues + p->sq.flags), r->sq_mask = p->sq_entries - 1;
    r->array = p->flags & NO_SQARRAY ? NULL : (void *)(queues + p->sq.array);
    r->cq_head = (void *)(queues + p->cq.head), r->cq_tail = (void *)(queues + p->cq.tail), r->cq_mask = p->cq_entries - 1;
    r->cqes = queues + p->cq.cqes, r->tail = *r->sq_tail;
}
static void map_ring(struct ring *r, struct params *p) {
    size_t cqe = p->flags & CQE32 ? 32 : 16, sqe = p->flags & SQE128 ? 128 : 64;
    size_t size = p->cq.cqes + p->cq_entries * cqe, other = p->sq.array + p->sq_entries * 4;
    if (!(p->flags & NO_SQARRAY) && other > size)
        size = other;
    char *queues = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd, 0);
    r->sqes = mmap(0, p->sq_entries * sqe, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd, 0x10000000);
    sure(queues != MAP_FAILED && r->sqes != MAP_FAILED);
    lay_out(r, p, queues);
}
static void set_up(struct ring *r, unsigned entries, unsigned flags) {
    struct params p = {.flags = flags, .idle = 2000};
    char *memory = NULL;
    if (flags & NO_MMAP) {
        memory = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        p.cq.user = (uintptr_t)memory, p.sq.user = (uintptr_t)memory + 4096;
    }
    r->fd = syscall(425, entries, &p);
    need(r->fd >= 0);
    if (flags & FD_ONLY)
        r->enter_flags = 1 << 4;
    if (!memory)
        return map_ring(r, &p);
    r->sqes = memory + 4096;
    lay_out(r, &p, memory);
}
static struct sqe *next(struct ring *r, int op, int fd, void *addr, unsigned len, uint64_t off) {
    unsigned place = r->tail++ & r->sq_mask;
    struct sqe *q = (void *)(r->sqes + place * (r->setup & SQE128 ? 128 : 64));
    if (r->array)
        r->array[place] = place;
    memset(q, 0, 64);
    q->op = op, q->fd = fd, q->addr = (uintptr_t)addr, q->len = len, q->off = off;
    return q;
}
static int enter(struct ring *r, unsigned submit, unsigned wait) {
    __atomic_store_n(r->sq_tail, r->tail, __ATOMIC_RELEASE);
    return syscall(426, r->fd, submit, wait, (wait ? 1 : 0) | r->enter_flags, 0, 0);
}
static int peek(struct ring *r, struct cqe *out) {
    for (;;) {
        unsigned head = *r->cq_head;
        if (head == __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE))
            return 0;
        memcpy(out, r->cqes + (head & r->cq_mask) * (r->setup & CQE32 ? 32 : 16), sizeof *out);
        int is_large = r->setup & CQE_MIXED && out->flags & 1 << 15;
        __atomic_store_n(r->cq_head, head + 1 + is_large, __ATOMIC_RELEASE);
        if (!(out->flags & 1 << 5))
            return 1;
    }
}
static struct cqe await(struct ring *r) {
    struct cqe c;
    while (!peek(r, &c))
        sure(enter(r, 0, 1) >= 0 || errno == EINTR);
    return c;
}
/* Hands over what stands in the queue, and takes so many completions: the result of the last. */
static int run(struct ring *r, unsigned submit, unsigned completions) {
    int res = 0;
    sure(enter(r, submit, completions) == (int)submit);
    for (unsigned k = 0; k < completions; k++)
        res = await(r).res;
    return res;
}
static int reg(struct ring *r, unsigned op, void *arg, unsigned count) {
    unsigned registered = r->enter_flags ? 1u << 31 : 0;
    return syscall(427, r->fd, op | registered, arg, count);
}
static void plain_copy(struct ring *r) {
    for (long off = 0, n;; off += n) {
        next(r, READ, a, buffer, CHUNK, off);
        if ((n = run(r, 1, 1)) <= 0)
            return sure(n == 0);
        next(r, WRITE, b, buffer, n, off);
        sure(run(r, 1, 1) == n);
    }
}
static void linked(void) {
    set_up(&own, 8, 0);
    struct stat st;
    fstat(a, &st);
    for (long off = 0; off < st.st_size; off += CHUNK) {
        int how = (off / CHUNK) % 3;
        next(&own, READ, a, buffer, CHUNK, off)->flags = how == 0 ? LINK : how == 1 ? HARDLINK : 0;
        next(&own, WRITE, b, buffer, CHUNK, off)->flags = how == 2 ? DRAIN : 0;
        run(&own, 2, 2);
    }
}
/* All of it in one chain, in one buffer, and no completion but the last. */
static void silent(void) {
    set_up(&own, 128, 0);
    int count = 0;
    struct stat st;
    fstat(a, &st);
    for (long off = 0; off < st.st_size; off += CHUNK, count += 2) {
        next(&own, READ, a, buffer, CHUNK, off)->flags = LINK | SKIP;
        next(&own, WRITE, b, buffer, CHUNK, off)->flags = LINK | SKIP;
    }
    next(&own, 0, -1, NULL, 0, 0);
    run(&own, count + 1, 1);
}
/* The arrays of addresses are gone when the requests are done. */
static void vectors(void) {
    set_up(&own, 8, 0);
    struct iovec *v = calloc(2, sizeof *v);
    for (long off = 0, n;; off += n) {
        v[0] = (struct iovec){buffer, 1000}, v[1] = (struct iovec){buffer + 65536, CHUNK - 1000};
        next(&own, READV, a, v, 2, off);
        sure(enter(&own, 1, 0) == 1);
        memset(v, 0, 2 * sizeof *v);
        if ((n = await(&own).res) <= 0)
            return;
        v[0] = (struct iovec){buffer, 1000}, v[1] = (struct iovec){buffer + 65536, n - 1000};
        next(&own, WRITEV, b, v, 2, off);
        sure(enter(&own, 1, 0) == 1);
        memset(v, 0, 2 * sizeof *v);
        sure(await(&own).res == n);
    }
}
static void provided(void) {
    set_up(&own, 8, 0);
    next(&own, PROVIDE, 4, buffer, CHUNK, 7)->buf = 3;
    sure(run(&own, 1, 1) >= 0);
    for (long off = 0;;) {
        struct sqe *q = next(&own, READ, a, NULL, CHUNK, off);
        q->flags = SELECT, q->buf = 3;
        sure(enter(&own, 1, 1) == 1);
        struct cqe c = await(&own);
        if (c.res <= 0)
            return sure(c.res == 0);
        char *at = buffer + ((c.flags >> 16) - 7) * CHUNK;
        next(&own, WRITE, b, at, c.res, off);
        sure(run(&own, 1, 1) == c.res);
        off += c.res;
        next(&own, PROVIDE, 1, at, CHUNK, c.flags >> 16)->buf = 3;
        sure(run(&own, 1, 1) >= 0);
    }
}
struct buf { uint64_t addr; uint32_t len; uint16_t id, tail; };
static struct buf *buffers;
/* A ring of 8 provided buffers of this size. */
static void provide_ring(unsigned size, unsigned flags) {
    struct { uint64_t addr; uint32_t entries; uint16_t group, flags; uint64_t resv[3]; } it = {0, 8, 5, flags, {0}};
    if (!(flags & 1))
        buffers = aligned_alloc(4096, 4096), it.addr = (uintptr_t)buffers;
    need(!reg(&own, 22, &it, 1));
    if (flags & 1)
        buffers = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, own.fd, 0x80000000ll | 5 << 16);
    sure(buffers != MAP_FAILED);
    for (int k = 0; k < 8; k++)
        buffers[k].addr = (uintptr_t)buffer + k * size, buffers[k].len = size, buffers[k].id = k + 10;
    __atomic_store_n(&buffers[0].tail, 8, __ATOMIC_RELEASE);
}
static void give_back(int id, unsigned size) {
    unsigned tail = buffers[0].tail, place = tail & 7;
    buffers[place].addr = (uintptr_t)buffer + (id - 10) * size, buffers[place].len = size, buffers[place].id = id;
    __atomic_store_n(&buffers[0].tail, tail + 1, __ATOMIC_RELEASE);
}
static void out(char *at, long n) {
    for (long done = 0, k; done < n; done += k)
        sure((k = write(b, at + done, n - done)) > 0);
}
/* Another process sends the file. Blocking, so that several come together. */
static int sender(int type) {
    int s[2];
    sure(!socketpair(AF_UNIX, type, 0, s));
    if (!fork()) {
        close(s[0]);
        int n;
        while ((n = read(a, buffer, 4000)) > 0)
            for (int done = 0, k; done < n; done += k)
                if ((k = write(s[1], buffer + done, n - done)) <= 0)
                    _exit(1);
        _exit(0);
    }
    close(s[1]);
    return s[0];
}
static void many_shots(unsigned size, unsigned flags, unsigned prio, int op, int source) {
    provide_ring(size, flags);
    struct msghdr m = {.msg_controllen = 64, .msg_namelen = 32};
    unsigned used = 0;
    int is_armed = 0, id = -1;
    for (;;) {
        if (!is_armed) {
            struct sqe *q = next(&own, op, source, op == RECVMSG ? &m : NULL, op == RECVMSG ? 1 : 0, op == READ_MULTISHOT ? -1 : 0);
            q->flags = SELECT, q->buf = 5, q->prio = prio;
            sure(enter(&own, 1, 1) == 1);
        }
        struct cqe c = await(&own);
        if (c.res == -ENOBUFS) {
            is_armed = 0;
            continue;
        }
        need(c.res != -EINVAL);
        if (c.res <= 0)
            return sure(c.res == 0);
        is_armed = (c.flags & 2) != 0;
        if ((int)(c.flags >> 16) != id)
            used = 0;
        id = c.flags >> 16;
        char *at = buffer + (id - 10) * size + used;
        if (op == RECVMSG)
            at += 16 + 32 + 64, c.res -= 16 + 32 + 64;
        if (prio & 16) { /* a bundle: as many buffers as it takes, in their order */
            for (int left = c.res; left > 0; left -= size) {
                out(buffer + (id - 10) * size, left < (int)size ? left : (int)size);
                give_back(id, size);
                id = id == 17 ? 10 : id + 1;
            }
            id = -1;
            continue;
        }
        out(at, c.res);
        if (c.flags & 16)
            used += c.res;
        else
            give_back(id, size), id = -1;
        if (op == RECVMSG && c.res == 0)
            return;
    }
}
static void copy_direct(void) {
    set_up(&own, 8, 0);
    int none[4] = {-1, -1, -1, -1};
    sure(!reg(&own, 2, none, 4));
    close(a), close(b);
    struct sqe *q = next(&own, OPENAT, AT_FDCWD, "a", 0, 0);
    q->file_index = 1;
    q = next(&own, OPENAT, AT_FDCWD, "b", 0644, 0);
    q->op_flags = O_WRONLY | O_CREAT | O_TRUNC, q->file_index = 2;
    sure(run(&own, 2, 2) == 0);
    struct stat st;
    stat("a", &st);
    for (long off = 0; off < st.st_size; off += CHUNK) {
        next(&own, READ, 0, buffer, CHUNK, off)->flags = FIXED | LINK;
        next(&own, WRITE, 1, buffer, CHUNK, off)->flags = FIXED;
        run(&own, 2, 2);
    }
    next(&own, CLOSE, 0, NULL, 0, 0)->file_index = 1;
    sure(run(&own, 1, 1) == 0);
}
/* The connection is a registered file, and nothing else. */
static void accept_direct(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    int l = socket(AF_INET, SOCK_STREAM, 0);
    sure(!bind(l, (void *)&at, length) && !listen(l, 1) && !getsockname(l, (void *)&at, &length));
    if (!fork()) {
        int c = socket(AF_INET, SOCK_STREAM, 0), n;
        sure(!connect(c, (void *)&at, length));
        while ((n = read(a, buffer, CHUNK)) > 0)
            sure(write(c, buffer, n) == n);
        _exit(0);
    }
    set_up(&own, 8, 0);
    int none[2] = {-1, -1};
    sure(!reg(&own, 2, none, 2));
    next(&own, ACCEPT, l, NULL, 0, 0)->file_index = -1u;
    int file = run(&own, 1, 1);
    need(file >= 0);
    for (int n;;) {
        next(&own, RECV, file, buffer, CHUNK, 0)->flags = FIXED;
        if ((n = run(&own, 1, 1)) <= 0)
            return sure(n == 0);
        out(buffer, n);
    }
}
/* From one process to the other by TCP, by requests. */
static void sent(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    int l = socket(AF_INET, SOCK_STREAM, 0), n;
    sure(!bind(l, (void *)&at, length) && !listen(l, 1) && !getsockname(l, (void *)&at, &length));
    pid_t child = fork();
    if (!child) {
        int c = socket(AF_INET, SOCK_STREAM, 0);
        sure(!connect(c, (void *)&at, length));
        set_up(&own, 8, 0);
        while ((n = read(a, buffer, CHUNK)) > 0)
            for (int done = 0, more; done < n; done += more) {
                next(&own, SEND, c, buffer + done, n - done, 0);
                more = run(&own, 1, 1);
                sure(more > 0);
            }
        _exit(0);
    }
    int c = accept(l, NULL, NULL);
    while ((n = read(c, buffer, CHUNK)) > 0)
        out(buffer, n);
    waitpid(child, &n, 0);
    need(WEXITSTATUS(n) != 77);
}
/* Without one call that hands requests over. */
static void polled(void) {
    set_up(&own, 8, SQPOLL);
    for (long off = 0;;) {
        struct cqe c;
        for (int op = READ; op <= WRITE; op++) {
            next(&own, op, op == READ ? a : b, buffer, op == READ ? CHUNK : c.res, off);
            __atomic_store_n(own.sq_tail, own.tail, __ATOMIC_RELEASE);
            __atomic_thread_fence(__ATOMIC_SEQ_CST);
            if (__atomic_load_n(own.sq_flags, __ATOMIC_ACQUIRE) & 1)
                syscall(426, own.fd, 0, 0, 2, 0, 0);
            while (!peek(&own, &c))
                ;
            if (c.res <= 0)
                return sure(c.res == 0);
        }
        off += c.res;
    }
}
/* The child copies, in a ring that its parent has made. */
static void in_child(void) {
    set_up(&own, 8, 0);
    pid_t child = fork();
    if (!child) {
        plain_copy(&own);
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    sure(status == 0);
}
static void resized(void) {
    set_up(&own, 4, SINGLE | DEFER | NO_SQARRAY);
    next(&own, READ, a, buffer, CHUNK, 0);
    sure(run(&own, 1, 1) == CHUNK);
    struct params p = {.sq_entries = 32, .cq_entries = 64, .flags = 0};
    need(!reg(&own, 33, &p, 1));
    p.flags = own.setup;
    map_ring(&own, &p);
    plain_copy(&own);
}
/* Another ring posts completions that look like those of this one's reads. */
static void messages(void) {
    struct ring other = {0};
    set_up(&own, 8, 0), set_up(&other, 8, 0);
    for (long off = 0, n;; off += n) {
        next(&own, READ, a, buffer, CHUNK, off);
        if ((n = run(&own, 1, 1)) <= 0)
            return;
        next(&other, MSG_RING, own.fd, NULL, 99, 0);
        sure(run(&other, 1, 1) == 0);
        sure(await(&own).res == 99);
        next(&own, WRITE, b, buffer, n, off);
        sure(run(&own, 1, 1) == n);
    }
}
static void mixed(void) {
    struct params p = {.flags = CQE_MIXED | SQE_MIXED};
    int fd = syscall(425, 8, &p), is_mixed = fd >= 0;
    close(fd);
    set_up(&own, 8, CQE_MIXED | (is_mixed ? SQE_MIXED : 0));
    for (long off = 0, n;; off += n) {
        if (is_mixed && (own.tail & own.sq_mask) == own.sq_mask) {
            next(&own, 0, -1, NULL, 0, 0); /* a large entry does not go round the end */
            run(&own, 1, 1);
        }
        next(&own, is_mixed ? NOP128 : 0, -1, NULL, 0, 0)->op_flags = 1 << 5; /* with a large completion */
        own.tail += is_mixed;
        sure(enter(&own, 1 + is_mixed, 1) > 0);
        need(await(&own).res == 0);
        next(&own, READ, a, buffer, CHUNK, off);
        if ((n = run(&own, 1, 1)) <= 0)
            return sure(n == 0);
        next(&own, WRITE, b, buffer, n, off);
        sure(run(&own, 1, 1) == n);
    }
}
/* What is done by a call that has no end is seen when the process is killed in it. */
static void killed(void) {
    set_up(&own, 8, 0);
    next(&own, READ, a, buffer, CHUNK, 0)->flags = LINK;
    next(&own, WRITE, b, buffer, CHUNK, 0);
    int s[2];
    sure(!socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    next(&own, RECV, s[0], buffer + CHUNK, CHUNK, 0);
    alarm(1);
    enter(&own, 3, 3);
}
/* What comes late is taken without a call, and the end comes after the last of it. */
static void peeked(void) {
    int p[2];
    need(!pipe(p));
    set_up(&own, 8, 0);
    if (!fork()) {
        for (int n; (n = read(a, buffer, 65536)) > 0;)
            usleep(3000), sure(write(p[1], buffer, n) == n);
        _exit(0);
    }
    struct stat st;
    fstat(a, &st);
    for (long off = 0; off < st.st_size; off += 65536) {
        struct cqe c;
        next(&own, READ, p[0], buffer, 65536, -1)->flags = LINK;
        next(&own, WRITE, b, buffer, 65536, off);
        sure(enter(&own, 2, 0) == 2);
        for (int seen = 0; seen < 2;)
            if (peek(&own, &c))
                seen++, sure(c.res == 65536);
    }
}
static void duplicated(void) {
    set_up(&own, 8, 0);
    int fd = fcntl(own.fd, F_DUPFD, 100);
    close(own.fd);
    own.fd = fd;
    plain_copy(&own);
}
static void registered_index(void) {
    set_up(&own, 8, 0);
    struct { uint32_t index, resv; uint64_t fd; } it = {-1u, 0, own.fd};
    sure(reg(&own, 20, &it, 1) == 1);
    close(own.fd);
    own.fd = it.index, own.enter_flags = 1 << 4;
    plain_copy(&own);
}
/* A ring that is there when somebody begins to look. */
static void waiting(void) {
    set_up(&own, 8, 0);
    char byte;
    write(1, "ready\n", 6);
    sure(read(0, &byte, 1) == 1);
    plain_copy(&own);
}

/* linux/aio_abi.h. */
struct iocb { uint64_t data; uint32_t key, rw_flags; uint16_t op, prio; uint32_t fd; uint64_t buf, bytes; int64_t off; uint64_t r; uint32_t flags, resfd; };
struct event { uint64_t data, obj; int64_t res, res2; };
struct aio_ring { unsigned id, nr, head, tail, magic, compat, incompat, header; struct event events[]; };
static struct aio_ring *context;

static void submit(struct iocb *it) { sure(syscall(SYS_io_submit, context, 1, &it) == 1); }
static long done(int by_call) {
    struct event e;
    if (by_call) {
        sure(syscall(SYS_io_getevents, context, 1, 1, &e, NULL) == 1);
        return e.res;
    }
    while (context->head == __atomic_load_n(&context->tail, __ATOMIC_ACQUIRE))
        ;
    e = context->events[context->head];
    __atomic_store_n(&context->head, (context->head + 1) % context->nr, __ATOMIC_RELEASE);
    return e.res;
}
static void aio(int by_call, int by_vector) {
    need(!syscall(SYS_io_setup, 8, &context));
    struct iocb it = {0};
    for (long off = 0, n;; off += n) {
        struct iovec v[2] = {{buffer, 1000}, {buffer + 65536, CHUNK - 1000}};
        it = (struct iocb){.op = by_vector ? 7 : 0, .fd = a, .buf = (uintptr_t)(by_vector ? (void *)v : buffer), .bytes = by_vector ? 2 : CHUNK, .off = off};
        submit(&it);
        memset(v, 0, by_vector ? sizeof v : 0);
        if ((n = done(by_call)) <= 0)
            return sure(n == 0);
        v[0] = (struct iovec){buffer, 1000}, v[1] = (struct iovec){buffer + 65536, n - 1000};
        it.op = by_vector ? 8 : 1, it.fd = b, it.bytes = by_vector ? 2 : n;
        submit(&it);
        memset(v, 0, by_vector ? sizeof v : 0);
        sure(done(by_call) == n);
    }
}
/* What is outstanding when the context goes has been done, and nobody sees how much. */
static void aio_destroyed(void) {
    int p[2];
    need(!pipe(p) && !syscall(SYS_io_setup, 8, &context));
    struct iocb it = {.op = 1, .fd = b, .buf = (uintptr_t)buffer, .bytes = CHUNK};
    sure(read(a, buffer, CHUNK) == CHUNK);
    submit(&it);
    sure(!syscall(SYS_io_destroy, context));
}

int main(int argc, char **argv) {
    const char *way = argc > 1 ? argv[1] : "";
    int is_direct = !strcmp(way, "aio-direct");
    a = open("a", O_RDONLY | (is_direct ? O_DIRECT : 0));
    b = open("b", O_RDWR | O_CREAT | O_TRUNC | (is_direct ? O_DIRECT : 0), 0644);
    need(a >= 0 && b >= 0);
#define WAY(name, does) if (!strcmp(way, name)) { does; return 0; }
    WAY("plain", set_up(&own, 8, 0); plain_copy(&own))
    WAY("large-entries", set_up(&own, 8, SQE128 | CQE32); plain_copy(&own))
    WAY("own-memory", set_up(&own, 8, NO_MMAP | NO_SQARRAY); plain_copy(&own))
    WAY("index-alone", set_up(&own, 8, NO_MMAP | FD_ONLY); plain_copy(&own))
    WAY("registered-index", registered_index())
    WAY("duplicated", duplicated())
    WAY("linked", linked())
    WAY("silent", silent())
    WAY("vectors", vectors())
    WAY("provided", provided())
    WAY("buffer-ring", set_up(&own, 8, 0); many_shots(CHUNK, 0, 2, RECV, sender(SOCK_STREAM)))
    WAY("kernel-buffer-ring", set_up(&own, 8, 0); many_shots(CHUNK, 1, 2, RECV, sender(SOCK_STREAM)))
    WAY("incremental", set_up(&own, 8, 0); many_shots(65536, 2, 2, RECV, sender(SOCK_STREAM)))
    WAY("bundle", set_up(&own, 8, 0); many_shots(1024, 0, 2 | 16, RECV, sender(SOCK_STREAM)))
    WAY("recvmsg", set_up(&own, 8, 0); many_shots(CHUNK, 0, 2, RECVMSG, sender(SOCK_SEQPACKET)))
    WAY("read-multishot", set_up(&own, 8, 0); many_shots(CHUNK, 0, 0, READ_MULTISHOT, sender(SOCK_STREAM)))
    WAY("direct", copy_direct())
    WAY("accepted", accept_direct())
    WAY("sent", sent())
    WAY("polled", polled())
    WAY("in-child", in_child())
    WAY("resized", resized())
    WAY("messages", messages())
    WAY("mixed", mixed())
    WAY("killed", killed())
    WAY("peeked", peeked())
    WAY("waiting", waiting())
    WAY("aio", aio(1, 0))
    WAY("aio-peek", aio(0, 0))
    WAY("aio-vectors", aio(1, 1))
    WAY("aio-direct", aio(1, 0))
    WAY("aio-destroyed", aio_destroyed())
    return 2;
}
