//! QTI 1.2 in a content package, as Canvas imports it and as instructure/qti reads it: a quiz for each lesson. What the
//! IMS specification leaves open is done as Canvas's own exports do it: `question_type` in the metadata, a score out of
//! 100, feedback by name.

use std::io::{Cursor, Write};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{Course, Entry, Lesson};
use crate::{
    cli::markup::{escaped, html, plain},
    course::kinds::item::{ItemForm, ItemOption},
};

const NAMESPACE: &str = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2";

/// The package: a zip.
///
/// # Errors
/// It grows beyond what a zip holds.
pub(super) fn write(course: &Course) -> anyhow::Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    // The time of the files is the format's first day: the same questions give the same bytes.
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    zip.start_file("imsmanifest.xml", options)?;
    zip.write_all(manifest(course).as_bytes())?;
    for lesson in course
        .lessons
        .iter()
        .filter(|lesson| !lesson.entries.is_empty())
    {
        zip.start_file(path(lesson), options)?;
        zip.write_all(assessment(lesson).as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}

fn path(lesson: &Lesson) -> String {
    let ident = ident(lesson);
    format!("{ident}/{ident}.xml")
}

fn ident(lesson: &Lesson) -> String {
    format!("zclab_{}", escaped(&lesson.id))
}

fn manifest(course: &Course) -> String {
    let lessons = course.lessons.iter();
    let resource = |lesson: &Lesson| {
        let path = path(lesson);
        format!(
            "    <resource identifier=\"{}\" type=\"imsqti_xmlv1p2\" href=\"{path}\">\n      <file href=\"{path}\"/>\n    </resource>\n",
            ident(lesson)
        )
    };
    let resources: String = lessons
        .filter(|lesson| !lesson.entries.is_empty())
        .map(resource)
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <manifest identifier=\"zclab\" xmlns=\"http://www.imsglobal.org/xsd/imscp_v1p1\">\n  \
         <metadata>\n    <schema>IMS Content</schema>\n    <schemaversion>1.1.3</schemaversion>\n  </metadata>\n  \
         <organizations/>\n  <resources>\n{resources}  </resources>\n</manifest>\n"
    )
}

fn assessment(lesson: &Lesson) -> String {
    let (ident, title) = (ident(lesson), escaped(&lesson.title()));
    let items: String = lesson.entries.iter().map(item).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<questestinterop xmlns=\"{NAMESPACE}\">\n\
         <assessment ident=\"{ident}_quiz\" title=\"{title}\">\n<section ident=\"root_section\">\n{items}\
         </section>\n</assessment>\n</questestinterop>\n"
    )
}

/// The parts of an item that depend on how it is answered.
struct Parts {
    question_type: &'static str,
    /// What is shown below the text.
    response: String,
    /// What an answer shows.
    replies: String,
    /// What an answer is worth.
    scores: String,
    feedback: Vec<(String, String)>,
}

fn item(entry: &Entry) -> String {
    let mut parts = match &entry.item.form {
        ItemForm::Choice { options, in_order } => choice(options, *in_order),
        ItemForm::Number {
            right,
            tolerance,
            otherwise,
            ..
        } => number(*right, *tolerance, otherwise.as_deref()),
        ItemForm::Pairs { pairs, others } => matching(pairs, others),
    };
    parts
        .feedback
        .push(("general_fb".to_owned(), html(&entry.explanation)));
    let id = escaped(&entry.id);
    let fields = [
        ("question_type", parts.question_type),
        ("points_possible", "1.0"),
    ];
    let field = |(label, value): (&str, &str)| {
        format!(
            "<qtimetadatafield><fieldlabel>{label}</fieldlabel><fieldentry>{value}</fieldentry></qtimetadatafield>\n"
        )
    };
    let fields: String = fields.into_iter().map(field).collect();
    let text = material(&html(&entry.text()), true);
    let feedback = |(ident, text): &(String, String)| {
        let material = material(text, true);
        format!("<itemfeedback ident=\"{ident}\"><flow_mat>{material}</flow_mat></itemfeedback>\n")
    };
    let feedback: String = parts.feedback.iter().map(feedback).collect();
    let general = shows("<other/>", "general_fb");
    let Parts {
        response,
        replies,
        scores,
        ..
    } = parts;
    format!(
        "<item ident=\"{id}\" title=\"{id}\">\n<itemmetadata><qtimetadata>\n{fields}</qtimetadata></itemmetadata>\n\
         <presentation>\n{text}\n{response}</presentation>\n<resprocessing>\n\
         <outcomes><decvar maxvalue=\"100\" minvalue=\"0\" varname=\"SCORE\" vartype=\"Decimal\"/></outcomes>\n\
         {general}{replies}{scores}</resprocessing>\n{feedback}</item>\n"
    )
}

fn material(text: &str, is_html: bool) -> String {
    let kind = if is_html { "text/html" } else { "text/plain" };
    format!(
        "<material><mattext texttype=\"{kind}\">{}</mattext></material>",
        escaped(text)
    )
}

