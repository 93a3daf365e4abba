//! What a teacher takes home: the report of a class, points in a gradebook, statements of xAPI, questions for other
//! systems. The files are read by parsers that are not ours.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

mod require;

use require::skip;

struct Place {
    dir: TempDir,
}

impl Place {
    fn new() -> Place {
        let dir = tempfile::tempdir().unwrap();
        Place { dir }
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn run(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_zclab"))
            .args(args)
            .current_dir(self.dir.path())
            .env("XDG_STATE_HOME", self.dir.path().join("state"))
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// The standard output of what must succeed, and the standard error.
    fn ok(&self, args: &[&str]) -> (Vec<u8>, String) {
        let done = self.run(args);
        let err = String::from_utf8(done.stderr).unwrap();
        assert!(done.status.success(), "{args:?}: {err}");
        (done.stdout, err)
    }

    fn refused(&self, args: &[&str]) -> String {
        let done = self.run(args);
        assert_eq!(done.status.code(), Some(1), "{args:?}");
        assert!(done.stdout.is_empty(), "{args:?}");
        String::from_utf8(done.stderr).unwrap()
    }

    /// The session of Ada, Bob and somebody without a name, three questions.
    fn session(&self) -> PathBuf {
        self.write("2026-11-30-K7QX2M.jsonl", SESSION)
    }
}

/// Ada: wrong, then right; 33, recorded 33; the order right. Bob: wrong twice; nothing else. A seat without a name: wrong,
/// then right. The last line is torn.
const SESSION: &str = include_str!("results/session.jsonl");

#[test]
fn a_report_has_both_votes_the_gain_misconceptions_and_attendance() {
    let place = Place::new();
    let session = place.session();
    let file = session.to_str().unwrap();
    let (out, err) = place.ok(&["class", "report", file, "--json"]);
    assert!(err.contains("1 line"), "the torn line is told of: {err}");
    let report: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(report["session"], "2026-11-30-K7QX2M");
    assert_eq!(
        (&report["code"], &report["seats"]),
        (&"K7QX2M".into(), &3.into())
    );
    let copies = &report["questions"][0];
    let rounds = &copies["rounds"];
    assert_eq!(rounds[0]["counts"], serde_json::json!([1, 0, 2]));
    assert_eq!(rounds[1]["counts"], serde_json::json!([1, 2, 0]));
    assert_eq!(
        (&rounds[0]["right"], &rounds[1]["right"]),
        (&0.into(), &2.into())
    );
    assert_eq!(
        (&rounds[0]["round"], &rounds[0]["answered"]),
        (&1.into(), &3.into())
    );
    // From 0 of 3 to 2 of 3: two thirds of what could be gained.
    assert!((copies["gain"].as_f64().unwrap() - 2.0 / 3.0).abs() < 1e-9);
    // First answers, in seconds; the correction is none.
    assert_eq!(rounds[0]["seconds"], serde_json::json!([2.0, 4.0, 6.0]));
    let shown = &copies["misconceptions"];
    assert_eq!(shown[0]["counts"], serde_json::json!([1, 1]));
    assert_eq!(shown[0]["misconception"], "Each call copies twice.");
    let calls = &report["questions"][1];
    assert_eq!(
        (&calls["recorded"], &calls["right"], &calls["gain"]),
        (&33.into(), &33.into(), &Value::Null)
    );
    assert_eq!(calls["rounds"][0]["right"], 1);
    let ada = &report["attendance"][0];
    assert_eq!(
        (&ada["person"], &ada["answered"]),
        (&"ada".into(), &serde_json::json!([true, true, true]))
    );
    assert_eq!(
        report["attendance"][1]["answered"],
        serde_json::json!([true, false, false])
    );

    let (out, _) = place.ok(&["class", "report", file]);
    let text = String::from_utf8(out).unwrap();
    for part in [
        "vote 1: 0 of 3 right (0 %)",
        "vote 2: 2 of 3 right (67 %)",
        "normalized gain: 0.67",
        "AAAA  3 of 3  ada",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let (out, _) = place.ok(&["class", "report", file, "--csv"]);
    let rows = parsed_csv(&out);
    assert_eq!(rows.len(), 5);
    assert_eq!(
        rows[2][..8],
        ["copies", "road", "choice", "2", "2", "3", "2", "0.67"]
    );
}

#[test]
fn a_page_of_a_report_is_whole_and_asks_for_nothing() {
    let place = Place::new();
    let session = place.session();
    let (out, _) = place.ok(&["class", "report", session.to_str().unwrap(), "--html"]);
    let page = String::from_utf8(out).unwrap();
    // Parsed as XML, but for what HTML leaves open; no attribute leads anywhere, no tag of the session is one here.
    for forbidden in ["<script", "src=", "href=", "url(", "@import", "<b>DMA"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert!(page.contains("&lt;b&gt;DMA&lt;/b&gt; does it all."));
    assert_eq!(
        page.matches("<section>").count(),
        page.matches("</section>").count()
    );
    let charts = page.matches("<svg role=\"img\" aria-label=").count();
    assert_eq!(charts, 6, "votes and answers over time of three questions");
    assert!(
        page.contains("aria-label=\"Votes. a: 1 then 1; b: 0 then 2; c: 2 then 0\""),
        "{page}"
    );
    assert!(page.contains("33 recorded"));
    assert!(page.contains("prefers-color-scheme: dark") && page.contains("lang=\"en\""));
}

#[test]
fn no_session_no_report() {
    let place = Place::new();
    let log = place.write(
        "ada.jsonl",
        "{\"lesson\":\"road\",\"question\":\"pick\",\"given\":\"a\",\"right\":true,\"at\":1}\n",
    );
    let said = place.refused(&["class", "report", log.to_str().unwrap()]);
    assert!(said.contains("no session"), "{said}");
    let session = place.session();
    let said = place.refused(&["export", "results", session.to_str().unwrap()]);
    assert!(said.contains("class report"), "{said}");
}

const MOODLE: &str = "\u{feff}\"First name\",\"Last name\",\"ID number\",\"Email address\",\"Quiz: \"\"a\"\", b (Real)\",\"Last downloaded from this course\"\r\n\
    Ada,\"Love\nlace, A.\",s1,ADA,-,1700000000\r\n\
    Bob,B,bob,b@x.org,\"3,50\",1700000000\r\n\
    Eve,E,s3,eve@x.org,2,1700000000";
const CANVAS: &str = "Student,ID,SIS User ID,SIS Login ID,Section,A1 (12),Final Score\n\
    ,,,,,Manual Posting,\n    Points Possible,,,,,10,(read only)\n\
    \"Love, Ada\",11,s1,ada,S,5,50\n\"B, Bob\",12,bob,b,S,,\n\"Student, Test\",13,,x,S,,\n";
const BRIGHTSPACE: &str = "OrgDefinedId,Username,Last Name,First Name,Q1 Points Grade <Numeric MaxPoints:5>,End-of-Line Indicator\r\n\
    #s1,#ada,L,Ada,4,#\r\n#s2,#zed,Z,Zed,,#\r\n";

#[test]
fn points_stand_in_the_gradebook_and_nothing_else_is_changed() {
    let place = Place::new();
    let session = place.session();
    let session = session.to_str().unwrap();
    for (name, text, credit, cells) in [
        (
            "moodle.csv",
            MOODLE,
            "answered",
            &[",zclab\r", ",3\r", ",1\r", ",-"][..],
        ),
        (
            "moodle.csv",
            MOODLE,
            "right",
            &[",zclab\r", ",3\r", ",0\r", ",-"],
        ),
        (
            "canvas.csv",
            CANVAS,
            "answered",
            &[",zclab\n", ",\n", ",3\n", ",3\n", ",1\n", ",\n"],
        ),
        (
            "brightspace.csv",
            BRIGHTSPACE,
            "answered",
            &[
                ",zclab Points Grade <Numeric MaxPoints:3>,End",
                ",3,#\r",
                ",,#\r",
            ],
        ),
    ] {
        let file = place.write(name, text);
        let (out, err) = place.ok(&[
            "export", "results", "--into", name, "--credit", credit, session,
        ]);
        let filled = String::from_utf8(out).unwrap();
        // Each cell is a delimiter and a value; what ends it in the list is the file's own.
        let mut rest = text;
        let mut expected = String::new();
        for cell in cells {
            let end = [",End", ",#\r", "\r", "\n"]
                .into_iter()
                .find(|end| cell.ends_with(end))
                .unwrap_or("");
            let rows_end = match (end, name) {
                ("\r", _) => line_end(rest, "\r\n"),
                ("\n", _) => line_end(rest, "\n"),
                ("", _) => rest.len(),
                (end, _) => rest.find(end).unwrap(),
            };
            expected += &rest[..rows_end];
            expected += cell.strip_suffix(end).unwrap();
            expected += &rest[rows_end..rows_end + end.len()];
            rest = &rest[rows_end + end.len()..];
        }
        expected += rest;
        assert_eq!(filled, expected, "{name} {credit}");
        assert_eq!(
            fs::read_to_string(&file).unwrap(),
            text,
            "the gradebook itself stays"
        );
        assert!(err.contains("no row for 1 seat without a name"), "{err}");
    }
    let (_, err) = place.ok(&["export", "results", "--into", "canvas.csv", session]);
    assert!(err.contains("no log for row 6: Student, Test"), "{err}");
    let (_, err) = place.ok(&["export", "results", "--into", "brightspace.csv", session]);
    assert!(err.contains("no log for row 3: Zed Z"), "{err}");
    assert!(err.contains("no row for 'bob'"), "{err}");
}

/// Where the next row of a file ends: a line end within quotes is none.
fn line_end(text: &str, end: &str) -> usize {
    let found = text.match_indices(end).map(|(at, _)| at);
    let is_end = |at: &usize| text[..*at].matches('"').count().is_multiple_of(2);
    let mut ends = found.filter(is_end);
    ends.next().unwrap()
}

#[test]
fn encodings_delimiters_and_short_rows_are_kept() {
    let place = Place::new();
    let log = |student: &str| {
        let line =
            "{\"lesson\":\"road\",\"question\":\"q1\",\"given\":\"a\",\"right\":true,\"at\":1}\n";
        place.write(&format!("logs/{student}.jsonl"), line)
    };
    let ada = log("ada");
    let ada = ada.to_str().unwrap();
    // UTF-16 with tabs, as spreadsheets write "Unicode text".
    let text = "First name\tID number\tNote\nZo\u{eb} \u{1f600}\tada\t\nBob\tbob\t1\n";
    let utf16 = |text: &str| -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect()
    };
    place.write("wide.csv", utf16(text));
    let (out, _) = place.ok(&["export", "results", "--into", "wide.csv", ada]);
    let expected =
        "First name\tID number\tNote\tzclab\nZo\u{eb} \u{1f600}\tada\t\t1\nBob\tbob\t1\t-\n";
    assert_eq!(out, utf16(expected));
    // Latin-1 with semicolons; a row that is too short; empty lines; no line end at the end.
    let latin: &[u8] =
        b"Student;ID;SIS Login ID;Section;A (1)\r\n\r\nZo\xeb;1;ada;S;2\r\nBob;2;bob\r\n\r\n;;;;";
    place.write("latin.csv", latin);
    let (out, err) = place.ok(&[
        "export",
        "results",
        "--into",
        "latin.csv",
        ada,
        "--column",
        "week 1",
    ]);
    let expected: &[u8] = b"Student;ID;SIS Login ID;Section;A (1);week 1\r\n\r\nZo\xeb;1;ada;S;2;1\r\nBob;2;bob;;;\r\n\r\n;;;;;";
    assert_eq!(out, expected, "{}", out.escape_ascii());
    assert!(err.contains("no log for row 4: Bob"), "{err}");
    // To a file, but never to the gradebook itself, by whatever name.
    place.ok(&[
        "export",
        "results",
        "--into",
        "latin.csv",
        ada,
        "-o",
        "out.csv",
    ]);
    assert!(
        fs::read(place.dir.path().join("out.csv"))
            .unwrap()
            .ends_with(b";")
    );
    std::os::unix::fs::symlink("latin.csv", place.dir.path().join("link.csv")).unwrap();
    place.refused(&[
        "export",
        "results",
        "--into",
        "latin.csv",
        ada,
        "-o",
        "link.csv",
    ]);
    assert_eq!(fs::read(place.dir.path().join("latin.csv")).unwrap(), latin);
}

#[test]
fn what_cannot_be_filled_is_refused() {
    let place = Place::new();
    let session = place.session();
    let session = session.to_str().unwrap();
    for (text, said) in [
        ("Nom,Note\nAda,3\n", "no gradebook"),
        ("", "no gradebook"),
        ("First name,ID number,zclab\nA,ada,\n", "already"),
        ("Student,ID,Section,zclab (77)\nA,ada,,\n", "already"),
        ("First name,ID number,Q\nA,ada,\"x\n", "quote"),
    ] {
        place.write("book.csv", text);
        let err = place.refused(&["export", "results", "--into", "book.csv", session]);
        assert!(err.contains(said), "{text:?}: {err}");
        assert!(err.lines().count() <= 5, "{err}");
    }
    // Two rows of one student: which one, nobody can say.
    place.write("book.csv", "First name,ID number\nA,ada\nB,Ada\nC,bob\n");
    let (out, err) = place.ok(&["export", "results", "--into", "book.csv", session]);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "First name,ID number,zclab\nA,ada,-\nB,Ada,-\nC,bob,1\n"
    );
    assert!(err.contains("2 rows for 'ada'"), "{err}");
}

#[test]
fn a_log_and_a_session_of_one_student_are_one_row() {
    let place = Place::new();
    let session = place.session();
    let lines = [
        r#"{"lesson":"road","question":"copies","given":"a","right":false,"at":1800000000}"#,
        r#"{"lesson":"road","question":"more","given":"b","right":true,"at":1700000000}"#,
        r#"{"lesson":"road","question":"passed","given":"","right":false,"at":1700000001}"#,
    ];
    let log = place.write("bob.jsonl", lines.join("\n"));
    place.write("book.csv", "First name,Email address\nA,ada\nB,bob\n");
    let files = [session.to_str().unwrap(), log.to_str().unwrap()];
    let into = |more: &[&str]| {
        let args = [
            &["export", "results", "--into", "book.csv"][..],
            more,
            &files,
        ]
        .concat();
        String::from_utf8(place.ok(&args).0).unwrap()
    };
    // A question counts once, one that was passed does not.
    assert_eq!(
        into(&[]),
        "First name,Email address,zclab\nA,ada,3\nB,bob,2\n"
    );
    assert_eq!(
        into(&["--credit", "right"]),
        "First name,Email address,zclab\nA,ada,3\nB,bob,1\n"
    );
}

#[test]
fn logs_of_one_name_are_as_many_students_as_directories() {
    let place = Place::new();
    let line =
        "{\"lesson\":\"road\",\"question\":\"q1\",\"given\":\"a\",\"right\":true,\"at\":1}\n";
    for student in ["ada", "bob", "eve"] {
        place.write(&format!("{student}/handed-in/log.jsonl"), line);
    }
    let (out, _) = place.ok(&[
        "export",
        "results",
        "ada/handed-in/log.jsonl",
        "bob/handed-in/log.jsonl",
        "eve/handed-in/log.jsonl",
    ]);
    let rows = parsed_csv(&out);
    let students: Vec<&str> = rows.iter().skip(1).map(|row| row[0].as_str()).collect();
    assert_eq!(students, ["ada", "bob", "eve"]);
}

#[test]
fn statements_of_xapi_have_pseudonyms_and_what_was_asked() {
    let place = Place::new();
    let session = place.session();
    let args = [
        "export",
        "results",
        "--format",
        "xapi",
        session.to_str().unwrap(),
    ];
    let (out, err) = place.ok(&args);
    assert!(err.contains("can be forged"));
    let text = String::from_utf8(out.clone()).unwrap();
    let statements: Vec<Value> = serde_json::from_slice(&out).unwrap();
    // A pseudonym is of hexadecimal digits, which may happen to spell a name.
    let pseudonyms = statements
        .iter()
        .map(|one| &one["actor"]["account"]["name"]);
    let said = pseudonyms.fold(text, |said, name| said.replace(name.as_str().unwrap(), ""));
    assert!(!said.contains("ada") && !said.contains("bob"), "{said}");
    // Six votes on the choice, two guesses, one order.
    assert_eq!(statements.len(), 9);
    let of = |id: &str| -> Vec<&Value> {
        let is_it = |one: &&Value| one["object"]["id"].as_str().unwrap().ends_with(id);
        statements.iter().filter(is_it).collect()
    };
    let first = of("/road/copies")[0];
    assert_eq!(first["version"], "1.0.3");
    assert_eq!(
        first["result"],
        serde_json::json!({ "completion": true, "response": "c", "success": false })
    );
    assert_eq!(
        first["timestamp"], "2023-11-14T22:13:38.000Z",
        "the last vote of the round"
    );
    let definition = &first["object"]["definition"];
    assert_eq!(
        (
            &definition["interactionType"],
            &definition["correctResponsesPattern"]
        ),
        (&"choice".into(), &serde_json::json!(["b"]))
    );
    assert_eq!(
        definition["choices"][2],
        serde_json::json!({ "id": "c", "description": { "en-US": "none" } })
    );
    let order = of("/road/order")[0];
    assert_eq!(order["result"]["response"], "2[,]3[,]1");
    assert_eq!(
        of("/road/calls")[0]["result"],
        serde_json::json!({ "completion": true, "response": "33", "success": true })
    );
    let mut ids: Vec<&str> = statements
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    let is_uuid = |id: &&str| {
        id.len() == 36 && id.as_bytes()[14] == b'5' && b"89ab".contains(&id.as_bytes()[19])
    };
    assert!(ids.iter().all(is_uuid));
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 9);
    // The same students have the same names the next time, and others on another machine.
    assert_eq!(place.ok(&args).0, out);
    let key = place.dir.path().join("state/zclab/pseudonyms.key");
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&key).unwrap().permissions()) & 0o777,
        0o600
    );
    fs::remove_file(key).unwrap();
    assert_ne!(place.ok(&args).0, out);
}

