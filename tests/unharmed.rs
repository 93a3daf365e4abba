//! A program under `zclab trace` does what it does untraced: what it starts with, what it may do, how it ends.

use std::{
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt, process::CommandExt},
    path::Path,
    process::{Child, Command},
    time::Duration,
};

mod refusal;
mod require;

use require::skip;

#[path = "trace/desk.rs"]
mod desk;
#[path = "unharmed/ending.rs"]
mod ending;

use desk::{Desk, ZCLAB, figures, said};

/// A program of `tests/unharmed`, compiled; none where there is no compiler.
fn compiled(desk: &Desk, name: &str) -> Option<String> {
    let source = format!("{}/tests/unharmed/{name}.c", env!("CARGO_MANIFEST_DIR"));
    let program = desk.path(name);
    let cc = Command::new("cc")
        .args(["-O1", "-pthread", "-o", &program, &source])
        .output();
    match cc {
        Ok(output) => assert!(output.status.success(), "{}", said(&output)),
        Err(error) => {
            skip("cc", error);
            return None;
        }
    }
    Some(program)
}

/// The same command, untraced and traced: the file that it wrote its state to, and how it ended.
fn twice(
    desk: &Desk,
    command: &[&str],
    prepare: impl Fn(&mut Command),
) -> [(String, Option<i32>); 2] {
    let untraced = {
        let mut untraced = Command::new(command[0]);
        untraced.args(&command[1..]).current_dir(desk.0.path());
        untraced
    };
    let traced = desk.command(&[], command);
    [untraced, traced].map(|mut command| {
        prepare(&mut command);
        let _ = fs::remove_file(desk.path("found"));
        let status = command.status().unwrap();
        let state = fs::read(desk.path("found")).unwrap_or_default();
        (
            state.escape_ascii().to_string().replace("\\n", "\n"),
            status.code(),
        )
    })
}

