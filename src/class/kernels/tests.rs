use super::*;
use crate::class::{Figure, Poll};
use crate::model::Query;

fn dot(value: &str, kernel: &str) -> MachineDot {
    MachineDot {
        value: Figure::Word(value.to_owned()),
        kernel: kernel.to_owned(),
        arch: "x86_64".to_owned(),
    }
}

/// Of an error on purpose.
fn refused(machines: Vec<MachineDot>) -> AskedSnapshot {
    let names = vec!["copy-file-range-across-file-systems".to_owned()];
    asked(ExperimentSpec::Errors(names), "verdict", machines)
}

fn asked(what: ExperimentSpec, figure: &str, machines: Vec<MachineDot>) -> AskedSnapshot {
    let experiment = ClassExperiment {
        what: ClassRun::Other(what),
        query: Query(figure.to_owned()),
    };
    let poll = serde_json::json!({ "id": "a", "kind": "choice", "text": "", "unit": null, "scale": null, "right": null });
    AskedSnapshot {
        poll: Poll {
            causes: causes_of(&experiment),
            ..serde_json::from_value(poll).unwrap()
        },
        revealed: true,
        recorded: None,
        rounds: Vec::new(),
        machines,
    }
}

#[test]
fn a_known_change_explains_the_kernels_that_it_is_of_and_no_other() {
    let said = differences(&refused(vec![
        dot("works", "Linux 5.10.1"),
        dot("EXDEV", "Linux 6.12.3"),
        dot("EXDEV", "Linux 6.18.4"),
    ]));
    assert_eq!(said.len(), 3, "{said:#?}");
    assert!(
        said[2].starts_with("Known, of Linux 5.10.1 x86_64: Linux 5.3 to 5.18 copied"),
        "{said:#?}"
    );
}

#[test]
fn what_no_change_explains_is_not_known() {
    // An answer that the change does not give, and a kernel that it is not of.
    for (value, kernel) in [
        ("ENOSYS", "Linux 5.10.1"),
        ("works", "Linux 6.12.3"),
        ("works", "Linux"),
    ] {
        let said = differences(&refused(vec![
            dot(value, kernel),
            dot("EXDEV", "Linux 6.18.4"),
        ]));
        let last = said.last().unwrap();
        assert!(last.starts_with("Not known: why "), "{said:#?}");
        assert!(
            !said.iter().any(|line| line.starts_with("Known")),
            "{said:#?}"
        );
    }
}

#[test]
fn machines_of_one_kernel_that_differ_are_said_to() {
    let said = differences(&refused(vec![
        dot("works", "Linux 6.18.4"),
        dot("EXDEV", "Linux 6.18.4"),
    ]));
    assert!(
        said.iter()
            .any(|line| line.contains("Machines of one kernel differ")),
        "{said:#?}"
    );
}

#[test]
fn where_all_found_the_same_no_kernel_differs() {
    let same = vec![dot("EXDEV", "Linux 5.10.1"), dot("EXDEV", "Linux 6.18.4")];
    assert_eq!(
        differences(&refused(same)),
        ["No kernel differs: every machine found the same value."]
    );
}

#[test]
fn a_setting_is_a_possible_cause_and_no_more() {
    let said = differences(&asked(
        ExperimentSpec::PageCache(Vec::new()),
        "resident.pread-at-0",
        vec![dot("4", "Linux 6.1.0"), dot("32", "Linux 6.18.4")],
    ));
    assert!(
        said.iter()
            .any(|line| line.starts_with("Possible: ") && line.contains("read_ahead_kb")),
        "{said:#?}"
    );
    assert!(said.last().unwrap().starts_with("Not known"), "{said:#?}");
}
