//! The report in text: 80 columns, what the program did before what its loader did, colours where they are wanted.

use std::{fs, process::Command};

use crate::desk::{Desk, MIB, ZCLAB, said};

fn report(desk: &Desk, variables: &[(&str, &str)], command: &[&str]) -> String {
    let mut zclab = Command::new(ZCLAB);
    zclab.args(["trace", "--"]).args(command);
    zclab.current_dir(desk.0.path());
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        zclab.env_remove(name);
    }
    said(&zclab.envs(variables.iter().copied()).output().unwrap())
}

#[test]
fn it_fits_80_columns_and_its_numbers_stand_below_each_other() {
    let desk = Desk::new(MIB);
    let long =
        "a-name-that-is-longer-than-any-column-of-the-table-and-than-the-line-that-it-stands-in";
    fs::copy(desk.path("a"), desk.path(long)).unwrap();
    let script = format!("cat a | cat > b; cat {long} >> c; dd if=a of={long}2 bs=4k; ls -l > d");
    let text = report(&desk, &[], &["sh", "-c", &script]);
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line:?} in\n{text}");
    }
    assert!(
        !text.contains('\u{1b}'),
        "no colour where nobody looks: {text:?}"
    );
    let head = text
        .lines()
        .find(|line| line.starts_with("flow "))
        .expect(&text);
    let column = |name: &str| head.find(name).unwrap() + name.len();
    let row = text
        .lines()
        .find(|line| line.contains("1\u{a0}048\u{a0}576"))
        .unwrap();
    let place = row.find("1\u{a0}048\u{a0}576").unwrap();
    let before = row[..place].chars().count() + "1 048 576".len();
    assert_eq!(before, column("bytes"), "{head}\n{row}");
    assert!(head.ends_with("copies per byte"), "{head}");
}

#[test]
fn what_a_program_reads_to_start_is_one_line() {
    let desk = Desk::new(MIB);
    let text = report(&desk, &[], &["sh", "-c", "dd if=a of=b bs=64k status=none"]);
    let start: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("program start: "))
        .collect();
    assert_eq!(start.len(), 1, "{text}");
    assert!(!text.contains("libc.so"), "{text}");
    let first = text.lines().find(|line| line.contains('>')).unwrap();
    assert!(first.contains("/a") || first.starts_with('a'), "{text}");
    // What the command names is the user's, wherever it is.
    let text = report(&desk, &[], &["wc", "/etc/passwd"]);
    assert!(text.contains("passwd > memory of wc"), "{text}");
    assert!(text.contains("needed by the program"), "{text}");
}

#[test]
fn colours_are_there_where_they_are_wanted() {
    let desk = Desk::new(MIB);
    let command = ["true"];
    let forced = report(
        &desk,
        &[("CLICOLOR_FORCE", "1"), ("TERM", "xterm")],
        &command,
    );
    assert!(forced.contains("\u{1b}["), "{forced:?}");
    let plain = report(&desk, &[], &command);
    let stripped = forced
        .split('\u{1b}')
        .enumerate()
        .map(|(place, part)| match place {
            0 => part,
            _ => part.split_once('m').unwrap().1,
        });
    assert_eq!(stripped.collect::<String>(), plain);
    let refused = report(&desk, &[("NO_COLOR", "1")], &command);
    assert_eq!(refused, plain);
}