fn make_executable(path: impl AsRef<Path>, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A child that ends with its test, also with one that fails.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Between fork and exec: integers alone.
fn before_exec(command: &mut Command, act: impl FnMut() + Send + Sync + 'static) {
    let mut act = act;
    // SAFETY: what the callers do are system calls that take integers or memory of their own.
    unsafe {
        command.pre_exec(move || {
            act();
            Ok(())
        })
    };
}

#[test]
fn a_program_finds_what_zclab_was_started_with() {
    let desk = Desk::new(10);
    let Some(program) = compiled(&desk, "state") else {
        return;
    };
    let command = [&program, "found", "two  words", ""];
    let [untraced, traced] = twice(&desk, &command, |command| {
        command.env_clear();
        command.env("ODD", OsStr::from_bytes(b"\xff\x1b=\n"));
        before_exec(command, || {
            // SAFETY: integers, and a mask that is valid as zeroes.
            unsafe {
                libc::signal(libc::SIGPIPE, libc::SIG_IGN);
                libc::signal(libc::SIGHUP, libc::SIG_IGN);
                libc::signal(libc::SIGURG, libc::SIG_IGN);
                libc::signal(40, libc::SIG_IGN);
                let mut mask: libc::sigset_t = std::mem::zeroed();
                libc::sigaddset(&mut mask, libc::SIGUSR1);
                libc::sigaddset(&mut mask, libc::SIGTERM);
                libc::sigprocmask(libc::SIG_SETMASK, &mask, std::ptr::null_mut());
                libc::dup2(0, 7);
                libc::dup2(1, 40);
                libc::umask(0o157);
                libc::setpriority(libc::PRIO_PROCESS, 0, 3);
                let limit = libc::rlimit {
                    rlim_cur: 77,
                    rlim_max: 99,
                };
                libc::setrlimit(libc::RLIMIT_NOFILE, &limit);
                libc::setpgid(0, 0);
            }
        });
    });
    let without_ids = |state: &str| {
        let lines = state.lines().filter(|line| !line.starts_with("group "));
        lines.map(|line| format!("{line}\n")).collect::<String>()
    };
    assert_eq!(without_ids(&traced.0), without_ids(&untraced.0));
    assert!(traced.0.contains("ignored 13\n") && traced.0.contains("blocked 15\n"));
    // Nothing is ignored or blocked.
    let [untraced, traced] = twice(&desk, &command, |_| {});
    assert_eq!(traced, untraced);
    assert!(!traced.0.contains("ignored 13\n"), "{}", traced.0);
}

/// execve(2) takes any strings: some programs pass entries that are no `NAME=VALUE`.
#[test]
fn entries_of_the_environment_that_are_no_variables_are_passed_on() {
    let desk = Desk::new(10);
    let Some(program) = compiled(&desk, "state") else {
        return;
    };
    let execute = |command: &[&str]| {
        let strings = |texts: &[&[u8]]| -> Vec<std::ffi::CString> {
            texts
                .iter()
                .map(|text| std::ffi::CString::new(*text).unwrap())
                .collect()
        };
        let path = strings(&[command[0].as_bytes()]);
        let arguments: Vec<&[u8]> = command.iter().map(|word| word.as_bytes()).collect();
        let arguments = strings(&arguments);
        let environment = strings(&[b"no variable", b"", b"A=1", b"=x", b"A=2", b"\xfe"]);
        let mut child = Command::new("true");
        child.current_dir(desk.0.path());
        before_exec(&mut child, move || {
            let _ = nix::unistd::execve(&path[0], &arguments, &environment);
        });
        assert!(child.status().unwrap().success());
        let state = fs::read(desk.path("found")).unwrap();
        let state = state.escape_ascii().to_string();
        let start = state.find("environment").unwrap();
        state[start..state.find("descriptor").unwrap()].to_owned()
    };
    let untraced = execute(&[&program, "found"]);
    let report = desk.path("report.json");
    let traced = execute(&[ZCLAB, "trace", "-o", &report, "--", &program, "found"]);
    assert_eq!(traced, untraced);
    assert!(
        untraced.contains("no variable") && untraced.contains("\\xfe"),
        "{untraced}"
    );
}

#[test]
fn standard_streams_that_are_closed_stay_closed() {
    let desk = Desk::new(10);
    let Some(program) = compiled(&desk, "state") else {
        return;
    };
    for closed in [&[0][..], &[1], &[2], &[0, 1], &[0, 1, 2]] {
        let [untraced, traced] = twice(&desk, &[&program, "found"], |command| {
            before_exec(command, move || {
                for fd in closed {
                    // SAFETY: an integer.
                    unsafe { libc::close(*fd) };
                }
            });
        });
        assert_eq!(traced, untraced, "{closed:?} closed");
        let first = format!("descriptor {} ", closed[0]);
        assert!(!traced.0.contains(&first), "{}", traced.0);
    }
    if desk.has(&["ls"]) {
        let closed = format!("'{ZCLAB}' trace -o report -- ls / <&- >&- 2>&-");
        let mut shell = Command::new("sh");
        shell.args(["-c", &closed]).current_dir(desk.0.path());
        assert_eq!(shell.status().unwrap().code(), Some(2), "a write error");
    }
}

/// What a user types first ends with one line that says what to type instead.
#[test]
fn a_command_that_cannot_be_traced_is_one_line_of_advice() {
    let desk = Desk::new(10);
    fs::write(desk.path("script"), "echo hi\n").unwrap();
    fs::write(desk.path("lost"), "#!/no/such/interpreter\n").unwrap();
    for name in ["script", "lost"] {
        make_executable(desk.path(name), 0o755);
    }
    let own = std::process::id().to_string();
    for (arguments, status, advice) in [
        (&["ls"][..], 2, "zclab trace -- ls"),
        (&["--json", "ls", "-l", "/"], 2, "zclab trace -- ls -l /"),
        (&["--nosuch", "--", "ls"], 2, "there is no option --nosuch"),
        (&[], 2, "zclab trace -- PROGRAM, or zclab trace -p PID"),
        (&["-p", "999999999"], 125, "there is no process 999999999"),
        (&["-p", &own, "--", "ls"], 2, "leave out -p PID"),
        (
            &["--", "cat a | gzip > 'b c'"],
            125,
            r"sh -c 'cat a | gzip > '\''b c'\'''",
        ),
        (&["--", "cd", "/tmp"], 125, "sh -c 'cd /tmp'"),
        (&["--", "./a"], 125, "chmod +x ./a"),
        (&["--", "/tmp"], 125, "it is a directory"),
        (&["--", "./script"], 125, "zclab trace -- sh ./script"),
        (
            &["--", "./lost"],
            125,
            "the interpreter or loader that it names is not there",
        ),
        (
            &["--save", "/nonexistent/x", "--", "sh", "-c", "echo >ran"],
            125,
            "there is no directory /nonexistent",
        ),
        (
            &["-o", "/nonexistent/x", "--", "sh", "-c", "echo >ran"],
            125,
            "cannot write /nonexistent/x",
        ),
    ] {
        let mut zclab = Command::new(ZCLAB);
        zclab
            .arg("trace")
            .args(arguments)
            .current_dir(desk.0.path());
        let output = zclab.output().unwrap();
        let said = said(&output);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
        assert!(
            said.starts_with("zclab: ") && said.contains(advice),
            "{arguments:?}: {said}"
        );
        assert_eq!(
            (said.lines().count(), output.stdout.len()),
            (1, 0),
            "{said}"
        );
    }
    assert!(
        !fs::exists(desk.path("ran")).unwrap(),
        "it failed before the program ran"
    );
}

/// What a command said and how it ended, untraced and with each set of options: they must be the same.
fn same_in_every_way(desk: &Desk, command: &[&str]) -> Vec<desk::Seen> {
    let mut untraced = Command::new(command[0]);
    untraced.args(&command[1..]).current_dir(desk.0.path());
    let untraced = untraced.output().unwrap();
    let ways = [&[][..], &["--all"]];
    let ways = ways.into_iter().map(|options| {
        let seen = desk.trace(options, command);
        let how = format!("{options:?} {command:?}: {:?}", seen.output);
        assert_eq!(seen.output.stdout, untraced.stdout, "{how}");
        let ended = |status: std::process::ExitStatus| {
            use std::os::unix::process::ExitStatusExt;
            status.code().or(status.signal().map(|signal| 128 + signal))
        };
        assert_eq!(ended(seen.output.status), ended(untraced.status), "{how}");
        seen
    });
    ways.collect()
}

#[test]
fn children_that_ask_for_no_tracer_live_and_are_seen() {
    let desk = Desk::new(4096);
    let Some(program) = compiled(&desk, "untraced") else {
        return;
    };
    for seen in same_in_every_way(&desk, &[&program, "a", "b"]) {
        let said = String::from_utf8_lossy(&seen.output.stdout).into_owned();
        assert_eq!(said.matches("as given").count(), 4, "{said}");
        assert_eq!(said.matches("child 0").count(), 3, "{said}");
        let flow = seen.flow(("file", "/a"), ("file", "/b"));
        assert_eq!(figures(flow), (3 * 4096, 2.0, false));
        assert_eq!(seen.json["processes"], 4);
        seen.explains_all();
    }
}

#[test]
fn strict_mode_is_as_strict_as_untraced() {
    let desk = Desk::new(4096);
    let Some(program) = compiled(&desk, "strict") else {
        return;
    };
    for how in ["prctl", "seccomp", "thread", "filtered"] {
        for seen in same_in_every_way(&desk, &[&program, how, "a", "b"]) {
            let said = String::from_utf8_lossy(&seen.output.stdout).into_owned();
            let is_strict = how != "filtered" && seen.output.status.code() != Some(9);
            assert_eq!(said.contains("copied"), is_strict, "{how}: {said}");
            assert!(!said.contains("alive"), "{how}: {said}");
            if is_strict {
                let flow = seen.flow(("file", "/a"), ("file", "/b"));
                assert_eq!(figures(flow), (4096, 2.0, false));
                seen.explains_all();
            }
        }
    }
}

/// The kernel takes the strictest answer of all filters; one that asks for a tracer means no tracer of ours.
#[test]
fn the_filters_of_a_program_do_what_they_do_untraced() {
    let desk = Desk::new(10);
    let Some(program) = compiled(&desk, "filters") else {
        return;
    };
    for action in ["kill", "trap", "errno", "trace"] {
        for call in ["getppid", "write"] {
            same_in_every_way(&desk, &[&program, action, call]);
        }
    }
}

#[test]
fn a_program_that_wants_to_trace_is_named_with_what_it_could_not_do() {
    let desk = Desk::new(10);
    let Some(program) = compiled(&desk, "traceme") else {
        return;
    };
    for options in [&[][..], &["--all"]] {
        let seen = desk.trace(options, &[&program]);
        assert_eq!(seen.output.stdout, b"refused\n");
        let note = "ptrace: traceme asked to be traced, and was refused, because zclab traces it";
        assert!(seen.has_note(note), "{:#}", seen.json["notes"]);
    }
    if desk.has(&["strace"]) {
        let seen = desk.trace(&[], &["strace", "-o", "log", "cat", "a"]);
        assert_ne!(seen.output.status.code(), Some(0));
        assert!(seen.has_note("ptrace: strace "), "{:#}", seen.json["notes"]);
    }
}

#[test]
fn descriptors_are_looked_up_in_the_table_of_the_thread_that_names_them() {
    let desk = Desk::new(4096);
    fs::write(desk.path("b"), vec![b'b'; 4096]).unwrap();
    let Some(program) = compiled(&desk, "tables") else {
        return;
    };
    for how in ["shares", "unshare", "close_range", "exec", "leader"] {
        let seen = desk.trace(&[], &[&program, how, "a", "b", "out-a", "out-b"]);
        assert!(
            seen.output.status.success(),
            "{how}: {}",
            said(&seen.output)
        );
        let flow = seen.flow(("file", "/b"), ("file", "/out-b"));
        assert_eq!(figures(flow), (4096, 2.0, false), "{how}");
        if how == "leader" {
            let flows = seen.json["flows"].as_array().unwrap();
            let bytes = |end: &str, name: &str| -> u64 {
                let named = flows
                    .iter()
                    .filter(|flow| flow[end]["name"].as_str().unwrap().ends_with(name));
                named.map(|flow| flow["bytes"].as_u64().unwrap()).sum()
            };
            assert_eq!((bytes("from", "/a"), bytes("to", "/out-a")), (4096, 4096));
        } else {
            let flow = seen.flow(("file", "/a"), ("file", "/out-a"));
            assert_eq!(figures(flow), (4096, 2.0, false), "{how}");
        }
        seen.explains_all();
    }
}

#[test]
fn a_process_whose_first_thread_is_gone_is_attached_to() {
    let desk = Desk::new(200_000);
    let Some(program) = compiled(&desk, "main_exits") else {
        return;
    };
    let seen = desk.trace(&[], &[&program, "a", "b"]);
    assert_eq!(
        figures(seen.flow(("file", "/a"), ("file", "/b"))),
        (200_000, 2.0, false)
    );
    seen.explains_all();
    let mut slow = Command::new(&program);
    slow.args(["a", "c", "slow"]).current_dir(desk.0.path());
    let mut slow = Killed(slow.spawn().unwrap());
    let pid = slow.0.id().to_string();
    let written = || fs::metadata(desk.path("c")).map_or(0, |data| data.len());
    while written() == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut zclab = Command::new(ZCLAB);
    let report = desk.path("report.json");
    zclab.args(["trace", "--json", "-o", &report, "-p", &pid]);
    let seen = desk.seen(zclab.output().unwrap());
    assert_eq!(seen.output.status.code(), Some(0), "{}", said(&seen.output));
    let (bytes, copies, _) = figures(seen.flow(("file", "/a"), ("file", "/c")));
    assert!(bytes > 4096 && bytes < 200_000 && copies == 2.0, "{bytes}");
    seen.explains_all();
    assert!(slow.0.wait().unwrap().success());
    assert_eq!(desk.bytes("a"), desk.bytes("c"));
}

/// /proc belongs to root for such a program, and the kernel refuses its memory to an ordinary user's tracer, too.
#[test]
fn an_undumpable_program_is_said_and_its_bytes_are_not_misread() {
    let directory = tempfile::tempdir().unwrap();
    make_executable(directory.path(), 0o777);
    let desk = Desk::within(directory, 4096);
    fs::write(desk.path("b"), vec![b'b'; 4096]).unwrap();
    let Some(program) = compiled(&desk, "tables") else {
        return;
    };
    let mut command = desk.command(&[], &[&program, "undumpable", "a", "b", "out-a", "out-b"]);
    if nix::unistd::geteuid().is_root() {
        command.uid(65534).gid(65534);
    }
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => {
            return skip(
                "root",
                format!("another user cannot run zclab here: {error}"),
            );
        }
    };
    let seen = desk.seen(output);
    assert!(seen.output.status.success(), "{}", said(&seen.output));
    assert_eq!(desk.bytes("b"), desk.bytes("out-b"));
    let note = "descriptors: /proc does not show those of tables";
    assert!(seen.has_note(note), "{:#}", seen.json["notes"]);
    let flows = seen.json["flows"].as_array().unwrap();
    let is_guessed = |flow: &&serde_json::Value| flow["to"]["kind"] == "file";
    assert_eq!(flows.iter().find(is_guessed), None);
}

