//! What the screen that is shown has: its page, its question, its playback, what its keys can do now.

use std::borrow::Cow;

use super::{
    Binding, Command, Enabled, ExperimentPage, Guessing, Job, Key, KeyRow, LabPage, Overlay,
    PageAt, PageState, Player, QuestionState, Run, Screen, TextInput,
    keys::Group::Everywhere,
    keys::{always, row},
    room,
    screens::OPEN,
    screens::state::{ScreenState, c_source, source},
    screens::tables::options,
    {App, overlay_keys},
};
use crate::course::{Lab, Lesson, Predict, Question};

const QUIT: &[(Key, Command)] = &[
    (Key::Char('q'), Command::Quit),
    (Key::Ctrl('c'), Command::Quit),
];

// One row a line: it is a table.
#[rustfmt::skip]
const EVERYWHERE: &[KeyRow<dyn ScreenState>] = &[
    row(&[(Key::Esc, Command::Back)], ["Esc", "back", "back"], Everywhere, |app, on| app.job.is_none() && (on.has_back() || app.display.presents)),
    row(QUIT, ["q", "quit", "quit; your place is kept"], Everywhere, |_, on| on.in_course()),
    row(QUIT, ["q", "quit", "quit"], Everywhere, always),
    row(&[(Key::Ctrl('p'), Command::Picture)], ["Ctrl-P", "", "save this screen as a picture (SVG)"], Everywhere, always),
    row(&[(Key::Char('T'), Command::Theme)], ["T", "", "next theme"], Everywhere, always),
    row(&[(Key::Char('M'), Command::Mouse)], ["M", "", "mouse off and on, to select text"], Everywhere, always),
    row(&[(Key::Ctrl('z'), Command::Suspend)], ["Ctrl-Z", "", "to the shell; fg comes back"], Everywhere, always),
];

impl App {
    /// The screen that is shown.
    pub fn screen(&self) -> &Screen {
        self.screens.top()
    }

    pub(super) fn on(&self) -> &dyn ScreenState {
        self.screens.top().state()
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.on().name()
    }

    /// The page that is open on it.
    pub fn at(&self) -> Option<PageAt> {
        self.on().at()
    }

    /// The lesson of that page.
    pub fn open_lesson(&self) -> Option<&Lesson> {
        self.lesson_at(self.at()?)
    }

    pub(crate) fn page_state(&self) -> Option<&PageState> {
        self.pages.get(&self.at()?)
    }

    /// The question on the screen, and how far it is answered.
    pub fn question(&self) -> Option<(&Question, &QuestionState)> {
        self.question_at(self.at()?)
    }

    /// The transfer of the open page, and how far it is.
    pub fn lab_page(&self) -> Option<(&Lab, &LabPage)> {
        self.lab_at(self.at()?)
    }

    /// The experiment on the screen, where it is no transfer.
    pub(crate) fn experiment(&self) -> Option<&ExperimentPage> {
        self.shared.experiment(self.on().purpose()?)
    }

    /// The question before the experiment on the screen, and the guess as far as it is made.
    pub fn guessing(&self) -> Option<(&Predict, &Guessing)> {
        self.shared.guessing(self.on().purpose()?)
    }

    /// Whether a guess is waited for.
    pub fn asks_guess(&self) -> bool {
        let of = self.on().purpose();
        of.is_some_and(|of| self.shared.asks_guess(of))
    }

    pub(crate) fn asks_errno(&self) -> Option<&str> {
        self.shared.asks_errno(self.on().purpose()?)
    }

    pub(crate) fn job_here(&self) -> Option<&Job> {
        let here = self.on().purpose();
        self.job.as_ref().filter(|job| Some(job.purpose) == here)
    }

    /// Whether the concept test is asked.
    pub fn in_test(&self) -> bool {
        self.on().in_test()
    }

    pub(crate) fn has_two_panes(&self) -> bool {
        self.on().has_two_panes(&self.shared)
    }

    /// The playback on the screen.
    pub fn player(&self) -> Option<&Player> {
        self.on().player(&self.shared)
    }

    /// Whether a playback fills the screen.
    pub(crate) fn is_presenting(&self) -> bool {
        self.display.presents && self.player().is_some()
    }

    pub(crate) fn shown_run(&self) -> Option<&Run> {
        self.on().run(&self.shared)
    }

    /// The source of what is run, with its file's name.
    pub(crate) fn source(&self) -> Option<(String, &'static str)> {
        source(&self.shared, self.on())
    }

    /// The same in C, where there is that.
    pub(crate) fn c_source(&self) -> Option<(String, &'static str)> {
        c_source(&self.shared, self.on())
    }

    /// The words that the open page uses.
    pub fn page_words(&self) -> Vec<usize> {
        self.shared.page_words(self.at())
    }

    /// What keys can do: those of what lies over the screen, else of the screen; then those that work everywhere.
    fn keys(&self, over: Option<&Overlay>) -> Enabled {
        let (app, on) = (&self.shared, self.on());
        let mut keys = Enabled::default();
        match over {
            Some(over) => keys.add(overlay_keys::KEYS, app, over),
            None => {
                keys.add(room::KEYS, app, on);
                on.keys(app, &mut keys);
                keys.add(OPEN, app, on);
            }
        }
        keys.add(EVERYWHERE, app, on);
        keys
    }

    /// Whether a key writes text.
    fn types(&self, key: Key) -> bool {
        let types = match self.overlay {
            Some(over) => matches!(over, Overlay::Search { .. }),
            None => self.on().types(),
        };
        types && TextInput::takes(key)
    }

    /// The bindings that can do something now, in the order of the key bar.
    pub fn enabled(&self) -> Vec<&'static Binding> {
        self.keys(self.overlay.as_ref())
            .shown(|key| self.types(key))
    }

    /// Those of the screen, whatever lies over it: what the help page shows.
    pub(crate) fn enabled_below(&self) -> Vec<&'static Binding> {
        self.keys(None).shown(|_| false)
    }

    /// What a key does now.
    pub fn command(&self, key: Key) -> Option<Command> {
        match self.types(key) {
            true => Some(Command::Type(key)),
            false => self.keys(self.overlay.as_ref()).command(key),
        }
    }

    /// The keys of a binding as they are written now: digits up to the last option.
    pub(crate) fn label(&self, binding: &Binding) -> Cow<'static, str> {
        let options = options(&self.shared, self.on());
        match options.filter(|_| binding.does(Command::Digit('1'))) {
            Some(count) => Cow::Owned(format!("1-{}", count.min(9))),
            None => Cow::Borrowed(binding.label),
        }
    }

    /// What a binding is called in the key bar now: of what is counted, with the count.
    pub(crate) fn short(&self, binding: &Binding) -> Cow<'static, str> {
        match (binding.does(Command::Review), self.due().len()) {
            (true, due @ 1..) => Cow::Owned(format!("{} {due}", binding.short)),
            _ => Cow::Borrowed(binding.short),
        }
    }
}
