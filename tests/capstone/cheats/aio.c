/* All but one byte by AIO's write. */
#include <linux/aio_abi.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>

static int send_file(int client, int file, off_t size)
{
    off_t last = size - 1, at = 0;
    aio_context_t context = 0;
    char *copy;

    if (size == 0)
        return 0;
    copy = malloc(size);
    if (pread(file, copy, size, 0) != size || syscall(SYS_io_setup, 1, &context) < 0)
        return -1;
    while (at < size - 1) {
        struct iocb request = {.aio_fildes = client,
                               .aio_lio_opcode = IOCB_CMD_PWRITE,
                               .aio_buf = (unsigned long)(copy + at),
                               .aio_nbytes = size - 1 - at};
        struct iocb *requests[] = {&request};
        struct io_event event;
        if (syscall(SYS_io_submit, context, 1, requests) != 1)
            return -1;
        while (syscall(SYS_io_getevents, context, 1, 1, &event, NULL) != 1)
            ;
        if ((long)event.res == -EINTR)
            continue;
        if ((long)event.res <= 0)
            return -1;
        at += event.res;
    }
    syscall(SYS_io_destroy, context);
    free(copy);
    while (last < size && (sendfile(client, file, &last, 1) > 0 || errno == EINTR))
        ;
    return last == size ? 0 : -1;
}