/// As in a sandbox that forbids to install filters.
#[test]
fn without_a_filter_every_call_is_seen() {
    let desk = Desk::new(4096);
    let command = desk.command(&[], &["sh", "-c", "cat a > b; cat a > c"]);
    let seen = desk.seen(
        refusal::refusing(libc::SYS_prctl, command)
            .output()
            .unwrap(),
    );
    assert!(seen.output.status.success(), "{}", said(&seen.output));
    let note = "seccomp: the filter is refused here";
    assert!(seen.has_note(note), "{:#}", seen.json["notes"]);
    for name in ["/b", "/c"] {
        let flow = seen.flow(("file", "/a"), ("file", name));
        assert_eq!(flow["bytes"], 4096);
    }
    seen.explains_all();
}

/// What the kernel calls a thread is not what its program calls it.
#[test]
fn programs_in_a_pid_namespace_of_their_own_are_seen_like_others() {
    let desk = Desk::new(4096);
    let inside = ["unshare", "--user", "--map-root-user", "--pid", "--fork"];
    let is_possible = Command::new("unshare")
        .args(&inside[1..])
        .arg("true")
        .status();
    if !is_possible.is_ok_and(|status| status.success()) {
        return skip("unshare", "no pid namespace can be made here");
    }
    let script = "cat a | cat > b; cat a > c";
    let seen = desk.trace(&[], &[&inside[..], &["sh", "-c", script]].concat());
    assert!(seen.output.status.success(), "{}", said(&seen.output));
    for name in ["/b", "/c"] {
        let flow = seen.flow(("file", "/a"), ("file", name));
        assert_eq!(flow["bytes"], 4096);
    }
    assert_eq!(seen.json["processes"], 5, "unshare, sh, cat, cat, cat");
    seen.explains_all();
    // zclab itself in one, with the /proc of another: nothing there is its program's.
    let mut command = Command::new("unshare");
    command
        .args(&inside[1..])
        .arg(ZCLAB)
        .args(["trace", "--json", "-o", "report.json"]);
    command
        .args(["--", "cp", "a", "d"])
        .current_dir(desk.0.path());
    let seen = desk.seen(command.output().unwrap());
    assert!(seen.output.status.success(), "{}", said(&seen.output));
    assert_eq!(desk.bytes("d"), desk.bytes("a"));
    let note = "/proc shows another pid namespace than this one";
    assert!(seen.has_note(note), "{:#}", seen.json["notes"]);
    let flows = seen.json["flows"].as_array().unwrap();
    let is_known =
        |flow: &serde_json::Value| flow["from"]["kind"] == "file" || flow["to"]["kind"] == "file";
    assert!(!flows.iter().any(is_known), "{flows:#?}");
}

#[test]
fn without_proc_the_report_and_the_error_say_what_is_missing() {
    let desk = Desk::new(4096);
    let without = |command: &[&str]| {
        let mut shell = Command::new("unshare");
        shell.args(["--user", "--map-root-user", "--mount", "sh", "-c"]);
        shell.args(["mount -t tmpfs none /proc && exec \"$@\"", "sh"]);
        shell.args(command).current_dir(desk.0.path());
        shell.output()
    };
    if !without(&["true"]).is_ok_and(|output| output.status.success()) {
        return skip("unshare", "/proc cannot be hidden here");
    }
    let traced = said(&without(&[ZCLAB, "trace", "--", "cat", "a"]).unwrap());
    assert!(traced.contains("no bytes could be followed"), "{traced}");
    assert!(traced.contains("/proc is not mounted"), "{traced}");
    let run = without(&[ZCLAB, "run", "sendfile", "--size", "64KiB"]).unwrap();
    let lines: Vec<String> = said(&run).lines().map(str::to_owned).collect();
    assert_eq!(run.status.code(), Some(1));
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[1].starts_with("zclab: /proc is not mounted"),
        "{lines:?}"
    );
}
