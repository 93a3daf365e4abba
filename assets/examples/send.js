// Node.js: a stream of a file, piped into a socket. See README.md.
const { createReadStream } = require("node:fs");
const { connect } = require("node:net");

const [file, port] = process.argv.slice(2);
const peer = connect(Number(port), "127.0.0.1", () => {
  createReadStream(file).pipe(peer).on("close", () => console.log("sent", peer.bytesWritten));
});
