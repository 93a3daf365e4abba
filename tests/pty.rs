//! The real binary on a real pty: it opens, runs experiments, and gives the terminal back whatever ends it.

mod require;
#[path = "explorer/watched.rs"]
mod watched;

mod terminal;

use require::skip;

use std::{fs, path::Path, process::Command, time::Duration};

use nix::sys::signal::Signal;
use terminal::{Terminal, ZCLAB, is_plain, zclab};
use zclab::{model::Record, store::progress::Log};

#[test]
fn it_opens_and_quits_and_gives_the_terminal_back() {
    let mut terminal = Terminal::open();
    terminal.wait_for("Modules");
    assert!(terminal.is_raw() && terminal.screen.screen().alternate_screen());
    terminal.send("q");
    assert_eq!(terminal.ended().code(), Some(0));
    assert!(terminal.is_restored());
}

#[test]
fn a_signal_ends_it_with_its_number_and_a_whole_terminal() {
    for (signal, code) in [(Signal::SIGTERM, 143), (Signal::SIGHUP, 129)] {
        let mut terminal = Terminal::open();
        terminal.wait_for("Modules");
        terminal.signal(signal);
        assert_eq!(terminal.ended().code(), Some(code));
        assert!(terminal.is_restored(), "after {signal}");
    }
}

/// A shell that waits for a command; none, said aloud, where there is no bash.
fn shell() -> Option<Terminal> {
    if Command::new("bash").arg("-c").arg("true").status().is_err() {
        skip("bash", "not installed");
        return None;
    }
    let mut shell = Command::new("bash");
    shell.args(["--norc", "--noprofile", "--noediting", "-i"]);
    shell.env("PS1", "shell> ");
    let mut terminal = Terminal::start(shell);
    terminal.wait_for("shell>");
    Some(terminal)
}

#[test]
fn a_shell_stops_it_and_brings_it_back() {
    let Some(mut terminal) = shell() else {
        return;
    };
    terminal.send(&format!("'{ZCLAB}'\n"));
    for _ in 0..2 {
        terminal.wait_for("Modules");
        terminal.send("\x1a");
        terminal.until("shell", |screen| {
            is_plain(screen) && screen.contents().contains("Stopped")
        });
        assert!(!terminal.is_raw());
        terminal.send("clear; echo so $((40 + 2))\n");
        terminal.wait_for("so 42");
        terminal.send("fg\n");
        terminal.until("screen", |screen| {
            screen.alternate_screen() && screen.contents().contains("Modules")
        });
        assert!(terminal.is_raw());
    }
    terminal.send("q");
    // The terminal is given back a little before the program has ended.
    terminal.until("prompt", |screen| {
        is_plain(screen) && screen.contents().trim_end().ends_with("shell>")
    });
    terminal.send("exit $((40 + 2))\n");
    assert_eq!(terminal.ended().code(), Some(42));
}

/// Ctrl-Z stops zclab and the program that it watches; `fg` brings both back.
#[test]
fn a_watched_program_is_a_job_like_any_other() {
    let Some(mut terminal) = shell() else {
        return;
    };
    let script = "while read line; do echo got-$line; done; exit 3";
    terminal.send(&format!(
        "'{ZCLAB}' trace -o /dev/null -- sh -c '{script}'\n"
    ));
    for (word, answer) in [("one", "got-one"), ("two", "got-two")] {
        terminal.send(&format!("{word}\n"));
        terminal.wait_for(answer);
        terminal.send("\x1a");
        terminal.wait_for("Stopped");
        terminal.send("clear; echo so $((40 + 2))\n");
        terminal.wait_for("so 42");
        terminal.send("fg\n");
        terminal.wait_for("got-$line"); // the job's command line
    }
    terminal.send("three\n");
    terminal.wait_for("got-three");
    terminal.send("\x04");
    terminal.wait_for("shell>");
    terminal.send("echo code-$?\n");
    terminal.wait_for("code-3");
    terminal.send("exit 7\n");
    assert_eq!(terminal.ended().code(), Some(7));
}

