// C++: an ifstream's buffer, inserted into a stream over a socket: the standard library has no call for it. See README.md.
#include <arpa/inet.h>
#include <ext/stdio_filebuf.h>
#include <fstream>
#include <iostream>

int main(int, char **argv) {
    sockaddr_in to{AF_INET, htons(std::stoi(argv[2])), {htonl(INADDR_LOOPBACK)}, {}};
    int peer = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(peer, reinterpret_cast<sockaddr *>(&to), sizeof to) != 0) return 1;
    __gnu_cxx::stdio_filebuf<char> buffer(peer, std::ios::out | std::ios::binary);
    std::ifstream file(argv[1], std::ios::binary);
    std::ostream out(&buffer);
    out << file.rdbuf() << std::flush;
    std::cout << "sent " << file.tellg() << std::endl;
}
