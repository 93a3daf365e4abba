// Go: io.Copy() from a file to a TCP connection. See README.md.
package main

import (
	"fmt"
	"io"
	"net"
	"os"
)

func main() {
	file, _ := os.Open(os.Args[1])
	peer, _ := net.Dial("tcp", "127.0.0.1:"+os.Args[2])
	sent, err := io.Copy(peer, file)
	fmt.Println("sent", sent, err)
	peer.Close()
}