#[test]
fn a_program_is_explored_while_it_runs() {
    let script = "while :; do dd if=/proc/self/exe of=/dev/null bs=4k count=9; echo a-round; sleep 0.05; done";
    let command = [
        "trace",
        "--live",
        "-o",
        "/dev/null",
        "--",
        "sh",
        "-c",
        script,
    ];
    let mut terminal = Terminal::start(zclab(&command));
    terminal.until("flows", |screen| {
        let shown = screen.contents();
        shown.contains("Trace   sh -c") && shown.contains("running") && shown.contains("a-round")
    });
    terminal.send("\r");
    terminal.until("calls", |screen| {
        let shown = screen.contents();
        shown.contains("running") && shown.contains("call ") && shown.contains("read(")
    });
    // The program's own Ctrl-C.
    terminal.send("\x03");
    terminal.until("its end", |screen| !screen.contents().contains("running"));
    terminal.send("q");
    assert!(terminal.ended().code().is_some());
    terminal.is_deserted();
}

#[test]
fn without_a_shell_to_bring_it_back_it_does_not_stop() {
    // It leads its session, so its process group is orphaned, as under `xterm -e`.
    let mut terminal = Terminal::open();
    terminal.wait_for("Modules");
    terminal.send("\x1a");
    terminal.send("?");
    terminal.until("help", |screen| {
        screen.alternate_screen() && screen.contents().contains("Ctrl-Z")
    });
    assert!(terminal.is_raw());
    terminal.send("\x1bq");
    assert_eq!(terminal.ended().code(), Some(0));
    assert!(terminal.is_restored());
}

#[test]
fn a_stop_from_outside_is_repaired_when_it_goes_on() {
    let mut terminal = Terminal::open();
    terminal.wait_for("Modules");
    terminal.signal(Signal::SIGSTOP);
    // What a shell would do to its terminal meanwhile.
    terminal.screen.process(b"\x1b[?1049l\x1b[2J");
    terminal.signal(Signal::SIGCONT);
    terminal.until("screen", |screen| {
        screen.alternate_screen() && screen.contents().contains("Modules")
    });
    terminal.send("q");
    assert_eq!(terminal.ended().code(), Some(0));
    assert!(terminal.is_restored());
}

#[test]
fn a_terminal_that_vanishes_ends_it_and_all_that_it_started() {
    let mut terminal = Terminal::open();
    long_experiment(&mut terminal);
    terminal.vanish();
    assert_eq!(terminal.ended().code(), Some(129));
    terminal.is_deserted();
    assert_eq!(files_under(terminal.home()), [""; 0]);
}

#[test]
fn quitting_in_an_experiment_leaves_no_process_and_no_file() {
    let mut terminal = Terminal::open();
    long_experiment(&mut terminal);
    terminal.send("q");
    assert_eq!(terminal.ended().code(), Some(0));
    terminal.is_deserted();
    assert!(terminal.is_restored());
    assert_eq!(files_under(terminal.home()), [""; 0]);
}

/// Starts 1 GiB in the lab, in the smallest chunks, and sees it run in another process.
fn long_experiment(terminal: &mut Terminal) {
    terminal.wait_for("Modules");
    terminal.send("m");
    terminal.wait_for("next run goes here");
    for key in ["z", "c"] {
        turn(
            terminal,
            key,
            if key == "z" {
                "size 1 GiB"
            } else {
                "chunk 4 KiB"
            },
        );
    }
    terminal.send("r");
    // A source of 1 GiB is written first: on a busy machine that takes a minute.
    for _ in 0..6000 {
        terminal.take(Duration::from_millis(20));
        if terminal.session().len() > 1 {
            return;
        }
    }
    panic!("no experiment:\n{}", terminal.contents());
}

/// Presses a key until the screen says so.
fn turn(terminal: &mut Terminal, key: &str, until: &str) {
    for _ in 0..12 {
        if terminal.contents().contains(until) {
            return;
        }
        terminal.send(key);
        while terminal.take(Duration::from_millis(100)).is_some() {}
    }
    panic!("{key} never shows {until}:\n{}", terminal.contents());
}