/// The rows of a table.
fn parsed_csv(bytes: &[u8]) -> Vec<Vec<String>> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let mut reader = csv::ReaderBuilder::new();
    reader.has_headers(false).flexible(true);
    let rows = reader.from_reader(text.as_bytes()).into_records();
    rows.map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

/// A script of Python, its standard output.
fn python(script: &str, file: &Path) -> Option<String> {
    let done = Command::new("python3")
        .args(["-c", script])
        .arg(file)
        .output();
    match done {
        Ok(done) if done.status.success() => Some(String::from_utf8(done.stdout).unwrap()),
        Ok(done) => panic!("{}", String::from_utf8_lossy(&done.stderr)),
        Err(error) => {
            skip("python3", error);
            None
        }
    }
}

/// What Moodle's reader looks at: the kind, the name, the weights, the tolerance, the sides.
const READ_MOODLE: &str = r#"
import sys, collections
import xml.etree.ElementTree as tree
kinds = collections.Counter()
names = set()
for one in tree.parse(sys.argv[1]).getroot():
    kind = one.get('type')
    kinds[kind] += 1
    if kind == 'category':
        assert one.find('category/text').text.startswith('$course$/top/zclab/')
        continue
    name = one.find('name/text').text
    assert name not in names and one.find('idnumber').text == name, name
    names.add(name)
    assert one.find('questiontext').get('format') == 'markdown' and one.find('questiontext/text').text.strip(), name
    assert one.find('generalfeedback/text').text.strip(), name
    answers = one.findall('answer')
    weights = [float(answer.get('fraction')) for answer in answers]
    if kind == 'multichoice':
        single = one.find('single').text == 'true'
        right = sum(weight for weight in weights if weight > 0)
        assert abs(right - 100) < 0.01 and (not single or max(weights) == 100), (name, weights)
        assert len({answer.find('text').text for answer in answers}) == len(answers) > 1, name
    elif kind == 'numerical':
        assert weights[0] == 100 and max(weights[1:], default=0) == 0, name
        for answer in answers:
            assert answer.find('text').text == '*' or float(answer.find('text').text) is not None
            assert float(answer.find('tolerance').text) >= 0, name
    elif kind == 'match':
        sides = one.findall('subquestion')
        lefts = [side.find('text').text for side in sides]
        assert len([left for left in lefts if left]) >= 2 and len(sides) >= 3, (name, lefts)
        assert all(side.find('answer/text').text for side in sides), name
    else:
        raise Exception(kind)
