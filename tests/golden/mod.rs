//! Recordings made by hand: exact, small, the same on every machine.
#![allow(dead_code)]

use zclab::model::*;

/// Builds a trace call by call.
pub struct Maker {
    trace: Trace,
}

impl Maker {
    /// A task, the source as descriptor 3, the sink as descriptor 4, a pipe as 5 (out) and 6 (into).
    pub fn new(sink: Sink) -> Maker {
        let descriptor = |fd, kind, name: &str| Descriptor {
            fd,
            kind,
            name: name.to_owned(),
            identity: fd as u64,
            direct: fd == 8,
            traits: zclab::model::FileTraits::default(),
        };
        let (kind, name) = match sink {
            Sink::Tcp => (DescriptorKind::Tcp, "tcp 127.0.0.1:41234"),
            Sink::Unix => (DescriptorKind::Unix, "unix"),
            Sink::Pipe => (DescriptorKind::Pipe, "pipe"),
            Sink::File => (DescriptorKind::File, "/tmp/copy"),
        };
        let task = Task {
            tid: 100,
            pid: 100,
            name: "zclab".to_owned(),
        };
        Maker {
            trace: Trace {
                tasks: vec![task],
                descriptors: vec![
                    descriptor(3, DescriptorKind::File, "/source"),
                    descriptor(4, kind, name),
                    descriptor(5, DescriptorKind::Pipe, "pipe"),
                    descriptor(6, DescriptorKind::Pipe, "pipe"),
                    descriptor(7, DescriptorKind::Pipe, "pipe"),
                    descriptor(8, DescriptorKind::File, "/source"),
                ],
                ..Trace::default()
            },
        }
    }

    /// Adds a call. `descriptors`: 0 the source, 1 the sink, 2 and 3 the pipe, 4 tee's second sink.
    pub fn call(&mut self, name: &str, args: [u64; 6], descriptors: &[u32], result: i64) {
        let known = self.trace.names.iter().position(|known| known == name);
        let id = known.unwrap_or_else(|| {
            self.trace.names.push(name.to_owned());
            self.trace.names.len() - 1
        });
        let of = |which| descriptors.get(which).copied().unwrap_or(NO_DESCRIPTOR);
        let start_ns = self.trace.calls.len() as u64 * 40_000;
        self.trace.calls.push(Call {
            name: id as u16,
            task: 0,
            state: CallState::Returned,
            args,
            result,
            start_ns,
            duration_ns: 31_000,
            descriptors: [of(0), of(1)],
        });
    }

    /// Adds an io_uring_enter that hands over requests: operation, descriptors as in [`Maker::call`] (5 the source,
    /// opened with O_DIRECT), bytes.
    pub fn enter(&mut self, requests: &[(&str, &[u32], u64)]) {
        let count = requests.len() as u64;
        self.call(
            "io_uring_enter",
            [9, count, count, 1, 0, 8],
            &[],
            count as i64,
        );
        let call = self.trace.calls.len() as u32 - 1;
        for (op, descriptors, bytes) in requests {
            let of = |which| descriptors.get(which).copied().unwrap_or(NO_DESCRIPTOR);
            let zero_copy = *op == "send_zc";
            self.trace.requests.push(Request {
                call,
                op: Request::op_of(op).unwrap(),
                flags: 0,
                io_priority: if zero_copy { request::REPORT_USAGE } else { 0 },
                op_flags: 0,
                fd: 0,
                fd_in: 0,
                descriptors: [of(0), of(1)],
                address: BUFFER,
                offset: 0,
                length: *bytes as u32,
                buffer: 0,
                user_data: 0,
                result: Some(*bytes as i64),
                completions: 1,
                notification: zero_copy.then_some(request::ZC_COPIED),
                seen: call,
            });
        }
    }

