//! Keys and mouse, from the terminal to the channel.

use std::{
    io::{self, IsTerminal},
    os::fd::AsFd,
    sync::mpsc::Sender,
    thread,
    time::Duration,
};

use crossterm::event::{
    self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent,
    MouseEventKind,
};
use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
};

use super::{Message, worker};
use crate::app::{Key, Mouse};

/// Reads the terminal in a thread of its own, until it is gone.
pub fn listen(sender: Sender<Message>) {
    let read = move || {
        let _ = read_all(&sender);
        let _ = sender.send(Message::Closed);
    };
    // Without this thread no key would come; the signals still end the program.
    let _ = thread::Builder::new()
        .name(worker::NAME.to_owned())
        .spawn(read);
}

fn read_all(sender: &Sender<Message>) -> io::Result<()> {
    let stdin = io::stdin();
    while stdin.is_terminal() {
        let mut fds = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, PollTimeout::NONE) {
            Ok(_) => {}
            Err(Errno::EINTR) => continue,
            Err(errno) => return Err(errno.into()),
        }
        let ready = fds[0].revents().unwrap_or(PollFlags::empty());
        if ready.intersects(PollFlags::POLLHUP | PollFlags::POLLERR | PollFlags::POLLNVAL) {
            break;
        }
        while event::poll(Duration::ZERO)? {
            if let Some(message) = message(event::read()?)
                && sender.send(message).is_err()
            {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn message(event: Event) -> Option<Message> {
    match event {
        Event::Key(key) => self::key(key).map(Message::Key),
        Event::Mouse(mouse) => self::mouse(mouse).map(Message::Mouse),
        Event::Resize(..) => Some(Message::Redraw),
        // Focus is nobody's business, and a paste is no answer.
        Event::FocusGained | Event::FocusLost | Event::Paste(_) => None,
    }
}

fn key(event: KeyEvent) -> Option<Key> {
    if event.kind == KeyEventKind::Release || event.modifiers.contains(KeyModifiers::ALT) {
        return None;
    }
    Some(match event.code {
        KeyCode::Char(c) if event.modifiers.contains(KeyModifiers::CONTROL) => {
            Key::Ctrl(c.to_ascii_lowercase())
        }
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        KeyCode::Tab | KeyCode::BackTab => Key::Tab,
        KeyCode::Backspace | KeyCode::Delete => Key::Backspace,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        _ => return None,
    })
}

fn mouse(event: MouseEvent) -> Option<Mouse> {
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => Some(Mouse::Press(event.column, event.row)),
        MouseEventKind::Drag(MouseButton::Left) => Some(Mouse::Drag(event.column, event.row)),
        MouseEventKind::ScrollUp => Some(Mouse::Wheel(-1)),
        MouseEventKind::ScrollDown => Some(Mouse::Wheel(1)),
        _ => None,
    }
}
