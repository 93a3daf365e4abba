//! The room of a class, as the projector knows it: what it is told, what its keys ask for.

use super::{
    ClassRoom, Effect, KeyRow, Outcome, PageAt, Pane, Player, Purpose, Shared,
    command::Command as C,
    command::RoomKey,
    key::Key::Char,
    keys::{Group::Answer, row},
    screens::state::On,
};
use crate::class::{self, Phase, Poll, Snapshot};
use crate::course::Page;
use crate::model::{ExperimentOutcome, ExperimentValue};

impl Shared {
    /// The page's question, where it is the one that the room is asked.
    pub(crate) fn asked_of_room(&self, at: PageAt) -> Option<(&ClassRoom, &Poll)> {
        let room = self.class.as_ref()?;
        let asked = room.now.question.as_ref()?;
        let is_here = self.page_at(at).and_then(Page::asks) == Some(asked.poll.id.as_str());
        is_here.then_some((room, &asked.poll))
    }

    /// Something is new in the room.
    pub(crate) fn on_room(&mut self, now: Snapshot) {
        if let Some(room) = &mut self.class {
            if now.round != room.now.round {
                room.asked_reveal = false;
                room.shows_kernels = false;
            }
            room.now = now;
            if room.opened == 0 {
                room.opened = self.clock.now;
            }
        }
    }

    /// Whether the help for joining comes by itself now: once, and over no other overlay.
    pub(crate) fn offers_join_help(&mut self) -> bool {
        let now = self.clock.now;
        let is_free = self.overlay.is_none();
        let room = self
            .class
            .as_mut()
            .filter(|room| is_free && room.is_help_due(now));
        room.map(|room| room.has_helped = true).is_some()
    }

    /// Whether the page shows what the room answered, also where its playback fills the screen otherwise: it is
    /// revealed, and the play has come to its end.
    pub(crate) fn shows_answers(&self, at: PageAt) -> bool {
        let asked = self.asked_of_room(at);
        asked.is_some_and(|(room, _)| room.now.phase == Phase::Revealed)
            && self
                .player_at(Purpose::Page(at))
                .is_none_or(Player::is_at_end)
    }

    fn ask_room(&mut self, command: class::Command) {
        self.effects.push(Effect::Class(command));
    }

    /// A key of the room, on a page.
    pub(crate) fn press_room(&mut self, at: Option<PageAt>, key: RoomKey) {
        let Some(room) = &self.class else {
            return;
        };
        let is_open = room.now.phase == Phase::Voting;
        let asked = at.and_then(|at| self.page_at(at)).and_then(Page::asks);
        let asked = asked.map(str::to_owned);
        let command = match key {
            RoomKey::Vote if is_open => class::Command::Close,
            RoomKey::Vote => match asked {
                Some(id) => class::Command::Open(id),
                None => return,
            },
            RoomKey::Again => class::Command::Again,
            RoomKey::Discuss => class::Command::Discuss,
            RoomKey::Reveal => class::Command::Reveal,
            RoomKey::Lock => class::Command::Lock,
            RoomKey::Kernels => {
                if let Some(room) = &mut self.class {
                    room.shows_kernels = !room.shows_kernels;
                }
                self.display.show(Pane::Text);
                return;
            }
            RoomKey::Address => {
                if let Some(room) = &mut self.class {
                    room.url = (room.url + 1) % room.urls.len().max(1);
                }
                return;
            }
        };
        // Where a page has room for one pane, the room's is the one with the text.
        if matches!(command, class::Command::Open(_) | class::Command::Reveal) {
            self.display.show(Pane::Text);
        }
        self.ask_room(command);
    }

    /// The experiment of the page is run: the room is told, where it has guessed.
    pub(crate) fn run_with_room(&mut self, at: PageAt) {
        let asked = self.asked_of_room(at);
        let is_on = asked.is_some_and(|(room, _)| room.now.phase != Phase::Revealed);
        if !is_on {
            return;
        }
        self.ask_room(class::Command::Run);
        // A page runs its own; of a question it is the run that answers it.
        let question = self.page_at(at).and_then(Page::question);
        let spec = question
            .and_then(|question| question.kind.run())
            .map(|(spec, _)| spec.clone());
        if let Some(spec) = spec {
            self.run(spec, Purpose::Mark(at));
        }
    }

    /// A transfer was run for a page, or for its question.
    pub(crate) fn ran_for_room(&mut self, purpose: Purpose, outcome: &Outcome) {
        let (Purpose::Page(at) | Purpose::Mark(at)) = purpose else {
            return;
        };
        let page = self.page_at(at);
        let query = page.and_then(|page| match page.question() {
            Some(question) => question.kind.run().map(|(_, query)| query),
            None => page.predict().map(|predict| &predict.query),
        });
        let found = query.and_then(|query| query.of(&outcome.answering().summary));
        self.answered_by_run(at, found.map(ExperimentValue::Number));
    }

    /// An experiment of a page that is no transfer is done.
    pub(crate) fn experimented_for_room(&mut self, purpose: Purpose, found: &ExperimentOutcome) {
        let Purpose::Page(at) = purpose else {
            return;
        };
        let predict = self.page_at(at).and_then(Page::predict);
        let found = predict.and_then(|predict| found.figure(&predict.query.0));
        self.answered_by_run(at, found);
    }