/// The regular files, by their names; the learner's log is meant to stay.
fn files_under(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap().flatten() {
        match entry.path().is_dir() {
            true => found.extend(files_under(&entry.path())),
            false => found.push(entry.path().display().to_string()),
        }
    }
    // The log, the last runs and how the screen is to look are meant to stay.
    let stays = ["answers.jsonl", "display.json"];
    found.retain(|name| !stays.iter().any(|end| name.ends_with(end)) && !name.contains("/runs/"));
    found
}

#[test]
fn an_experiment_runs_from_keys() {
    let mut terminal = Terminal::open();
    terminal.wait_for("Modules");
    terminal.send("m");
    terminal.wait_for("next run goes here");
    terminal.send("r");
    terminal.until("result", |screen| {
        let shown = screen.contents();
        shown.contains("untraced, one run") || shown.contains("no payload moved")
    });
    terminal.send("q");
    assert_eq!(terminal.ended().code(), Some(0));
}

#[test]
fn a_proof_and_an_error_are_made_from_keys() {
    let mut terminal = Terminal::open();
    terminal.wait_for("Modules");
    terminal.send("e");
    terminal.wait_for("Experiments");
    terminal.send("\r");
    terminal.wait_for("runs it on this kernel");
    terminal.send("r");
    // Loopback sockets and pipes are there on every machine, and read-write copies on every kernel.
    terminal.wait_for("copied on Linux");
    terminal.until("all rows", |screen| screen.contents().contains("run again"));
    assert!(terminal.contents().contains(&"A".repeat(32)));
    terminal.send("\x1b");
    terminal.wait_for("on this kernel, now");
    terminal.send("j\r");
    terminal.wait_for("What does your kernel answer?");
    terminal.send("1\r");
    terminal.wait_for("you said");
    terminal.until("answer", |screen| screen.contents().contains("run again"));
    assert!(
        terminal.contents().contains("by the vDSO"),
        "{}",
        terminal.contents()
    );
    terminal.send("q");
    assert_eq!(terminal.ended().code(), Some(0));
    terminal.is_deserted();
    assert_eq!(files_under(terminal.home()), [""; 0]);
}

#[test]
fn a_prediction_in_a_lesson_is_marked_from_a_live_run() {
    let mut terminal = Terminal::open();
    terminal.wait_for("Modules");
    terminal.send("jj\r");
    terminal.wait_for("Two for one");
    terminal.turn_to("Before it runs");
    terminal.send("32");
    terminal.wait_for("32");
    terminal.send("\r");
    terminal.wait_for("You said 32");
    terminal.send("q");
    assert_eq!(terminal.ended().code(), Some(0));
    let log = terminal.home().join("state/zclab/answers.jsonl");
    let mut given = answers(&log);
    // Questions on the way were passed by.
    given.retain(|given| !given.is_empty());
    assert_eq!(given, ["32"]);
}

/// The answers in a log, as they were given.
fn answers(log: &Path) -> Vec<String> {
    let mut given = Vec::new();
    let loaded = Log::at(log).load(&mut |record| {
        if let Record::Answer(answer) = record {
            given.push(answer.given.to_string());
        }
    });
    assert_eq!((loaded.damaged, loaded.warning), (0, None));
    given
}

#[test]
fn two_programs_at_once_lose_no_answer() {
    const ANSWERS: usize = 12;
    let home = tempfile::tempdir().unwrap();
    let mut terminals = [(); 2].map(|()| {
        let mut command = zclab(&[]);
        command.env("XDG_STATE_HOME", home.path());
        Terminal::start(command)
    });
    for terminal in &mut terminals {
        terminal.wait_for("Modules");
    }
    for terminal in &mut terminals {
        terminal.send("jj\r");
        terminal.wait_for("Two for one");
        terminal.turn_to("How many times");
    }
    let log = home.path().join("zclab/answers.jsonl");
    let mut pressed = 0;
    for _ in 0..ANSWERS {
        for terminal in &mut terminals {
            // Options that are wrong can be chosen again and again.
            terminal.send(["1\r", "2\r", "3\r"][pressed % 3]);
            pressed += 1;
        }
    }
    for terminal in &mut terminals {
        terminal.send("q");
        assert_eq!(terminal.ended().code(), Some(0));
    }
    let given = answers(&log);
    assert!(given.len() >= 4, "{given:?}");
    let from_one = solo(pressed / 2);
    assert_eq!(given.len(), 2 * from_one, "{given:?}");
}