print(sum(kinds.values()) - kinds['category'], sorted(kinds))
"#;

/// What Canvas and instructure/qti look at: the manifest, the kind, one response for each part, the score, the feedback
/// that is named.
const READ_QTI: &str = r#"
import sys, zipfile, collections
import xml.etree.ElementTree as tree
package = zipfile.ZipFile(sys.argv[1])
assert package.testzip() is None
Q = '{http://www.imsglobal.org/xsd/ims_qtiasiv1p2}'
P = '{http://www.imsglobal.org/xsd/imscp_v1p1}'
files = set(package.namelist()) - {'imsmanifest.xml'}
kinds = collections.Counter()
idents = set()
manifest = tree.fromstring(package.read('imsmanifest.xml'))
resources = manifest.findall(f'{P}resources/{P}resource')
assert {one.find(f'{P}file').get('href') for one in resources} == files and len(resources) == len(files)
assert all(one.get('type') == 'imsqti_xmlv1p2' for one in resources)
for name in files:
    quiz = tree.fromstring(package.read(name)).find(f'{Q}assessment')
    for item in quiz.findall(f'{Q}section/{Q}item'):
        ident = item.get('ident')
        assert ident not in idents, ident
        idents.add(ident)
        fields = {one.find(f'{Q}fieldlabel').text: one.find(f'{Q}fieldentry').text for one in item.iter(f'{Q}qtimetadatafield')}
        kind = fields['question_type']
        kinds[kind] += 1
        assert item.find(f'{Q}presentation/{Q}material/{Q}mattext').text.strip(), ident
        labels = {one.get('ident') for one in item.iter(f'{Q}response_label')}
        responses = {one.get('ident') for one in item.iter() if one.tag in (f'{Q}response_lid', f'{Q}response_str')}
        assert (len(responses) > 1) == (kind == 'matching_question'), ident
        for equal in item.iter(f'{Q}varequal'):
            assert equal.get('respident') in responses, ident
            if kind != 'numerical_question':
                assert equal.text in labels, (ident, equal.text)
        said = {one.get('ident') for one in item.iter(f'{Q}itemfeedback')}
        assert {one.get('linkrefid') for one in item.iter(f'{Q}displayfeedback')} <= said, ident
        scores = [float(one.text) for one in item.iter(f'{Q}setvar')]
        assert abs(sum(scores) - 100) < 0.1, (ident, scores)
print(len(idents), sorted(kinds))
"#;

#[test]
fn moodle_xml_and_qti_are_understood_by_independent_parsers() {
    let place = Place::new();
    let (out, _) = place.ok(&["export", "questions", "--format", "gift"]);
    let gift = String::from_utf8(out).unwrap();
    let questions = gift.lines().filter(|line| line.starts_with("::")).count();
    for (format, script, kinds) in [
        (
            "moodle-xml",
            READ_MOODLE,
            "['category', 'match', 'multichoice', 'numerical']",
        ),
        (
            "qti",
            READ_QTI,
            "['matching_question', 'multiple_answers_question', 'multiple_choice_question', 'numerical_question']",
        ),
    ] {
        let (out, _) = place.ok(&["export", "questions", "--format", format]);
        let file = place.write(format, out);
        let Some(read) = python(script, &file) else {
            return;
        };
        assert_eq!(read.trim(), format!("{questions} {kinds}"), "{format}");
    }
    // The same questions are the same bytes.
    let again = |format| {
        place
            .ok(&["export", "questions", "sendfile", "--format", format])
            .0
    };
    assert_eq!(again("qti"), again("qti"));
}