    fn answered_by_run(&mut self, at: PageAt, found: Option<ExperimentValue>) {
        let asked = self.asked_of_room(at);
        let round = asked.map(|(room, _)| room.now.round);
        if let (Some(round), Some(found)) = (round, found) {
            self.effects.push(Effect::ClassRecorded(round, found));
        }
    }

    /// The end of the play: the recorded value falls onto the guesses.
    pub(crate) fn reveal_at_end(&mut self, at: PageAt) {
        let at_end = self
            .player_at(Purpose::Page(at))
            .is_some_and(Player::is_at_end);
        let Some((room, _)) = self.asked_of_room(at).filter(|_| at_end) else {
            return;
        };
        let asked = room.now.question.as_ref();
        let has_value = asked.is_some_and(|asked| asked.recorded.is_some());
        if room.now.phase == Phase::Experiment && has_value && !room.asked_reveal {
            if let Some(room) = &mut self.class {
                room.asked_reveal = true;
            }
            self.display.show(Pane::Text);
            self.ask_room(class::Command::Reveal);
        }
    }
}

fn phase_is(app: &Shared, phases: &[Phase]) -> bool {
    app.class
        .as_ref()
        .is_some_and(|room| phases.contains(&room.now.phase))
}

fn here(app: &Shared, on: &On, phases: &[Phase]) -> bool {
    let asked = on.at().and_then(|at| app.asked_of_room(at));
    asked.is_some() && phase_is(app, phases)
}

/// A question is asked, and its answer is not shown yet.
const BEFORE_REVEAL: &[Phase] = &[
    Phase::Voting,
    Phase::Closed,
    Phase::Discuss,
    Phase::Experiment,
];

/// Whether a vote can be opened on this page: another question is asked now, or this one was answered.
fn can_open(app: &Shared, on: &On) -> bool {
    let page = on.at().and_then(|at| app.page_at(at));
    let asks = app.class.is_some() && page.and_then(Page::asks).is_some();
    asks && !here(app, on, BEFORE_REVEAL)
}

/// Whether the room was asked this question, and other values can be drawn for it.
fn has_others(app: &Shared, on: &On) -> bool {
    let asked = on.at().and_then(|at| app.asked_of_room(at));
    asked.is_some_and(|(_, poll)| poll.has_others)
}

/// Whether students' machines have sent what they found, and it may be shown.
fn has_machines(app: &Shared, on: &On) -> bool {
    let asked = on.at().and_then(|at| app.asked_of_room(at));
    let asked = asked.and_then(|(room, _)| room.now.question.as_ref());
    asked.is_some_and(|asked| asked.revealed && !asked.machines.is_empty())
}

/// Whether a run answers the question, and the room has been asked it.
fn can_run(app: &Shared, on: &On) -> bool {
    let question = on
        .at()
        .and_then(|at| app.page_at(at))
        .and_then(Page::question);
    let has_run = question.is_some_and(|question| question.kind.run().is_some());
    app.job.is_none() && has_run && here(app, on, BEFORE_REVEAL)
}

// One row a line: it is a table.
/// The keys of the room. They come before those of the page.
#[rustfmt::skip]
pub(crate) const KEYS: &[KeyRow<On>] = &[
    row(&[(Char('o'), C::Room(RoomKey::Vote))], ["o", "close the vote", "close the vote"], Answer, |app, _| phase_is(app, &[Phase::Voting])),
    row(&[(Char('O'), C::Room(RoomKey::Again))], ["O", "second vote", "open a further vote on the same question"], Answer, |app, on| here(app, on, &[Phase::Closed, Phase::Discuss])),
    row(&[(Char('D'), C::Room(RoomKey::Discuss))], ["D", "discuss", "start the clock of the discussion"], Answer, |app, on| here(app, on, &[Phase::Closed])),
    row(&[(Char('v'), C::Room(RoomKey::Reveal))], ["v", "reveal", "show the answer and the votes"], Answer, |app, on| here(app, on, &[Phase::Closed, Phase::Discuss, Phase::Experiment])),
    row(&[(Char('K'), C::Room(RoomKey::Kernels))], ["K", "kernels", "which kernels found another value, and why"], Answer, has_machines),
    row(&[(Char('o'), C::Room(RoomKey::Vote))], ["o", "vote on other values", "ask the room this question with other values"], Answer, |app, on| can_open(app, on) && has_others(app, on)),
    row(&[(Char('o'), C::Room(RoomKey::Vote))], ["o", "open a vote", "ask the room this question"], Answer, can_open),
    row(&[(Char('r'), C::Run)], ["r", "run", "run what answers it"], Answer, can_run),
    row(&[(Char('Q'), C::JoinCode)], ["Q", "join", "the address and its QR code"], Answer, |app, _| app.class.is_some()),
    row(&[(Char('a'), C::Room(RoomKey::Address))], ["a", "", "the next address of this machine"], Answer, |app, on| on.at().is_some() && app.class.as_ref().is_some_and(|room| room.urls.len() > 1)),
    row(&[(Char('L'), C::Room(RoomKey::Lock))], ["L", "", "give no further seats, or give them again"], Answer, |app, _| app.class.is_some()),
];