/// How many answers one program alone keeps of that many presses.
fn solo(presses: usize) -> usize {
    let mut terminal = Terminal::open();
    terminal.wait_for("Modules");
    terminal.send("jj\r");
    terminal.wait_for("Two for one");
    terminal.turn_to("How many times");
    for press in 0..presses {
        terminal.send(["1\r", "2\r", "3\r"][press % 3]);
    }
    terminal.send("q");
    assert_eq!(terminal.ended().code(), Some(0));
    answers(&terminal.home().join("state/zclab/answers.jsonl")).len()
}

#[test]
fn what_cannot_be_kept_is_said_once_and_the_course_goes_on() {
    let home = tempfile::tempdir().unwrap();
    // A file where the directory should be: that stops root, too.
    fs::write(home.path().join("zclab"), "").unwrap();
    let mut command = zclab(&[]);
    command.env("XDG_STATE_HOME", home.path());
    let mut terminal = Terminal::start(command);
    terminal.wait_for("progress cannot be");
    terminal.send("\r");
    terminal.wait_for("The program that asks for nothing");
    terminal.turn_to("A number that names a resource");
    assert!(!terminal.contents().contains("progress cannot be"));
    terminal.send("q");
    assert_eq!(terminal.ended().code(), Some(0));
    assert!(terminal.is_restored());
}

#[test]
fn sizes_that_change_at_any_moment_are_harmless() {
    let mut terminal = Terminal::open();
    terminal.wait_for("Modules");
    for (step, (columns, rows)) in [(1, 1), (60, 18), (200, 60), (20, 5), (80, 24)]
        .into_iter()
        .cycle()
        .take(60)
        .enumerate()
    {
        terminal.resize(columns, rows);
        terminal.send(["\r", "n", "?", "\x1b", "\t", "b"][step % 6]);
    }
    // A key that comes together with a change of size is not lost.
    terminal.send("q");
    assert_eq!(terminal.ended().code(), Some(0));
    assert!(!terminal.is_raw());
}

#[test]
fn a_storm_of_sizes_ends_in_a_whole_screen() {
    let mut terminal = Terminal::open();
    terminal.wait_for("Modules");
    for step in 0..2000u16 {
        terminal.resize(1 + step % 250, 1 + step % 77);
    }
    terminal.resize(0, 0);
    terminal.resize(65535, 65535);
    terminal.resize(100, 30);
    terminal.send("?");
    terminal.send("\x1b");
    // Only what is drawn from here on counts.
    while terminal.take(Duration::from_millis(300)).is_some() {}
    terminal.resize(80, 24);
    terminal.until("whole screen", |screen| {
        let shown = screen.contents();
        shown.contains("Modules") && shown.contains("? help")
    });
    terminal.send("q");
    assert_eq!(terminal.ended().code(), Some(0));
    assert!(terminal.is_restored());
}

#[test]
fn strange_terminals_open_the_course() {
    for (term, columns) in [("", "0"), ("dumb", "-1"), ("no-such-terminal", "12parsecs")] {
        let mut command = zclab(&[]);
        command
            .env("TERM", term)
            .env("COLUMNS", columns)
            .env("LINES", columns);
        let mut terminal = Terminal::start(command);
        terminal.wait_for("Modules");
        terminal.send("q");
        assert_eq!(terminal.ended().code(), Some(0), "TERM={term}");
        assert!(terminal.is_restored(), "TERM={term}");
    }
}

