//! One recording, full size.

use super::{
    run::show_run,
    view::{Header, Right, View},
};
use crate::app::{App, screens::replay::ReplayScreen};
use crate::model::Origin;
use crate::ui::{Pen, Rooms};

impl View for ReplayScreen {
    fn header(&self, _: &App) -> Header {
        let recording = &self.run.recording;
        let origin = match recording.origin {
            Origin::Live => "made just now".to_owned(),
            Origin::Shipped | Origin::Loaded => format!("recorded on {}", recording.machine.kernel),
        };
        Header::of("A recording", Right::Text(origin))
    }

    fn draw(&self, pen: &mut Pen, app: &App, rooms: &Rooms) {
        let measured = self.run.summary.measured.as_ref();
        show_run(pen, app, rooms, &self.run, measured);
    }
}
