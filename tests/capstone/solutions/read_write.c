/* Two copies per byte: one buffer. */
static int send_file(int client, int file, off_t size)
{
    char piece[65536];

    while (size > 0) {
        ssize_t got = read(file, piece, sizeof piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0 || send_all(client, piece, got, 0) < 0)
            return -1;
        size -= got;
    }
    return 0;
}
