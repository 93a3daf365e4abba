//! What a screen would show, as a picture: no terminal is needed.

use std::{
    fs::OpenOptions,
    io::{ErrorKind, Write},
};

use anyhow::Context;
use ratatui::{buffer::Buffer, layout::Rect};

use super::{Run, draw, material};
use crate::{
    app::{App, Click, Event, Key},
    model::{ExperimentOutcome, ExperimentSpec, Recording, TraceReport},
    ui::{self, theme::Theme},
};

/// The cells of the screen, as the widest tier of the layout has them.
const SCREEN: Rect = Rect::new(0, 0, 120, 36);
/// The part that is not the bar of keys.
const PICTURE: Rect = Rect::new(0, 0, 120, 35);

/// The flows of a traced program, as SVG.
pub(crate) fn of_trace(report: TraceReport, theme: &Theme) -> String {
    picture(App::explorer(report, false), theme)
}

/// A recorded transfer as SVG: at a call, counted from 1; else at its end.
pub(crate) fn of_recording(recording: Recording, call: Option<u32>, theme: &Theme) -> String {
    let (material, _) = material(&[]);
    let source = material::source_text(&recording);
    let mut app = App::replay(material, Run::new(recording, source));
    let event = match call {
        Some(call) => Event::Click(Click::Call(call.saturating_sub(1) as usize)),
        None => Event::Key(Key::End),
    };
    app.update(event);
    picture(app, theme)
}

/// Two recorded transfers on one time scale, in the middle of it, as SVG.
///
/// # Errors
/// One of them has no calls.
pub(crate) fn of_race(recordings: [Recording; 2], theme: &Theme) -> anyhow::Result<String> {
    let mut app = super::race_of(recordings)?;
    (0..5).for_each(|_| drop(app.update(Event::Key(Key::Char('>')))));
    Ok(picture(app, theme))
}

/// What an experiment found, as SVG.
pub(crate) fn of_experiment(
    what: ExperimentSpec,
    found: ExperimentOutcome,
    theme: &Theme,
) -> String {
    let (material, _) = material(&[]);
    picture(App::of_experiment(material, what, found), theme)
}

/// Saves a frame, without the bar of keys, to the first file of this name that is not there yet. Gives the file's name.
pub(super) fn save(name: &str, frame: &Buffer, theme: &Theme) -> anyhow::Result<String> {
    let mut part = frame.area;
    part.height = part.height.saturating_sub(1);
    let svg = ui::svg(frame, part, theme);
    for number in 1.. {
        let file = format!("zclab-{name}-{number}.svg");
        let options = OpenOptions::new().write(true).create_new(true).open(&file);
        match options {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            opened => {
                let written = opened.and_then(|mut opened| opened.write_all(svg.as_bytes()));
                return written
                    .map(|()| file.clone())
                    .with_context(|| format!("cannot write {file}"));
            }
        }
    }
    unreachable!("there is always a next number")
}

fn picture(mut app: App, theme: &Theme) -> String {
    let mut frame = Buffer::empty(SCREEN);
    draw(&mut app, theme, SCREEN, &mut frame);
    ui::svg(&frame, PICTURE, theme)
}
