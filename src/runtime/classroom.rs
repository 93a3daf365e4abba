//! The course on a projector, with a room attached.

use std::process::ExitCode;

use super::{DisplayOptions, Opened, Runtime, message::Message, progress::ProgressWriter};
use crate::{
    app::{App, ClassRoom, Event},
    class::{Command, Eyes, Figure, Recorded},
    host,
    model::ExperimentValue,
    serve::class::{Handle, Ordered},
    store,
};

/// A room that is attached to the course; a lesson may be opened at once.
pub(crate) struct Classroom {
    pub(crate) room: ClassRoom,
    pub(crate) lesson: Option<usize>,
    pub(crate) handle: Handle,
}

/// Opens the course with a room, and stays until the teacher leaves.
///
/// # Errors
/// The terminal cannot be used.
pub(crate) fn class(
    course: Opened,
    display: DisplayOptions,
    log: store::progress::Log,
    class: Classroom,
) -> anyhow::Result<ExitCode> {
    let mut writer = ProgressWriter::new(log);
    let (progress, last) = writer.load();
    let warning = writer.warning.take();
    let mut app = App::new(course.material, progress, last.as_deref());
    app.tell_faults(&course.faults);
    app.attach(class.room, class.lesson);
    let mut runtime = Runtime::new(display, || app)?;
    let messages = runtime.messages.clone();
    class.handle.watch(Eyes::Projector, move |told| {
        let event = match told {
            Ordered::Snapshot(now) => Event::Class(now),
            Ordered::Warning(why) => Event::Message(why),
        };
        messages.send(Message::Event(event)).is_ok()
    });
    runtime.class = Some(class.handle);
    runtime.progress = Some(writer);
    runtime.lesson_dir = course.lesson_dir;
    runtime.say(warning);
    Ok(runtime.run()?.0)
}

impl Runtime {
    /// The room's thread answers within moments.
    pub(super) fn ask_room(&mut self, command: Command) {
        let refused = self.class.as_ref().and_then(|room| room.ask(command).err());
        self.say(refused);
    }

    pub(super) fn record_for_room(&mut self, round: u32, found: ExperimentValue) {
        let machine = host::machine();
        let found = Recorded {
            value: Figure::of(found),
            kernel: machine.kernel,
            arch: machine.arch,
        };
        self.ask_room(Command::Recorded(round, Ok(found)));
    }
}
