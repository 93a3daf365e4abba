# Python: socket.sendfile() sends a file. See README.md.
import socket, sys

with open(sys.argv[1], "rb") as file, socket.create_connection(("127.0.0.1", int(sys.argv[2]))) as peer:
    sent = peer.sendfile(file)
print("sent", sent)
