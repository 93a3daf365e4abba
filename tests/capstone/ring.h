/* The least of io_uring that a test needs: one request at a time. */
#include <linux/io_uring.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>

struct ring {
    int fd;
    unsigned *sq_tail, *sq_mask, *sq_array, *sq_flags, *cq_head, *cq_tail, *cq_mask;
    struct io_uring_sqe *sqes;
    struct io_uring_cqe *cqes;
    void *queues;
    size_t queues_size, sqes_size;
};

static int ring_open(struct ring *ring, unsigned flags)
{
    struct io_uring_params p = {.flags = flags, .sq_thread_idle = 1000};
    char *at;

    ring->fd = syscall(SYS_io_uring_setup, 4, &p);
    if (ring->fd < 0)
        return -1;
    ring->queues_size = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
    if (p.sq_off.array + p.sq_entries * sizeof(unsigned) > ring->queues_size)
        ring->queues_size = p.sq_off.array + p.sq_entries * sizeof(unsigned);
    ring->sqes_size = p.sq_entries * sizeof(struct io_uring_sqe);
    at = ring->queues = mmap(NULL, ring->queues_size, PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_POPULATE, ring->fd, IORING_OFF_SQ_RING);
    ring->sqes = mmap(NULL, ring->sqes_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                      ring->fd, IORING_OFF_SQES);
    if (at == MAP_FAILED || (void *)ring->sqes == MAP_FAILED)
        return -1;
    ring->sq_tail = (void *)(at + p.sq_off.tail);
    ring->sq_mask = (void *)(at + p.sq_off.ring_mask);
    ring->sq_array = (void *)(at + p.sq_off.array);
    ring->sq_flags = (void *)(at + p.sq_off.flags);
    ring->cq_head = (void *)(at + p.cq_off.head);
    ring->cq_tail = (void *)(at + p.cq_off.tail);
    ring->cq_mask = (void *)(at + p.cq_off.ring_mask);
    ring->cqes = (void *)(at + p.cq_off.cqes);
    return 0;
}

static void ring_close(struct ring *ring)
{
    munmap(ring->sqes, ring->sqes_size);
    munmap(ring->queues, ring->queues_size);
    close(ring->fd);
}

/* Hands one request over and waits for its answer: its result. */
static int ring_do(struct ring *ring, struct io_uring_sqe request, int polled)
{
    unsigned tail = *ring->sq_tail, at = tail & *ring->sq_mask, head = *ring->cq_head;
    int result;

    ring->sqes[at] = request;
    ring->sq_array[at] = at;
    __atomic_store_n(ring->sq_tail, tail + 1, __ATOMIC_RELEASE);
    if (polled) {
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        if (__atomic_load_n(ring->sq_flags, __ATOMIC_RELAXED) & IORING_SQ_NEED_WAKEUP)
            syscall(SYS_io_uring_enter, ring->fd, 0, 0, IORING_ENTER_SQ_WAKEUP, NULL, 0);
        while (__atomic_load_n(ring->cq_tail, __ATOMIC_ACQUIRE) == head)
            usleep(100);
    } else {
        int left = 1;
        while (__atomic_load_n(ring->cq_tail, __ATOMIC_ACQUIRE) == head) {
            int taken = syscall(SYS_io_uring_enter, ring->fd, left, 1, IORING_ENTER_GETEVENTS,
                                NULL, 0);
            if (taken < 0 && errno != EINTR)
                return -errno;
            if (taken > 0)
                left -= taken;
        }
    }
    result = ring->cqes[head & *ring->cq_mask].res;
    __atomic_store_n(ring->cq_head, head + 1, __ATOMIC_RELEASE);
    return result;
}
