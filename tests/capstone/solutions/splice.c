/* No copy: references go through a pipe. */
static int send_file(int client, int file, off_t size)
{
    int ends[2];
    off_t at = 0;
    int failed = 0;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    while (!failed && at < size) {
        ssize_t in = splice(file, &at, ends[1], NULL, size - at, SPLICE_F_MORE);
        if (in < 0 && errno == EINTR)
            continue;
        failed = in <= 0;
        while (!failed && in > 0) {
            ssize_t out = splice(ends[0], NULL, client, NULL, in, at < size ? SPLICE_F_MORE : 0);
            if (out < 0 && errno == EINTR)
                continue;
            failed = out <= 0;
            in -= out;
        }
    }
    close(ends[0]);
    close(ends[1]);
    return failed ? -1 : 0;
}
