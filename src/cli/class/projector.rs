//! The course on the projector, with the room attached.

use std::{
    env, fs,
    io::{self, IsTerminal},
    sync::Arc,
};

use anyhow::{Context, bail};

use super::{Args, open};
use crate::{
    app::ClassRoom,
    cli::{end_with, learn, lesson_dir::chosen, print, warn},
    runtime::{self, Classroom},
    store::progress::Log,
};

/// Opens the room and the course, and stays until the teacher leaves.
pub(super) fn run(args: Args) -> anyhow::Result<()> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        bail!("the projector needs a terminal: --plain runs the room without one");
    }
    let catalogue = args.lessons.course()?;
    let lesson = match &args.lesson {
        None => None,
        Some(name) => {
            let id = &chosen(&catalogue, Some(name))?[0].id;
            catalogue
                .lessons()
                .iter()
                .position(|lesson| lesson.id == *id)
        }
    };
    let course = learn::course(args.lessons.lesson_dir.clone())?;
    let opened = open(&args, Arc::new(catalogue))?;
    opened.warnings.iter().for_each(|warning| warn(warning));
    let room = ClassRoom {
        urls: opened.join.all(),
        wifi: args.wifi.as_deref().map(wifi),
        help: help(opened.join.port),
        ..ClassRoom::default()
    };
    let handle = opened.room.handle.clone();
    let class = Classroom {
        room,
        lesson,
        handle,
    };
    let shown = runtime::class(course, args.display.options(), Log::of_user(), class);
    opened.room.close().context("the room was closed early")?;
    let code = shown?;
    print(&format!(
        "The session is kept in {}\n",
        opened.path.display()
    ))?;
    if let Some(codes) = &opened.codes {
        print(&format!("The personal codes are in {}\n", codes.display()))?;
    }
    end_with(code)
}

/// What a QR code says that joins a Wi-Fi: `SSID:KEY`, or a name alone where there is no key.
fn wifi(text: &str) -> String {
    let escaped = |text: &str| {
        let mut safe = String::new();
        for c in text.chars() {
            if "\\;,:\"".contains(c) {
                safe.push('\\');
            }
            safe.push(c);
        }
        safe
    };
    match text.split_once(':') {
        Some((ssid, key)) => format!("WIFI:T:WPA;S:{};P:{};;", escaped(ssid), escaped(key)),
        None => format!("WIFI:T:nopass;S:{};;", escaped(text)),
    }
}

/// What to do where phones cannot connect, on this system.
fn help(port: u16) -> Vec<String> {
    let mut help = Vec::new();
    let has = |name: &str| {
        let path = env::var_os("PATH").unwrap_or_default();
        // The tools of the administrator are not in every user's PATH.
        let dirs = env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
        dirs.into_iter().any(|dir| dir.join(name).exists())
    };
    let allow = [
        (
            "firewall-cmd",
            format!("sudo firewall-cmd --add-port={port}/tcp"),
        ),
        ("ufw", format!("sudo ufw allow {port}/tcp")),
        (
            "nft",
            format!("sudo nft insert rule inet filter input tcp dport {port} accept"),
        ),
        (
            "iptables",
            format!("sudo iptables -I INPUT -p tcp --dport {port} -j ACCEPT"),
        ),
    ];
    let command = allow.into_iter().find(|(name, _)| has(name));
    let command = command.map_or_else(|| format!("let TCP port {port} in"), |(_, command)| command);
    help.push(format!("A firewall: {command}"));
    help.push("The wrong address: a shows the next one.".to_owned());
    help.push("Wi-Fi that keeps its clients apart (guest networks do): use a phone's hotspot, or --url with a tunnel.".to_owned());
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    if kernel.to_ascii_lowercase().contains("microsoft") {
        help.push("WSL: set networkingMode=mirrored in .wslconfig, or forward the port with netsh interface portproxy.".to_owned());
    }
    help
}

#[cfg(test)]
mod tests {
    use super::wifi;

    #[test]
    fn a_wifi_is_written_as_phones_read_it() {
        assert_eq!(
            wifi("ROOM 12:se;cret"),
            "WIFI:T:WPA;S:ROOM 12;P:se\\;cret;;"
        );
        assert_eq!(wifi("open"), "WIFI:T:nopass;S:open;;");
    }
}
