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
    command
        .arg(dir.path())
        .arg(env!("CARGO_BIN_EXE_zclab"))
        .args(args);
    let output = command
        .arg("--dir")
        .arg(&on)
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    assert!(
        Path::new(&on).read_dir().unwrap().next().is_none(),
        "mounted here, too"
    );
    Ok(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn shared_blocks_are_no_copy() {
    for (mkfs, options, name) in [
        ("mkfs.xfs", "-m reflink=1", "xfs"),
        ("mkfs.btrfs", "--data single", "btrfs"),
    ] {
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
