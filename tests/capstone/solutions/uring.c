/* No copy: splice requests of a ring, through a pipe. */
#include "RING"

/* The kernel's own number for a call to be restarted: a splice request that a stop signal interrupts answers with it
 * (seen on Linux 6.18), and means EINTR. */
#define ERESTARTSYS 512

static int move(struct ring *ring, int in, off_t at, int out, unsigned count)
{
    struct io_uring_sqe request = {
        .opcode = IORING_OP_SPLICE,
        .fd = out,
        .off = (uint64_t)-1,
        .splice_fd_in = in,
        .splice_off_in = at,
        .len = count,
    };
    int moved;

    do
        moved = ring_do(ring, request, 0);
    while (moved == -EINTR || moved == -EAGAIN || moved == -ERESTARTSYS);
    return moved;
}

static int send_file(int client, int file, off_t size)
{
    struct ring ring;
    int ends[2], failed = 0;
    off_t at = 0;

    if (pipe2(ends, O_CLOEXEC) < 0 || ring_open(&ring, 0) < 0)
        return -1;
    while (!failed && at < size) {
        int in = move(&ring, file, at, ends[1], size - at < 65536 ? size - at : 65536);
        failed = in <= 0;
        for (at += in; !failed && in > 0;) {
            int out = move(&ring, ends[0], -1, client, in);
            failed = out <= 0;
            in -= out;
        }
    }
    ring_close(&ring);
    close(ends[0]);
    close(ends[1]);
    return failed ? -1 : 0;
}