    /// The recording.
    pub fn done(self, spec: TransferSpec) -> Recording {
        let bytes = spec.size.0;
        let page = 4096;
        let pages = bytes.div_ceil(page);
        let cold = spec.cache == Cache::Cold;
        let receives = spec.method.receives();
        let residency = |resident| (!receives).then_some(Residency { resident, pages });
        Recording {
            origin: Origin::Live,
            counted: None,
            outcome: Outcome {
                bytes_moved: bytes,
                verified: Some(true),
                received: bytes,
                residency_before: residency(if cold { 0 } else { pages }),
                residency_after: residency(pages),
                file_system: "ext4".to_owned(),
                read_ahead_kb: cold.then_some(128),
                pipe_size: (spec.to == Sink::Pipe || spec.method.has_pipe(spec.to))
                    .then_some(65536),
                kernel_reports: spec.method.has_reports().then(|| {
                    let sends = bytes.div_ceil(spec.chunk.0);
                    let last = sends.saturating_sub(1) as u32;
                    KernelReports {
                        completions: sends,
                        copied: sends,
                        copied_sends: vec![[0, last]],
                    }
                }),
                also_received: (spec.method == Method::Tee).then_some(bytes),
                shared_blocks: (spec.method == Method::CopyFileRange).then_some(0),
                served: None,
                mapped_receives: spec.method.maps_socket().then(|| {
                    let chunks = (0..bytes).step_by(spec.chunk.0 as usize);
                    let chunks = chunks.map(|at| spec.chunk.0.min(bytes - at));
                    chunks.map(|chunk| (chunk / page * page) as u32).collect()
                }),
                passed_memory: (spec.method == Method::SharedMemory).then_some(bytes),
            },
            machine: Machine {
                kernel: "Linux 6.18.4".to_owned(),
                arch: "x86_64".to_owned(),
                cpus: 2,
                page_size: page,
            },
            measured: Some(Measured {
                wall_ns: 1_000_000,
                cpu_ns: 500_000,
                voluntary_context_switches: 3,
                read_bytes: Some(if cold { bytes } else { 0 }),
                ..Measured::default()
            }),
            trace: Some(self.trace),
            unavailable: Vec::new(),
            spec,
        }
    }
}

/// A spec: method, sink, size, chunk, cache.
pub fn spec(method: Method, to: Sink, size: u64, chunk: u64, cache: Cache) -> TransferSpec {
    TransferSpec {
        method,
        to,
        size: Size(size),
        chunk: Size(chunk),
        cache,
        pipe_size: None,
    }
}

const MAP: u64 = 0x7f00_0000_0000;
const BUFFER: u64 = 0x5500_0000_0000;