#[test]
fn random_keys_and_sizes_leave_a_whole_terminal() {
    const KEYS: &[&str] = &[
        "\r",
        "\x1b",
        "\t",
        "\x7f",
        "\x1b[A",
        "\x1b[B",
        "\x1b[C",
        "\x1b[D",
        "\x1b[H",
        "\x1b[F",
        "\x1b[5~",
        "\x1b[6~",
        " ",
        "n",
        "b",
        "j",
        "k",
        "r",
        "m",
        "s",
        "c",
        "g",
        "h",
        "x",
        "T",
        "M",
        "?",
        "1",
        "2",
        "3",
        "7",
        "[",
        "]",
        "\x1a",
        "\x1b[<0;40;9M",
        "\x1b[<0;40;9m",
        "\x1b[<65;9;9M",
        "\x1b[<32;70;20M",
        "é",
        "\0",
        "\x1b[",
        "\u{1b}O",
    ];
    for seed in [1u64, 2] {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut below = |end: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % end as u64) as usize
        };
        let mut terminal = Terminal::open();
        terminal.wait_for("Modules");
        for _ in 0..400 {
            if below(12) == 0 {
                terminal.resize(1 + below(200) as u16, 1 + below(60) as u16);
            }
            terminal.send(KEYS[below(KEYS.len())]);
            terminal.take(Duration::from_millis(below(8) as u64));
            assert!(terminal.child.try_wait().unwrap().is_none(), "seed {seed}");
        }
        terminal.signal(Signal::SIGTERM);
        assert_eq!(terminal.ended().code(), Some(143), "seed {seed}");
        assert!(terminal.is_restored(), "seed {seed}");
        terminal.is_deserted();
    }
}

/// The player and the explorer take the display options that the course takes.
#[test]
fn the_display_options_take_effect_in_the_player_and_the_explorer() {
    let dir = tempfile::tempdir().unwrap();
    let (recording, report) = (dir.path().join("run.jsonl"), dir.path().join("trace.jsonl"));
    let recordings = zclab::embedded::recordings();
    let (_, text) = recordings
        .iter()
        .find(|(name, _)| *name == "read-write-to-tcp-warm.jsonl")
        .expect("it is shipped");
    fs::write(&recording, text).unwrap();
    zclab::store::trace_report::save(&report, &watched::server(40)).unwrap();
    for (file, shown) in [(&recording, "read_write.rs"), (&report, "switch")] {
        let open = |options: &[&str]| {
            let file = file.to_str().unwrap();
            let mut terminal = Terminal::start(zclab(&[&["replay", file], options].concat()));
            terminal.wait_for(shown);
            terminal
        };
        let colours = |terminal: &Terminal| {
            let screen = terminal.screen.screen();
            let cells = (0..36).flat_map(|y| (0..120).map(move |x| (y, x)));
            let colour = |(y, x)| screen.cell(y, x).unwrap().fgcolor();
            cells
                .map(colour)
                .any(|colour| colour != vt100::Color::Default)
        };
        let reports = |terminal: &Terminal| {
            terminal.screen.screen().mouse_protocol_mode() != vt100::MouseProtocolMode::None
        };
        let usual = open(&[]);
        assert!(colours(&usual) && reports(&usual) && !usual.contents().is_ascii());
        assert!(open(&["--ascii"]).contents().is_ascii());
        assert!(!colours(&open(&["--theme", "none"])));
        assert!(!reports(&open(&["--no-mouse", "--reduced-motion"])));
        if file == &recording {
            assert!(shows_tokens(open(&[])));
            assert!(!shows_tokens(open(&["--reduced-motion"])));
        }
    }
}

/// Whether single tokens travel in the first call of a recording, looked at in its middle.
fn shows_tokens(mut player: Terminal) -> bool {
    let before = player.contents();
    player.send("l");
    player.until("the first call", |screen| screen.contents() != before);
    // The rest of the frame, where it comes in pieces.
    while player.take(Duration::from_millis(300)).is_some() {}
    player.contents().contains("━■━■━")
}

#[test]
fn a_long_command_has_one_bar_on_the_terminal_which_is_gone_when_it_ends() {
    let mut terminal = Terminal::start(zclab(&[
        "run",
        "read-write",
        "--size",
        "1GiB",
        "--chunk",
        "4KiB",
    ]));
    let has_bar = |screen: &vt100::Screen| {
        let shown = screen.contents();
        shown
            .lines()
            .any(|line| line.contains(" %") && line.contains(['■', '·']))
    };
    terminal.until("a bar", has_bar);
    terminal.send("\x03");
    terminal.wait_for("cancelled: no process and no file is left");
    assert!(
        !has_bar(terminal.screen.screen()),
        "{}",
        terminal.contents()
    );
    terminal.ended();
    assert!(files_under(terminal.home()).is_empty());
}
