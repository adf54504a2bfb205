//! `<database_output>`: alerts into a database (config 9).

use std::path::PathBuf;

use bartizan_base::Span;

use super::codes;
use super::context::{Context, Wrong};
use super::table::Opt;
use super::value::{Value, digits};

/// The `<database_output>` sections, of which there is one at most in effect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatabaseOutput {
    /// `<hostname>`.
    pub hostname: Option<String>,
    /// `<username>`.
    pub username: Option<String>,
    /// `<password>`.
    pub password: Option<String>,
    /// `<database>`.
    pub database: Option<String>,
    /// `<type>`.
    pub kind: Option<DatabaseKind>,
    /// `<port>`; 0 is the server's usual one.
    pub port: u16,
    /// MySQL's Unix socket. `<socket>`.
    pub socket: Option<PathBuf>,
}

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseKind {
    /// MySQL, MariaDB.
    Mysql,
    /// PostgreSQL.
    Postgresql,
}

/// A row of the table.
type Row = Opt<DatabaseOutput>;

/// Every option of `<database_output>`.
pub const DATABASE_OUTPUT: &[Opt<DatabaseOutput>] = &[
    Row::new("hostname", "host or address", "Where the database is", |c, v, _| {
        c.hostname = Some(v.string());
        Ok(())
    }),
    Row::new("username", "text", "User of the database", |c, v, _| {
        c.username = Some(v.string());
        Ok(())
    }),
    Row::new("password", "text", "Password of the user", |c, v, _| {
        c.password = Some(v.string());
        Ok(())
    }),
    Row::new("database", "text", "Name of the database", |c, v, _| {
        c.database = Some(v.string());
        Ok(())
    }),
    Row::new("type", "mysql or postgresql", "Which database", |c, v, _| {
        c.kind =
            Some(v.one_of(&[
                ("mysql", DatabaseKind::Mysql),
                ("postgresql", DatabaseKind::Postgresql),
            ])?);
        Ok(())
    }),
    Row::new("port", "port", "Port of the database", port),
    Row::new("socket", "path", "Unix socket of MySQL", |c, v, _| {
        c.socket = Some(v.path());
        Ok(())
    }),
];

fn port(c: &mut DatabaseOutput, v: &Value<'_>, context: &mut Context<'_>) -> Result<(), Wrong> {
    // OSSEC takes anything for a number (config 9).
    if context.is_strict() {
        let text = v.bytes();
        let end = text.iter().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
        let number = digits(text.get(..end).unwrap_or_default()).unwrap_or_default();
        c.port = u16::try_from(number).unwrap_or(u16::MAX);
        return Ok(());
    }
    c.port = v.port()?;
    Ok(())
}

impl DatabaseOutput {
    /// Whether anything is set; nothing means no database.
    #[must_use]
    pub fn is_configured(&self) -> bool {
        *self != Self::default()
    }
}

/// Some but not all of them is an error (config 9).
pub(super) fn finish(block: &DatabaseOutput, span: &Span, context: &mut Context<'_>) {
    if !block.is_configured() {
        return;
    }
    let required = [
        ("hostname", block.hostname.is_none()),
        ("username", block.username.is_none()),
        ("password", block.password.is_none()),
        ("database", block.database.is_none()),
        ("type", block.kind.is_none()),
    ];
    let missing: Vec<&str> =
        required.into_iter().filter(|(_, missing)| *missing).map(|(name, _)| name).collect();
    if !missing.is_empty() {
        let message = format!("`<database_output>` needs `{}`", missing.join("`, `"));
        context.fail(codes::MISSING, span.clone(), message, "");
    }
}
