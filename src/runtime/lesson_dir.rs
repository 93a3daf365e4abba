//! Somebody's own lessons: read at the start, and again whenever a file of them changes.

use std::path::{Path, PathBuf};

use super::{
    material::material,
    message::{Message, Messages, spawn},
};
use crate::{
    app::{Event, Material},
    course::{Fault, parse},
    store::{lessons, watch::Watch},
};

/// A directory of lessons.
pub struct LessonDir {
    dir: PathBuf,
    /// Or why it cannot be watched.
    watch: Result<Watch, String>,
}

impl LessonDir {
    /// The lessons of a directory. It is watched before it is read, so that no change falls between.
    pub fn new(dir: &Path) -> LessonDir {
        LessonDir {
            dir: dir.to_owned(),
            watch: Watch::new(dir).map_err(|error| format!("{error:#}")),
        }
    }

    /// Reads them. A file that is no text is a fault like others.
    ///
    /// # Errors
    /// The directory cannot be read, or holds no lesson.
    pub fn read(&self) -> anyhow::Result<(Material, Vec<Fault>)> {
        let files = lessons::files(&self.dir)?;
        let mut faults = Vec::new();
        let mut texts = Vec::new();
        for (name, bytes) in &files {
            match parse::text_of(name, bytes) {
                Ok(text) => texts.push((name.as_str(), text)),
                Err(fault) => faults.push(fault),
            }
        }
        let (material, found) = material(&texts);
        faults.extend(found);
        faults.sort();
        Ok((material, faults))
    }

    /// Reads them again, in a thread of its own, whenever they change. Where there can be no thread, the screen says so.
    pub(super) fn listen(self, sender: Messages) {
        let to_screen = sender.clone();
        let follow = move || {
            let ended = loop {
                let watch = match &self.watch {
                    Ok(watch) => watch,
                    Err(why) => break why.clone(),
                };
                if let Err(error) = watch.wait() {
                    break error.to_string();
                }
                let read = self.read().map(Box::new);
                let read = read.map_err(|error| format!("{error:#}: what was read before stays"));
                if sender.send(Message::Event(Event::Lessons(read))).is_err() {
                    return;
                }
            };
            let said = format!("{ended}: edits show when zclab is started again");
            let _ = sender.send(Message::Event(Event::Lessons(Err(said))));
        };
        if let Err(error) = spawn(follow) {
            let said =
                format!("cannot start a thread: {error}: edits show when zclab is started again");
            let _ = to_screen.send(Message::Event(Event::Lessons(Err(said))));
        }
    }
}
