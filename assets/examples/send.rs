// Rust: std::io::copy() from a file to a TcpStream. See README.md.
use std::{env, fs::File, io, net::TcpStream};

fn main() -> io::Result<()> {
    let mut file = File::open(env::args().nth(1).expect("a file"))?;
    let port = env::args().nth(2).expect("a port");
    let mut peer = TcpStream::connect(format!("127.0.0.1:{port}"))?;
    println!("sent {}", io::copy(&mut file, &mut peer)?);
    Ok(())
}
