//! What a screen would show, as a picture: no terminal is needed.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{Run, draw, material};
use crate::{
    app::{App, Event, Key},
    model::{Recording, TraceReport},
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

/// A recorded transfer at its end, as SVG.
pub(crate) fn of_recording(recording: Recording, theme: &Theme) -> String {
    let (material, _) = material(&[]);
    let source = material::source_text(&recording);
    let mut app = App::replay(material, Run::new(recording, source));
    app.update(Event::Key(Key::End));
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

fn picture(mut app: App, theme: &Theme) -> String {
    let mut frame = Buffer::empty(SCREEN);
    draw(&mut app, theme, SCREEN, &mut frame);
    ui::svg(&frame, PICTURE, theme)
}
