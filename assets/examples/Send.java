// Java: FileChannel.transferTo() to a SocketChannel. See README.md.
import java.net.*;
import java.nio.channels.*;
import java.nio.file.*;

class Send {
    public static void main(String[] args) throws Exception {
        var to = new InetSocketAddress("127.0.0.1", Integer.parseInt(args[1]));
        try (var file = FileChannel.open(Path.of(args[0])); var peer = SocketChannel.open(to)) {
            long at = 0;
            while (at < file.size()) at += file.transferTo(at, file.size() - at, peer);
            System.out.println("sent " + at);
        }
    }
}
