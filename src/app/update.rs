//! What an event does to the state, and which effects it asks for.

use super::{
    App, Click, Command, Effect, Event, Job, Outcome, Overlay, PageState, Pane, Purpose, Screen,
    keys, lab::Side, question::key,
};
use crate::course::{Page, Target, kinds::Key};
use crate::model::{AnswerRecord, Given, Record, TransferSpec, Visit};

/// Rows that a page key scrolls.
const PAGE: usize = 10;
/// Rows that a notch of the wheel scrolls.
const NOTCH: usize = 3;

impl App {
    /// Takes an event; says what is to be done outside.
    pub fn update(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Key(key) => {
                self.message = None;
                match keys::command(self, key) {
                    Some(command) => return self.dispatch(command),
                    None => return Vec::new(),
                }
            }
            Event::Click(click) => {
                self.message = None;
                return self.click(click);
            }
            Event::Wheel(notches) => self.wheel(notches),
            Event::Tick(elapsed) => {
                if let Some(player) = self.player_mut() {
                    player.tick(elapsed);
                }
            }
            Event::Progress(id, progress) => {
                if let Some(job) = self.job.as_mut().filter(|job| job.id == id) {
                    job.progress = Some(progress);
                }
            }
            Event::Finished(id, outcome) => {
                if let Some(job) = self.job.take_if(|job| job.id == id) {
                    return self.finished(job, *outcome);
                }
            }
            Event::SoFar(id, found) => {
                let job = self
                    .job
                    .as_ref()
                    .filter(|job| job.id == id && !job.cancelled);
                if let Some(purpose) = job.map(|job| job.purpose) {
                    self.on_partial(purpose, *found);
                }
            }
            Event::Tried(id, found) => {
                if let Some(job) = self.job.take_if(|job| job.id == id) {
                    return self.on_finished(job.purpose, *found);
                }
            }
            Event::Failed(id, why) => {
                if let Some(job) = self.job.take_if(|job| job.id == id) {
                    self.forget_waiting(&job);
                    self.experiment_stopped(job.purpose);
                    self.message = Some(if job.cancelled {
                        "Stopped. r runs it again.".to_owned()
                    } else {
                        why
                    });
                }
            }
            Event::Clock(clock) => self.clock = clock,
            Event::Folded(folded) => self.folded = folded,
            Event::ScrollRoom(rows) => {
                self.scroll_room = rows;
                self.scroll = self.scroll.min(rows);
                if let Some(Overlay::Help { top } | Overlay::Source { top }) = &mut self.overlay {
                    *top = (*top).min(rows);
                }
            }
            Event::Machine(machine) => self.machine = machine,
            Event::Lessons(Ok(read)) => {
                let (material, faults) = *read;
                return self.reload(material, &faults);
            }
            Event::Lessons(Err(why)) => self.fault = Some(why),
            Event::Message(message) => self.message = Some(message),
        }
        Vec::new()
    }

    /// Does what a key, or a click on the key bar, asks for.
    fn dispatch(&mut self, command: Command) -> Vec<Effect> {
        match command {
            Command::Quit => return vec![Effect::Quit],
            Command::Suspend => return vec![Effect::Suspend],
            Command::Theme => return vec![Effect::NextTheme],
            Command::Mouse => {
                self.mouse = !self.mouse;
                let state = if self.mouse {
                    "on"
                } else {
                    "off: text can be selected"
                };
                self.message = Some(format!("Mouse {state}."));
                return vec![Effect::Mouse(self.mouse)];
            }
            _ => {}
        }
        if self.overlay.is_some() {
            return self.update_overlay(command);
        }
        match command {
            Command::Help => self.overlay = Some(Overlay::Help { top: 0 }),
            Command::Source => self.overlay = Some(Overlay::Source { top: 0 }),
            Command::Calls => self.open_calls(),
            Command::Lab => self.open_lab(),
            Command::Experiments => self.open_experiments(),
            Command::Cards => self.open_cards(),
            Command::Words => self.open_words(),
            Command::Search => self.open_search(),
            Command::Quiz => return self.open_quiz(),
            Command::Review => return self.open_review(),
            Command::Test => return self.open_test(),
            Command::Back => return self.back(),
            Command::Next if self.screen != Screen::Cards => return self.turn(1),
            Command::Previous if self.screen != Screen::Cards => return self.turn(-1),
            Command::Run => return self.run_shown(),
            Command::Cancel => return self.cancel(),
            Command::Play => self.play(),
            Command::Save => {
                let run = self.shown_run();
                return run
                    .map(|run| Effect::Save(run.recording.clone()))
                    .into_iter()
                    .collect();
            }
            Command::Tab if self.screen != Screen::Lab => {
                self.pane = if self.pane == Pane::Text {
                    Pane::Target
                } else {
                    Pane::Text
                };
                self.scroll = 0;
            }
            _ => return self.update_screen(command),
        }
        Vec::new()
    }

    fn update_screen(&mut self, command: Command) -> Vec<Effect> {
        if self.drive(command) {
            return Vec::new();
        }
        let has_rows = matches!(self.screen, Screen::Experiments | Screen::Experiment);
        if self.scroll_room > 0
            && !has_rows
            && matches!(command, Command::PageUp | Command::PageDown)
        {
            self.scroll_text(command);
            return Vec::new();
        }
        match self.screen {
            Screen::Course if command == Command::Confirm => {
                self.found_from = None;
                return self.open(
                    self.course.selected,
                    self.next_page(self.course.selected),
                    Screen::Lesson,
                );
            }
            Screen::Course => self.update_course(command),
            Screen::Lab if self.lab.playing.is_none() => {
                if command == Command::Confirm {
                    return self.run_shown();
                }
                self.lab.update(command);
            }
            Screen::Lab | Screen::Replay => {}
            Screen::Experiments => self.update_experiments(command),
            Screen::Experiment => return self.update_experiment(command),
            Screen::Lesson | Screen::Quiz | Screen::Round => return self.update_page(command),
            Screen::Cards => self.update_cards(command),
        }
        Vec::new()
    }

    /// Commands that move the playback. False: it was none, or nothing is played.
    fn drive(&mut self, command: Command) -> bool {
        let Some(player) = self.player_mut() else {
            return false;
        };
        match command {
            Command::Left => player.step_back(),
            Command::Right => player.step_forward(),
            Command::First => player.home(),
            Command::Last => player.end(),
            Command::Slower => player.slower(),
            Command::Faster => player.faster(),
            _ => return false,
        }
        true
    }

    fn play(&mut self) {
        if self.screen == Screen::Lab && self.lab.playing.is_none() {
            self.lab.playing = self.lab.playable();
        }
        self.pane = Pane::Target;
        if let Some(player) = self.player_mut() {
            player.toggle();
        }
    }

    fn update_overlay(&mut self, command: Command) -> Vec<Effect> {
        let room = self.scroll_room;
        match (command, &mut self.overlay) {
            (Command::Back, _) => self.overlay = None,
            (Command::Tab, _) => self.turn_words(),
            (Command::Type(key), _) => self.type_in_search(key),
            (Command::Confirm, Some(Overlay::Search { at, .. })) => {
                let at = *at;
                return self.go_to_hit(at);
            }
            (Command::Confirm, Some(Overlay::Calls { at, .. })) => {
                let at = *at;
                self.overlay = None;
                self.seek(at);
            }
            (command, Some(overlay)) => overlay.scroll(command, room),
            _ => {}
        }
        Vec::new()
    }

    fn open_calls(&mut self) {
        let count = self
            .shown_run()
            .and_then(|run| run.recording.trace.as_ref())
            .map_or(0, |trace| trace.calls.len());
        let at = self.player().map_or(0, |player| player.current());
        self.overlay = Some(Overlay::Calls {
            at: at.min(count.saturating_sub(1)),
            count,
        });
    }

    fn seek(&mut self, call: usize) {
        if let Some(player) = self.player_mut() {
            player.seek(call);
            self.pane = Pane::Target;
        }
    }

    fn open_lab(&mut self) {
        self.pause();
        self.before_lab = self.screen;
        self.screen = Screen::Lab;
        self.lab.playing = None;
        self.scroll = 0;
    }

    pub(super) fn pause(&mut self) {
        if let Some(player) = self.player_mut().filter(|player| player.is_playing()) {
            player.toggle();
        }
    }

    fn open_quiz(&mut self) -> Vec<Effect> {
        let lesson = self.course.selected;
        match self.questions_of(lesson).first() {
            Some(page) => self.open(lesson, *page, Screen::Quiz),
            None => Vec::new(),
        }
    }

    /// Opens a page.
    pub(super) fn open(&mut self, lesson: usize, page: usize, screen: Screen) -> Vec<Effect> {
        if !self.prepare(lesson, page) {
            return Vec::new();
        }
        (self.lesson, self.page, self.screen) = (lesson, page, screen);
        self.course.selected = lesson;
        self.pane = Pane::Text;
        self.scroll = 0;
        match screen {
            Screen::Quiz => Vec::new(),
            _ => vec![self.visit(lesson, page)],
        }
    }

    /// Makes the state of a page that was not open before. False: there is no such page.
    pub(super) fn prepare(&mut self, lesson: usize, page: usize) -> bool {
        let of = self.lessons.get(lesson);
        let Some(shown) = of.and_then(|lesson| lesson.pages.get(page)) else {
            return false;
        };
        let turn = self.turn_of(&self.lessons[lesson].id, shown);
        let (figures, reduced_motion) = (&self.figures, self.reduced_motion);
        self.pages.entry((lesson, page)).or_insert_with(|| {
            let mut state = PageState::new(shown, figures, turn);
            if let PageState::Figure(player) = &mut state {
                player.set_reduced_motion(reduced_motion);
            }
            state
        });
        true
    }

    /// A page was opened: its lesson goes on there.
    pub(super) fn visit(&mut self, lesson: usize, page: usize) -> Effect {
        self.keep(Record::Visit(Visit {
            lesson: self.lessons[lesson].id.clone(),
            page: page as u32 + 1,
            at: self.clock.now,
        }))
    }

    /// A record counts at once, and goes to the log.
    fn keep(&mut self, record: Record) -> Effect {
        self.progress.add(&record);
        Effect::Keep(record)
    }

    /// Which values the question of a page draws: who answered it before gets others.
    pub(super) fn turn_of(&self, lesson: &str, page: &Page) -> u64 {
        let Some(Target::Question(question)) = &page.target else {
            return 0;
        };
        let answered = self.progress.answered(lesson, &question.id);
        answered.map_or(0, |last| u64::from(last.times))
    }

    /// To the next page or the one before; past the ends, to the course.
    pub(super) fn turn(&mut self, by: isize) -> Vec<Effect> {
        self.pause();
        let mut effects = if by > 0 { self.pass() } else { Vec::new() };
        if self.screen == Screen::Round {
            self.turn_round(by);
            return effects;
        }
        let pages: Vec<usize> = match self.screen {
            Screen::Quiz => self.questions_of(self.lesson),
            _ => (0..self.open_lesson().map_or(0, |lesson| lesson.pages.len())).collect(),
        };
        let at = pages
            .iter()
            .position(|page| *page == self.page)
            .unwrap_or(0);
        match at.checked_add_signed(by).and_then(|next| pages.get(next)) {
            Some(page) => effects.extend(self.open(self.lesson, *page, self.screen)),
            None => {
                if by > 0 && self.screen == Screen::Lesson {
                    self.course.selected = (self.lesson + 1).min(self.lessons.len() - 1);
                }
                self.screen = Screen::Course;
                self.pane = Pane::Text;
                self.scroll = 0;
            }
        }
        effects
    }

    /// Leaving a question or prediction unanswered: the log says so, and review brings it back.
    fn pass(&mut self) -> Vec<Effect> {
        let unanswered = match (self.target(), self.page_state()) {
            (Some(Target::Question(question)), Some(PageState::Question(state))) => {
                (state.verdict.is_none() && !state.waiting).then(|| question.id.clone())
            }
            _ => self
                .guessing()
                .filter(|(predict, state)| state.asks(Some(predict)))
                .map(|(predict, _)| predict.id.clone()),
        };
        let lesson = self.kept_under();
        match unanswered.filter(|id| self.progress.answered(&lesson, id).is_none()) {
            Some(question) => vec![self.answer(lesson, question, Given::Skipped, false)],
            None => Vec::new(),
        }
    }

    pub(super) fn answer(
        &mut self,
        lesson: String,
        question: String,
        given: Given,
        right: bool,
    ) -> Effect {
        self.keep(Record::Answer(AnswerRecord {
            lesson,
            question,
            given,
            right,
            at: self.clock.now,
        }))
    }

    fn back(&mut self) -> Vec<Effect> {
        self.pause();
        match self.screen {
            Screen::Lab if self.lab.playing.is_some() => self.lab.playing = None,
            Screen::Lab => self.screen = self.before_lab,
            Screen::Course | Screen::Replay => {}
            Screen::Experiments => self.screen = self.before_experiments,
            Screen::Experiment => self.screen = Screen::Experiments,
            Screen::Lesson | Screen::Quiz | Screen::Round => self.leave_page(),
            Screen::Cards => self.leave_cards(),
        }
        self.pane = Pane::Text;
        self.scroll = 0;
        Vec::new()
    }

    fn update_page(&mut self, command: Command) -> Vec<Effect> {
        let (asks, idle) = (self.asks_guess(), self.job.is_none());
        if self.experiment().is_some() {
            return self.update_experiment(command);
        }
        let ask = self.guessing().map(|(predict, _)| predict.ask.clone());
        let question = match self.target() {
            Some(Target::Question(question)) if command == Command::Guess => Some(question.clone()),
            _ => None,
        };
        match (command, self.page_state_mut()) {
            (Command::Hint, Some(PageState::Question(state))) => state.hints += 1,
            (Command::Hint, Some(PageState::Lab(page))) => {
                page.guessing.hints += 1;
                self.pane = Pane::Target;
            }
            (Command::Explain, Some(PageState::Question(state))) => state.explained = true,
            (Command::Guess, Some(PageState::Lab(page))) => page.guess_again(),
            (Command::Guess, Some(PageState::Question(state))) => {
                if let Some(question) = question {
                    state.draw_again(&question);
                }
            }
            (
                Command::Digit(_) | Command::Erase | Command::Confirm | Command::Up | Command::Down,
                Some(PageState::Lab(page)),
            ) if asks => {
                let committed = ask.is_some_and(|ask| page.guessing.update(command, &ask));
                self.pane = Pane::Target;
                if committed {
                    return self.run_shown();
                }
            }
            (Command::Confirm, Some(PageState::Lab(page))) if page.player.is_none() && idle => {
                return self.run_shown();
            }
            (
                Command::Digit(_) | Command::Erase | Command::Confirm,
                Some(PageState::Question(state)),
            ) => {
                let given = key(command).is_some_and(|key| state.press(key));
                self.pane = Pane::Text;
                if given {
                    return self.mark();
                }
            }
            (Command::Up | Command::Down, Some(PageState::Question(state))) if state.chooses() => {
                key(command).map(|key| state.press(key));
            }
            (Command::Confirm, _) => return self.turn(1),
            (command, _) => self.scroll_text(command),
        }
        Vec::new()
    }

    pub(super) fn scroll_text(&mut self, command: Command) {
        self.scroll = match command {
            Command::Up => self.scroll.saturating_sub(1),
            Command::Down => self.scroll + 1,
            Command::PageUp => self.scroll.saturating_sub(PAGE),
            Command::PageDown => self.scroll + PAGE,
            _ => self.scroll,
        }
        .min(self.scroll_room);
    }

    /// Marks the answer of the open question, or runs what marks it.
    fn mark(&mut self) -> Vec<Effect> {
        let (lesson, page) = (self.lesson, self.page);
        let Some((question, _)) = self.question() else {
            return Vec::new();
        };
        let id = question.id.clone();
        let summary = match question.kind.run() {
            Some((spec, _)) => match self.run_of(spec) {
                Some(run) => Some(run.summary.clone()),
                None => return self.run_to_mark(spec.clone(), lesson, page),
            },
            None => None,
        };
        let Some(state) = self.question_mut() else {
            return Vec::new();
        };
        let Some((given, right)) = state.mark(summary.as_deref()) else {
            return Vec::new();
        };
        let effect = self.answer(self.kept_under(), id, given, right);
        if self.marked_in_round(right) {
            self.turn_round(1);
        }
        vec![effect]
    }

    fn run_to_mark(&mut self, spec: TransferSpec, lesson: usize, page: usize) -> Vec<Effect> {
        let effects = self.start(spec, Purpose::Mark { lesson, page });
        if !effects.is_empty()
            && let Some(state) = self.question_mut()
        {
            state.waiting = true;
        }
        effects
    }

    /// Runs the experiment on the screen.
    fn run_shown(&mut self) -> Vec<Effect> {
        if self.experiment().is_some() {
            return self.run_experiment();
        }
        if self.screen == Screen::Lab {
            let side = self.lab.playing.take().unwrap_or(self.lab.side);
            return self.start(self.lab.spec.clone(), Purpose::Side(side));
        }
        let (lesson, page) = (self.lesson, self.page);
        let Some((lab, _)) = self.lab_page() else {
            return Vec::new();
        };
        let spec = lab.spec.clone();
        let effects = self.start(spec, Purpose::Page { lesson, page });
        if !effects.is_empty()
            && let Some(PageState::Lab(state)) = self.pages.get_mut(&(lesson, page))
        {
            state.guessing.passed |= state.guessing.guess.is_none();
            self.pane = Pane::Target;
        }
        effects
    }

    fn start(&mut self, spec: TransferSpec, purpose: Purpose) -> Vec<Effect> {
        let title = format!("{} to {}, {}", spec.method, spec.to, spec.size);
        match self.start_job(title, purpose) {
            Some(job) => vec![Effect::Run { job, spec }],
            None => Vec::new(),
        }
    }

    /// A new job, and its number; none, and a message, where one runs already.
    pub(super) fn start_job(&mut self, title: String, purpose: Purpose) -> Option<u64> {
        if self.job.is_some() {
            self.message = Some("An experiment is running already. Esc stops it.".to_owned());
            return None;
        }
        self.pause();
        self.jobs += 1;
        self.job = Some(Job {
            id: self.jobs,
            title,
            purpose,
            progress: None,
            cancelled: false,
        });
        Some(self.jobs)
    }

    fn cancel(&mut self) -> Vec<Effect> {
        match &mut self.job {
            Some(job) => {
                job.cancelled = true;
                vec![Effect::Cancel]
            }
            None => Vec::new(),
        }
    }

    fn forget_waiting(&mut self, job: &Job) {
        if let Purpose::Mark { lesson, page } = job.purpose {
            let of_round = self.round.iter_mut().flat_map(|round| &mut round.items);
            let of_page = self.pages.get_mut(&(lesson, page));
            for state in of_round.map(|item| &mut item.state).chain(of_page) {
                if let PageState::Question(state) = state {
                    state.waiting = false;
                }
            }
        }
    }

    fn finished(&mut self, job: Job, outcome: Outcome) -> Vec<Effect> {
        let spec = &outcome.live.recording.spec;
        self.runs.retain(|run| run.recording.spec != *spec);
        self.runs.push(outcome.answering().clone());
        match job.purpose {
            Purpose::Side(side) => {
                let player = self.player_of(&outcome);
                self.lab.keep(side, Side { outcome, player });
                Vec::new()
            }
            Purpose::Mark { lesson, page } => {
                let waits = self.question().is_some_and(|(_, state)| state.waiting);
                self.forget_waiting(&job);
                if waits && (self.lesson, self.page) == (lesson, page) {
                    self.mark()
                } else {
                    Vec::new()
                }
            }
            Purpose::Page { lesson, page } => self.recorded(lesson, page, outcome),
            Purpose::Entry(_) => Vec::new(),
        }
    }

    /// The experiment of a page is done: plays it, and marks the guess from it.
    fn recorded(&mut self, lesson: usize, page: usize, outcome: Outcome) -> Vec<Effect> {
        let here = self.on_page() && (self.lesson, self.page) == (lesson, page);
        let mut player = self.player_of(&outcome);
        if here && self.overlay.is_none() {
            player.toggle();
        }
        let summary = outcome.answering().summary.clone();
        let Some(PageState::Lab(state)) = self.pages.get_mut(&(lesson, page)) else {
            return Vec::new();
        };
        let guess = state
            .guessing
            .guess
            .clone()
            .filter(|_| state.player.is_none());
        state.outcome = Some(outcome);
        state.player = Some(player);
        let predict = match &self.lessons[lesson].pages[page].target {
            Some(Target::Lab(lab)) => lab.predict.clone(),
            _ => None,
        };
        let (Some(guess), Some(predict)) = (guess, predict) else {
            return Vec::new();
        };
        match predict.mark(&guess, &summary) {
            Ok(verdict) => {
                let lesson = self.lessons[lesson].id.clone();
                vec![self.answer(lesson, predict.id, verdict.given, verdict.right)]
            }
            Err(why) => {
                self.message = Some(why);
                Vec::new()
            }
        }
    }

    fn click(&mut self, click: Click) -> Vec<Effect> {
        match click {
            Click::Do(command) => return self.dispatch(command),
            Click::Module(module) if self.course.selected == module => {
                return self.dispatch(Command::Confirm);
            }
            Click::Module(module) => {
                self.course.selected = module.min(self.lessons.len().saturating_sub(1))
            }
            Click::Option(option) if self.question().is_none() => {
                let digit = char::from_digit(option as u32 + 1, 10);
                return digit.map_or_else(Vec::new, |digit| self.dispatch(Command::Digit(digit)));
            }
            Click::Option(option) => {
                if let Some(state) = self.question_mut()
                    && state.press(Key::Option(option))
                {
                    return self.mark();
                }
            }
            Click::Partner(right) => {
                if let Some(state) = self.question_mut() {
                    state.press(Key::Partner(right));
                }
            }
            Click::Call(call) => match &mut self.overlay {
                Some(Overlay::Calls { at, count }) => *at = call.min(count.saturating_sub(1)),
                _ => self.seek(call),
            },
            Click::Setting(setting) => {
                self.lab.setting = setting.min(super::lab::Setting::ALL.len() - 1);
            }
            Click::Side(side) => self.lab.side = side.min(1),
            Click::Experiment(entry) if self.experiments.selected == entry => {
                self.open_experiment()
            }
            Click::Experiment(entry) => self.experiments.selected = entry,
            Click::Row(row) => self.select_row(row),
            Click::Card(card) if self.on_cards.selected == card => self.open_card(card),
            Click::Card(card) => self.on_cards.selected = card,
            Click::Cell(row, column) => self.select_cell(row, column),
            Click::Word(word) => self.open_word(word),
            Click::Hit(hit) => return self.go_to_hit(hit),
            Click::Page(page) => return self.open(self.lesson, page, self.screen),
        }
        Vec::new()
    }

    fn wheel(&mut self, notches: i8) {
        let command = if notches < 0 {
            Command::Up
        } else {
            Command::Down
        };
        for _ in 0..NOTCH * usize::from(notches.unsigned_abs()) {
            match &mut self.overlay {
                Some(overlay) => overlay.scroll(command, self.scroll_room),
                None => self.scroll_text(command),
            }
        }
        if self.overlay.is_none() && self.screen == Screen::Course {
            self.update_course(command);
        }
    }
}

/// A number as it is typed: `33`, `1.5`.
pub fn number(value: f64) -> String {
    if value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value}")
    }
}
