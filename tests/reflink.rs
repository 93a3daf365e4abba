//! copy_file_range on a file system that shares blocks: 0 copies, and the hop says so. The file system is made in a
//! file, and mounted in a mount namespace of its own, so that nothing is left whatever happens.

use std::{
    fs::File,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;

mod require;

use require::skip;

/// Makes the file system and mounts it on a directory, then runs zclab there.
const SCRIPT: &str = r#"
set -eu
"$1" -q $2 "$3/image" >/dev/null
mkdir "$3/on"
mount -o loop "$3/image" "$3/on"
shift 3
"$@"
"#;

/// Runs zclab with `--dir` on a file system that `mkfs` makes. None, and why: it cannot be had here.
fn on(mkfs: &str, options: &str, args: &[&str]) -> Result<Value, String> {
    let output = within(mkfs, options, &|command, on| {
        command.args(args).arg("--dir").arg(on);
    })?;
    Ok(serde_json::from_slice(&output).unwrap())
}

/// What zclab prints that is run with a file system that `mkfs` makes; `prepare` is told where it is.
fn within(
    mkfs: &str,
    options: &str,
    prepare: &dyn Fn(&mut Command, &Path),
) -> Result<Vec<u8>, String> {
    if !nix::unistd::geteuid().is_root() {
        return Err("only root may mount".to_owned());
    }
    let mut made = Command::new(mkfs);
    made.arg("-V").stdout(Stdio::null()).stderr(Stdio::null());
    made.status().map_err(|error| format!("{mkfs}: {error}"))?;
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .or_else(|_| tempfile::tempdir())
        .unwrap();
    let image = File::create(dir.path().join("image")).unwrap();
    image.set_len(400 << 20).unwrap();
    let on = dir.path().join("on");
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", SCRIPT, "sh", mkfs, options]);
    command.arg(dir.path()).arg(env!("CARGO_BIN_EXE_zclab"));
    prepare(&mut command, &on);
    let output = command.output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    assert!(
        Path::new(&on).read_dir().unwrap().next().is_none(),
        "mounted here, too"
    );
    Ok(output.stdout)
}

/// The file systems that share blocks, and how they are made.
const SHARING: [(&str, &str, &str); 2] = [
    ("mkfs.xfs", "-m reflink=1", "xfs"),
    ("mkfs.btrfs", "--data single", "btrfs"),
];

/// A cloned file, a range of one, a copy that shares, and one that cannot (its offset is in the middle of a block).
const CLONES: &str = "
import fcntl, os, struct, sys
os.chdir(sys.argv[1])
a = os.open('a', os.O_RDWR | os.O_CREAT); os.write(a, os.urandom(1 << 20)); os.fsync(a)
new = lambda name: os.open(name, os.O_RDWR | os.O_CREAT)
fcntl.ioctl(new('cloned'), 0x40049409, a)
fcntl.ioctl(new('part'), 0x4020940d, struct.pack('qQQQ', a, 65536, 131072, 0))
os.copy_file_range(a, new('shared'), 1 << 20, 0)
os.copy_file_range(a, new('copied'), 100_000, 100)
";

#[test]
fn a_trace_tells_shared_blocks_from_copies() {
    for (mkfs, options, name) in SHARING {
        let traced = within(mkfs, options, &|command, on| {
            let options = ["trace", "--json", "-o", "/dev/stdout", "--"];
            command
                .args(options)
                .args(["python3", "-c", CLONES])
                .arg(on);
        });
        let traced: Value = match traced {
            Ok(traced) => serde_json::from_slice(&traced).unwrap(),
            Err(why) => {
                skip(name, why);
                continue;
            }
        };
        let flow = |to: &str| {
            let flows = traced["flows"].as_array().unwrap().iter();
            let mut flows = flows.filter(|flow| flow["to"]["name"].as_str().unwrap().ends_with(to));
            let flow = flows.next().unwrap_or_else(|| panic!("{to} in {traced:#}"));
            assert!(
                flow["from"]["name"].as_str().unwrap().ends_with("/a"),
                "{flow:#}"
            );
            (flow["bytes"].clone(), flow["cpu_copies_per_byte"].clone())
        };
        assert_eq!(flow("/cloned"), ((1 << 20).into(), 0.0.into()), "{name}");
        assert_eq!(flow("/part"), (131_072.into(), 0.0.into()), "{name}");
        assert_eq!(flow("/shared"), ((1 << 20).into(), 0.0.into()), "{name}");
        assert_eq!(flow("/copied"), (100_000.into(), 1.0.into()), "{name}");
    }
}

#[test]
fn shared_blocks_are_no_copy() {
    for (mkfs, options, name) in SHARING {
        let run = match on(mkfs, options, &["run", "copy-file-range", "--json"]) {
            Ok(run) => run,
            Err(why) => {
                skip(name, why);
                continue;
            }
        };
        assert_eq!(run["file_system"], name);
        assert_eq!(run["shared_blocks"], 1 << 20, "{run:#}");
        if run["traced"].is_null() {
            skip("ptrace", &run["unavailable"]);
            continue;
        }
        assert_eq!(run["verified"], true);
        assert_eq!(run["cpu_copies_per_byte"], 0.0);
        let hops = run["copy_path"].as_array().unwrap();
        let hop = hops.iter().find(|hop| hop["ghost"].is_null()).unwrap();
        assert_eq!(hop["how"], "reference", "{hop}");
        assert!(hop["source"].as_str().unwrap().contains("blocks"), "{hop}");
    }
}

#[test]
fn the_proof_gives_no_verdict_on_files_that_share_their_blocks() {
    for (mkfs, options, name) in SHARING {
        let proofs = match on(
            mkfs,
            options,
            &["prove", "copy-file-range", "sendfile", "--json"],
        ) {
            Ok(proofs) => proofs,
            Err(why) => {
                skip(name, why);
                continue;
            }
        };
        let all: Vec<&Value> = proofs["results"].as_array().unwrap().iter().collect();
        let of = |method: &str| {
            let found = all
                .iter()
                .find(|it| it["method"] == method && it["to"] == "file");
            *found.unwrap_or_else(|| panic!("{method} in {proofs:#}"))
        };
        let shared = of("copy-file-range");
        assert_eq!(shared["verdict"], "unavailable", "{name}: {shared:#}");
        let why = shared["reason"].as_str().unwrap();
        assert!(why.contains("shared the blocks"), "{name}: {why}");
        assert_eq!(of("sendfile")["verdict"], "copied", "{name}");
    }
}
