//! An alert for a person's eyes.
//!
//! ```text
//! 08:40:50  level 10 high     5712  sshd: many failed logins from one address
//!           web1 → /var/log/auth.log · 203.0.113.7 port 4242 · user root
//!           Nov 24 08:40:50 web1 sshd[812]: Failed password for root from 203.0.113.7 port 4242 ssh2
//!           │ Nov 24 08:40:48 web1 sshd[812]: Failed password for root from 203.0.113.7 port 4240 ssh2
//! ```
//!
//! A log must not drive the terminal: control characters, among them those beyond ASCII and the marks that
//! turn the direction of writing, are shown as escapes, bytes that are not UTF-8 as U+FFFD.

use bartizan_base::StaticField;

use crate::facts::Alert;
use crate::number;
use crate::safe;
use crate::text::SHOWN_BYTES;

/// Whether to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colour {
    /// Plain text.
    #[default]
    Off,
    /// ANSI colours: the level by severity, what matters bold, context dim.
    On,
}

/// How serious a level is, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Levels 0 to 3: what happens every day.
    Info,
    /// Levels 4 to 6: errors, probes.
    Low,
    /// Levels 7 to 9: worth a look.
    Medium,
    /// Levels 10 and 11: probably an attack.
    High,
    /// Level 12 and above: act.
    Critical,
}

impl Severity {
    /// The severity of a level.
    #[must_use]
    pub fn of(level: u16) -> Self {
        match level {
            0..=3 => Self::Info,
            4..=6 => Self::Low,
            7..=9 => Self::Medium,
            10..=11 => Self::High,
            _ => Self::Critical,
        }
    }

    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    fn colour(self) -> &'static str {
        match self {
            Self::Info => "\x1b[32m",
            Self::Low => "\x1b[36m",
            Self::Medium => "\x1b[33m",
            Self::High => "\x1b[1;31m",
            Self::Critical => "\x1b[1;97;41m",
        }
    }
}

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const RESET: &str = "\x1b[0m";
const INDENT: &str = "          ";

/// Appends the alert, ending with a line feed.
pub fn write(alert: &Alert<'_>, colour: Colour, out: &mut Vec<u8>) {
    let mut pen = Pen { colour, out };
    write_title(alert, &mut pen);
    write_origin(alert, &mut pen);
    let event = alert.event.event;
    pen.lines("", event.bytes(event.full_log));
    for line in alert.context_lines() {
        pen.style(DIM);
        pen.lines("│ ", line);
        pen.style(RESET);
    }
}

fn write_title(alert: &Alert<'_>, pen: &mut Pen<'_>) {
    let severity = Severity::of(alert.rule.level);
    pen.style(DIM);
    pen.out.extend_from_slice(alert.event.date.time_text());
    pen.style(RESET);
    pen.plain("  ");
    pen.style(severity.colour());
    pen.plain("level ");
    let start = pen.out.len();
    number::push(pen.out, u64::from(alert.rule.level));
    pen.plain(" ");
    pen.plain(severity.word());
    let written = pen.out.len() - start;
    pen.style(RESET);
    pen.pad(written, 12);
    let start = pen.out.len();
    number::push(pen.out, u64::from(alert.rule.id));
    let written = pen.out.len() - start;
    pen.pad(written, 6);
    pen.style(BOLD);
    pen.text(alert.rule.description.unwrap_or(b"(no description)"));
    pen.style(RESET);
    pen.plain("\n");
}

fn write_origin(alert: &Alert<'_>, pen: &mut Pen<'_>) {
    let event = alert.event.event;
    let place = alert.event.place();
    pen.plain(INDENT);
    pen.text(place.name);
    pen.plain(" → ");
    pen.text(place.file);
    for (address, port) in
        [(StaticField::SrcIp, StaticField::SrcPort), (StaticField::DstIp, StaticField::DstPort)]
    {
        let Some(value) = event.field(address) else { continue };
        pen.plain(if address == StaticField::DstIp { " · to " } else { " · " });
        pen.text(value);
        if let Some(port) = event.field(port) {
            pen.plain(" port ");
            pen.text(port);
        }
    }
    if let Some(user) = event.field(StaticField::DstUser) {
        pen.plain(" · user ");
        pen.text(user);
    }
    pen.plain("\n");
}

struct Pen<'a> {
    colour: Colour,
    out: &'a mut Vec<u8>,
}

impl Pen<'_> {
    fn style(&mut self, code: &str) {
        if self.colour == Colour::On {
            self.plain(code);
        }
    }

    fn plain(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// Blanks up to column `width` of something `written` wide, and one more.
    fn pad(&mut self, written: usize, width: usize) {
        let blanks = width.saturating_sub(written) + 1;
        self.out.resize(self.out.len() + blanks, b' ');
    }

    /// A text of several lines, each indented; as much of it as text logs show.
    fn lines(&mut self, mark: &str, text: &[u8]) {
        let body = text.strip_suffix(b"\n").unwrap_or(text);
        let shown = body.get(..SHOWN_BYTES).unwrap_or(body);
        for line in shown.split(|&byte| byte == b'\n') {
            self.plain(INDENT);
            self.plain(mark);
            self.text(line);
            self.plain("\n");
        }
        if shown.len() < body.len() {
            self.plain(INDENT);
            self.plain(mark);
            self.plain("… and ");
            number::push(self.out, (body.len() - shown.len()) as u64);
            self.plain(" bytes more\n");
        }
    }

    /// A text from outside.
    fn text(&mut self, text: &[u8]) {
        for chunk in text.utf8_chunks() {
            let mut rest = chunk.valid();
            while let Some(at) = rest.find(is_dangerous) {
                let (clean, tail) = rest.split_at(at);
                self.plain(clean);
                let mut characters = tail.chars();
                if let Some(character) = characters.next() {
                    self.escape(character);
                }
                rest = characters.as_str();
            }
            self.plain(rest);
            if !chunk.invalid().is_empty() {
                self.plain("\u{fffd}");
            }
        }
    }

    fn escape(&mut self, character: char) {
        match u8::try_from(u32::from(character)) {
            Ok(b'\t') => self.plain("    "),
            Ok(byte) => safe::push_escape(self.out, byte),
            Err(_) => self.out.extend(character.escape_unicode().map(|digit| digit as u8)),
        }
    }
}

/// Whether a terminal may take it for an order, or show what stands around it in another order.
fn is_dangerous(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