/// A condition that shows a feedback and lets the others be looked at.
fn shows(condition: &str, feedback: &str) -> String {
    format!(
        "<respcondition continue=\"Yes\"><conditionvar>{condition}</conditionvar>\
         <displayfeedback feedbacktype=\"Response\" linkrefid=\"{feedback}\"/></respcondition>\n"
    )
}

fn scores(condition: &str, action: &str, score: &str) -> String {
    let goes_on = if action == "Add" {
        ""
    } else {
        " continue=\"No\""
    };
    format!(
        "<respcondition{goes_on}><conditionvar>{condition}</conditionvar>\
         <setvar action=\"{action}\" varname=\"SCORE\">{score}</setvar></respcondition>\n"
    )
}

fn is_chosen(response: &str, label: &str) -> String {
    format!("<varequal respident=\"{response}\">{label}</varequal>")
}

fn label(ident: &str, material: &str) -> String {
    format!("<response_label ident=\"{ident}\">{material}</response_label>\n")
}

fn choice(options: &[ItemOption], in_order: bool) -> Parts {
    let is_single = options.iter().filter(|option| option.right).count() == 1;
    let (question_type, cardinality) = match is_single {
        true => ("multiple_choice_question", "Single"),
        false => ("multiple_answers_question", "Multiple"),
    };
    let shuffle = if in_order { "No" } else { "Yes" };
    let (mut labels, mut replies, mut feedback) = (String::new(), String::new(), Vec::new());
    let mut conditions = String::new();
    for (number, option) in (1..).zip(options) {
        let ident = format!("option_{number}");
        labels += &label(&ident, &material(&html(&option.text), true));
        let chosen = is_chosen("response1", &ident);
        if let Some(text) = &option.feedback {
            replies += &shows(&chosen, &format!("{ident}_fb"));
            feedback.push((format!("{ident}_fb"), html(text)));
        }
        match (option.right, is_single) {
            (true, _) => conditions += &chosen,
            (false, true) => {}
            (false, false) => conditions += &format!("<not>{chosen}</not>"),
        }
    }
    if !is_single {
        conditions = format!("<and>{conditions}</and>");
    }
    Parts {
        question_type,
        response: format!(
            "<response_lid ident=\"response1\" rcardinality=\"{cardinality}\">\n<render_choice shuffle=\"{shuffle}\">\n{labels}</render_choice>\n</response_lid>\n"
        ),
        replies,
        scores: scores(&conditions, "Set", "100"),
        feedback,
    }
}

/// Canvas has no feedback for single wrong numbers: what is said to any of them is said to all.
fn number(right: f64, tolerance: f64, otherwise: Option<&str>) -> Parts {
    let (low, high) = (right - tolerance, right + tolerance);
    let condition = format!(
        "<or>{}<and><vargte respident=\"response1\">{low}</vargte><varlte respident=\"response1\">{high}</varlte></and></or>",
        is_chosen("response1", &right.to_string())
    );
    let mut all = scores(&condition, "Set", "100");
    let mut feedback = Vec::new();
    if let Some(text) = otherwise {
        all += &shows("<other/>", "general_incorrect_fb");
        feedback.push(("general_incorrect_fb".to_owned(), html(text)));
    }
    Parts {
        question_type: "numerical_question",
        response: "<response_str ident=\"response1\" rcardinality=\"Single\"><render_fib fibtype=\"Decimal\">\
                   <response_label ident=\"answer1\"/></render_fib></response_str>\n"
            .to_owned(),
        replies: String::new(),
        scores: all,
        feedback,
    }
}

/// Each left side is a response of its own, with all right sides to choose from; equal ones are one.
fn matching(pairs: &[(String, String)], others: &[String]) -> Parts {
    let mut rights: Vec<&String> = Vec::new();
    for right in pairs.iter().map(|(_, right)| right).chain(others) {
        if !rights.contains(&right) {
            rights.push(right);
        }
    }
    let labels: String = (1..)
        .zip(&rights)
        .map(|(number, right)| label(&format!("right_{number}"), &material(&plain(right), false)))
        .collect();
    let share = format!("{:.2}", 100.0 / pairs.len().max(1) as f64);
    let (mut response, mut all) = (String::new(), String::new());
    for (number, (left, right)) in (1..).zip(pairs) {
        let ident = format!("response_{number}");
        let partner = 1 + rights.iter().position(|other| *other == right).unwrap_or(0);
        let left = material(&plain(left), false);
        response += &format!(
            "<response_lid ident=\"{ident}\">{left}<render_choice>\n{labels}</render_choice></response_lid>\n"
        );
        all += &scores(
            &is_chosen(&ident, &format!("right_{partner}")),
            "Add",
            &share,
        );
    }
    Parts {
        question_type: "matching_question",
        response,
        replies: String::new(),
        scores: all,
        feedback: Vec::new(),
    }
}