/// The recording that a transfer comes to when every call does what it is asked to.
pub fn recording(spec: TransferSpec) -> Recording {
    let mut maker = Maker::new(spec.to);
    if spec.method.receives() {
        maker.trace.descriptors[0].kind = DescriptorKind::Tcp;
    }
    maker.trace.descriptors[1].traits.known |= spec.method.encrypts();
    maker.trace.descriptors[1].traits.tls = spec.method.encrypts();
    let (size, chunk) = (spec.size.0, spec.chunk.0);
    let chunks = (0..size)
        .step_by(chunk as usize)
        .map(|at| (at, chunk.min(size - at)));
    match spec.method {
        Method::ReadWrite => {
            for (_, bytes) in chunks {
                maker.call("read", [3, BUFFER, chunk, 0, 0, 0], &[0], bytes as i64);
                maker.call("write", [4, BUFFER, bytes, 0, 0, 0], &[1], bytes as i64);
            }
            maker.call("read", [3, BUFFER, chunk, 0, 0, 0], &[0], 0);
        }
        Method::MmapWrite if size == 0 => {}
        Method::MmapWrite => {
            maker.call("mmap", [0, size, 1, 1, 3, 0], &[0], MAP as i64);
            for (at, bytes) in chunks {
                maker.call("write", [4, MAP + at, bytes, 0, 0, 0], &[1], bytes as i64);
            }
            maker.call("munmap", [MAP, size, 0, 0, 0, 0], &[], 0);
        }
        Method::Sendfile | Method::KtlsSendfile => {
            for (_, bytes) in chunks {
                maker.call("sendfile", [4, 3, 0, chunk, 0, 0], &[1, 0], bytes as i64);
            }
            maker.call("sendfile", [4, 3, 0, chunk, 0, 0], &[1, 0], 0);
        }
        Method::Splice if spec.to == Sink::Pipe => {
            for (_, bytes) in chunks.chain([(size, 0)]) {
                maker.call("splice", [3, 0, 4, 0, chunk, 0], &[0, 1], bytes as i64);
            }
        }
        Method::Splice => {
            for (_, bytes) in chunks {
                maker.call("splice", [3, 0, 6, 0, chunk, 0], &[0, 3], bytes as i64);
                maker.call("splice", [5, 0, 4, 0, bytes, 0], &[2, 1], bytes as i64);
            }
            maker.call("splice", [3, 0, 6, 0, chunk, 0], &[0, 3], 0);
        }
        Method::Vmsplice => {
            for (_, bytes) in chunks {
                let into = if spec.to == Sink::Pipe {
                    (4, 1)
                } else {
                    (6, 3)
                };
                let args = [into.0, BUFFER, 1, 0, 0, 0];
                maker.call("vmsplice", args, &[into.1], bytes as i64);
                if spec.to != Sink::Pipe {
                    maker.call("splice", [5, 0, 4, 0, bytes, 0], &[2, 1], bytes as i64);
                }
            }
        }
        Method::SendZerocopy => {
            for (_, bytes) in chunks {
                maker.call("read", [3, BUFFER, chunk, 0, 0, 0], &[0], bytes as i64);
                let args = [4, BUFFER, bytes, 0x400_0000, 0, 0];
                maker.call("sendto", args, &[1], bytes as i64);
                maker.call("recvmsg", [4, BUFFER, 0x2000, 0, 0, 0], &[1], 0);
            }
            maker.call("read", [3, BUFFER, chunk, 0, 0, 0], &[0], 0);
        }
        Method::UringFixed => {
            for (_, bytes) in chunks {
                maker.enter(&[("read_fixed", &[0], bytes), ("write_fixed", &[1], bytes)]);
            }
        }
        Method::UringSendZc => {
            for (_, bytes) in chunks {
                maker.enter(&[("read", &[0], bytes), ("send_zc", &[1], bytes)]);
            }
        }
        Method::UringSplice if spec.to == Sink::Pipe => {
            for (_, bytes) in chunks {
                maker.enter(&[("splice", &[1, 0], bytes)]);
            }
        }
        Method::UringSplice => {
            for (_, bytes) in chunks {
                maker.enter(&[("splice", &[3, 0], bytes), ("splice", &[1, 2], bytes)]);
            }
        }
        Method::DirectSend => {
            for (_, bytes) in chunks {
                if bytes < 4096 {
                    maker.call("pread64", [3, BUFFER, bytes, 0, 0, 0], &[0], bytes as i64);
                    maker.enter(&[("send_zc", &[1], bytes)]);
                } else {
                    maker.enter(&[("read_fixed", &[5], bytes), ("send_zc", &[1], bytes)]);
                }
            }
        }
        Method::Tee => {
            for (_, bytes) in chunks {
                maker.call("splice", [3, 0, 6, 0, chunk, 0], &[0, 3], bytes as i64);
                maker.call("tee", [5, 7, bytes, 0, 0, 0], &[2, 4], bytes as i64);
                maker.call("splice", [5, 0, 4, 0, bytes, 0], &[2, 1], bytes as i64);
            }
            maker.call("splice", [3, 0, 6, 0, chunk, 0], &[0, 3], 0);
        }
        Method::SharedMemory => maker.call("sendmsg", [4, BUFFER, 0, 0, 0, 0], &[1], 8),
        Method::RecvWrite => {
            for (_, bytes) in chunks {
                let args = [3, BUFFER, chunk, 0, 0, 0];
                maker.call("recvfrom", args, &[0], bytes as i64);
                maker.call("write", [4, BUFFER, bytes, 0, 0, 0], &[1], bytes as i64);
            }
            maker.call("recvfrom", [3, BUFFER, chunk, 0, 0, 0], &[0], 0);
        }
        Method::SpliceReceive => {
            for (_, bytes) in chunks {
                maker.call("splice", [3, 0, 6, 0, chunk, 0], &[0, 3], bytes as i64);
                maker.call("splice", [5, 0, 4, 0, bytes, 0], &[2, 1], bytes as i64);
            }
            maker.call("splice", [3, 0, 6, 0, chunk, 0], &[0, 3], 0);
        }
        Method::TcpMmapReceive => {
            let ask = [3, 6, 35, BUFFER, BUFFER + 64, 0];
            maker.call("mmap", [0, chunk, 1, 1, 3, 0], &[0], MAP as i64);
            for (_, bytes) in chunks {
                maker.call("poll", [BUFFER, 1, u64::MAX, 0, 0, 0], &[], 1);
                maker.call("getsockopt", ask, &[0], 0);
                let mapped = bytes / 4096 * 4096;
                for (at, part) in [(MAP, mapped), (BUFFER, bytes - mapped)] {
                    if part == 0 {
                        continue;
                    }
                    if at == BUFFER {
                        maker.call("recvfrom", [3, at, part, 0, 0, 0], &[0], part as i64);
                    }
                    maker.call("write", [4, at, part, 0, 0, 0], &[1], part as i64);
                }
            }
            maker.call("poll", [BUFFER, 1, u64::MAX, 0, 0, 0], &[], 1);
            maker.call("getsockopt", ask, &[0], -5);
            maker.call("munmap", [MAP, chunk, 0, 0, 0, 0], &[], 0);
        }
        Method::CopyFileRange => {
            for (_, bytes) in chunks.chain([(size, 0)]) {
                maker.call(
                    "copy_file_range",
                    [3, 0, 4, 0, chunk, 0],
                    &[0, 1],
                    bytes as i64,
                );
            }
        }
    }
    maker.done(spec)
}

