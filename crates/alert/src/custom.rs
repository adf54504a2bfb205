//! `custom_alert_output`: the text form of alerts as an administrator writes it (rules 10.3).
//!
//! A format is taken apart once. Tokens are found in the format only, never in what replaces them: the
//! original expands `$RULEGROUP` in a log text too.

use bartizan_base::StaticField;

use crate::facts::Alert;
use crate::number;
use crate::text;

/// Longest value but the log's, in bytes (rules 10.3).
const VALUE_BYTES: usize = 1023;

/// What stands for an absent host name, location, address or user.
const NONE: &[u8] = b"None";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Timestamp,
    Ftell,
    RuleAlert,
    Hostname,
    Location,
    RuleId,
    RuleLevel,
    SrcIp,
    DstUser,
    FullLog,
    RuleComment,
    RuleGroup,
}

/// Tokens in the order in which the original replaces them. None begins another one.
const TOKENS: [(&[u8], Token); 12] = [
    (b"$TIMESTAMP", Token::Timestamp),
    (b"$FTELL", Token::Ftell),
    (b"$RULEALERT", Token::RuleAlert),
    (b"$HOSTNAME", Token::Hostname),
    (b"$LOCATION", Token::Location),
    (b"$RULEID", Token::RuleId),
    (b"$RULELEVEL", Token::RuleLevel),
    (b"$SRCIP", Token::SrcIp),
    (b"$DSTUSER", Token::DstUser),
    (b"$FULLLOG", Token::FullLog),
    (b"$RULECOMMENT", Token::RuleComment),
    (b"$RULEGROUP", Token::RuleGroup),
];

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(Vec<u8>),
    Token(Token),
}

/// A format, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
}

impl Template {
    /// Takes a format apart. Whatever is no token is text.
    #[must_use]
    pub fn parse(format: &[u8]) -> Self {
        let mut pieces = Vec::new();
        let mut text = Vec::new();
        let mut rest = format;
        while let Some(&byte) = rest.first() {
            let token = TOKENS
                .iter()
                .find_map(|&(name, token)| rest.strip_prefix(name).map(|behind| (token, behind)));
            match token {
                Some((token, behind)) => {
                    if !text.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut text)));
                    }
                    pieces.push(Piece::Token(token));
                    rest = behind;
                }
                None => {
                    text.push(byte);
                    rest = rest.get(1..).unwrap_or_default();
                }
            }
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        Self { pieces }
    }

    /// Appends the alert in this form, and a line feed.
    pub fn write(&self, alert: &Alert<'_>, out: &mut Vec<u8>) {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text),
                Piece::Token(token) => write_token(*token, alert, out),
            }
        }
        out.push(b'\n');
    }
}

fn write_token(token: Token, alert: &Alert<'_>, out: &mut Vec<u8>) {
    let event = alert.event.event;
    let mut value = |value: &[u8]| {
        text::push_value(&alert.event, value.get(..VALUE_BYTES).unwrap_or(value), out);
    };
    match token {
        Token::Timestamp => number::push_signed(out, alert.id.epoch),
        Token::Ftell => number::push(out, alert.id.n),
        Token::RuleId => number::push(out, u64::from(alert.rule.id)),
        Token::RuleLevel => number::push(out, u64::from(alert.rule.level)),
        Token::RuleAlert if alert.rule.mails => out.extend_from_slice(b"mail "),
        Token::RuleAlert => {}
        Token::Hostname => value(event.bytes(event.hostname)),
        Token::Location => value(event.bytes(event.location)),
        Token::SrcIp => value(event.field(StaticField::SrcIp).unwrap_or(NONE)),
        Token::DstUser => value(event.field(StaticField::DstUser).unwrap_or(NONE)),
        Token::RuleComment => value(alert.rule.description.unwrap_or_default()),
        Token::RuleGroup => value(alert.rule.group),
        Token::FullLog => write_log(alert, out),
    }
}

/// The whole log on one line: the originals, too, write line feeds as `\n` here.
fn write_log(alert: &Alert<'_>, out: &mut Vec<u8>) {
    let event = alert.event.event;
    for &byte in event.bytes(event.full_log) {
        match byte {
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.push(byte),
            0..b' ' | 0x7f if !alert.event.is_raw() => crate::safe::push_escape(out, byte),
            _ => out.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(format: &str, expected: &[Piece]) {
        assert_eq!(Template::parse(format.as_bytes()).pieces, expected, "{format}");
    }

    fn text(text: &str) -> Piece {
        Piece::Text(text.as_bytes().to_vec())
    }

    #[test]
    fn what_is_no_token_stays() {
        check("", &[]);
        check("$ $FOO $ruleid $RULE", &[text("$ $FOO $ruleid $RULE")]);
        check("$RULEIDX", &[Piece::Token(Token::RuleId), text("X")]);
        check(
            "$$SRCIP$DSTUSER.",
            &[text("$"), Piece::Token(Token::SrcIp), Piece::Token(Token::DstUser), text(".")],
        );
    }

    #[test]
    fn no_token_begins_another() {
        for (name, token) in TOKENS {
            for (other, another) in TOKENS {
                assert!(token == another || !other.starts_with(name));
            }
        }
    }
}
