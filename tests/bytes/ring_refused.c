/* ring_refused SRC DST: an io_uring is asked to splice SRC to DST, which it refuses: neither is a pipe. read(2) and write(2) copy
 * it then. */
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int count, char **arguments) {
    static char buffer[65536];
    struct io_uring_params params = {0};
    int source = open(arguments[1], O_RDONLY), sink = open(arguments[2], O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int ring = syscall(SYS_io_uring_setup, 4, &params);
    if (ring < 0) {
        puts("refused here: io-uring: no ring");
        return 0;
    }
    size_t size = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
    char *rings = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
    struct io_uring_sqe *entry = mmap(0, sizeof *entry, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
    entry->opcode = IORING_OP_SPLICE;
    entry->fd = sink;
    entry->off = entry->splice_off_in = -1;
    entry->splice_fd_in = source;
    entry->len = sizeof buffer;
    ((unsigned *)(rings + params.sq_off.array))[0] = 0;
    __atomic_store_n((unsigned *)(rings + params.sq_off.tail), 1, __ATOMIC_RELEASE);
    if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, 0, 0) != 1) return 1;
    struct io_uring_cqe *done = (void *)(rings + params.cq_off.cqes);
    if (done->res >= 0) return 2;
    __atomic_store_n((unsigned *)(rings + params.cq_off.head), 1, __ATOMIC_RELEASE);
    for (ssize_t got; (got = read(source, buffer, sizeof buffer)) > 0;)
        if (write(sink, buffer, got) != got) return 3;
    return 0;
}