/// 1 MiB in 64 KiB chunks, warm.
pub fn usual(method: Method, to: Sink) -> Recording {
    recording(spec(method, to, Size::MIB, 64 * Size::KIB, Cache::Warm))
}

/// A source text such as a learner reads.
pub fn source(method: Method) -> &'static str {
    match method {
        Method::ReadWrite => {
            "//! read(2) into a buffer, write(2) out of it.\n\npub fn transfer(file: Fd, socket: Fd, chunk: usize) -> Result<u64> {\n    let mut buffer = vec![0; chunk];\n    let mut sent = 0;\n    loop {\n        let n = read(file, &mut buffer)?;\n        if n == 0 { break }          // end of file\n        let mut done = 0;\n        while done < n {\n            done += write(socket, &buffer[done..n])?;\n        }\n        sent += n as u64;\n    }\n    Ok(sent)\n}\n"
        }
        Method::MmapWrite => {
            "pub fn transfer(file: Fd, socket: Fd, size: usize, chunk: usize) -> Result<u64> {\n    let map = mmap(None, size, ProtFlags::PROT_READ, MapFlags::MAP_SHARED, file, 0)?;\n    let mut sent = 0;\n    while sent < size {\n        let end = (sent + chunk).min(size);\n        sent += write(socket, &map[sent..end])?;\n    }\n    munmap(map, size)?;\n    Ok(sent as u64)\n}\n"
        }
        Method::Sendfile => {
            "pub fn transfer(file: Fd, socket: Fd, chunk: usize) -> Result<u64> {\n    let mut sent = 0;\n    loop {\n        let n = sendfile(socket, file, None, chunk)?;\n        if n == 0 { break }          // end of file\n        sent += n as u64;\n    }\n    Ok(sent)\n}\n"
        }
        method => zclab::embedded::transfer_source(&method.source_file()).unwrap(),
    }
}
