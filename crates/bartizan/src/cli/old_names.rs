//! OSSEC's programs, by their names, options and exit codes.

use std::ffi::OsString;
use std::io::{BufRead as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use anyhow::Context as _;
use bartizan_base::text::OwnedSubject;
use bartizan_base::{Deviation, Dialect};
use bartizan_pattern::{Language, Options, Pattern};
use clap::Parser;

use crate::cli::{Common, complain, lists, logtest, old_control, site};

/// Where OSSEC lives unless told otherwise.
const HOME: &str = "/var/ossec";

/// A program of OSSEC that this binary answers for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// The tester.
    Logtest,
    /// The analysis daemon, as far as `-t` goes.
    Analysisd,
    /// Tries a pattern on lines.
    Regex,
    /// Compiles CDB lists.
    Makelists,
    /// Starts and stops the service.
    Control,
}

impl Program {
    pub(crate) const ALL: [Self; 5] =
        [Self::Logtest, Self::Analysisd, Self::Regex, Self::Makelists, Self::Control];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Logtest => "ossec-logtest",
            Self::Analysisd => "ossec-analysisd",
            Self::Regex => "ossec-regex",
            Self::Makelists => "ossec-makelists",
            Self::Control => "ossec-control",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|program| program.name() == name)
    }
}

/// Options of `ossec-logtest`.
#[derive(Debug, Parser)]
#[command(name = "ossec-logtest", disable_version_flag = true)]
struct OldLogtest {
    /// Configuration file
    #[arg(short, default_value = "/var/ossec/etc/ossec.conf")]
    config: std::path::PathBuf,
    /// Folder of the installation
    #[arg(short = 'D', default_value = HOME)]
    dir: std::path::PathBuf,
    /// Print alerts, no phases
    #[arg(short)]
    alerts: bool,
    /// Show which rules are tried
    #[arg(short)]
    verbose: bool,
    /// Debug, repeatable
    #[arg(short, action = clap::ArgAction::Count)]
    debug: u8,
    /// Unit test
    #[arg(short = 'U', value_name = "RULE:LEVEL:DECODER")]
    unit_test: Option<String>,
    /// Load everything and exit
    #[arg(short)]
    test: bool,
    /// Do not announce decoder files
    #[arg(short)]
    quiet: bool,
    /// Version
    #[arg(short = 'V')]
    version: bool,
}

/// Options of `ossec-analysisd`.
#[derive(Debug, Parser)]
#[command(name = "ossec-analysisd", disable_version_flag = true)]
struct OldAnalysisd {
    /// Configuration file
    #[arg(short, default_value = "/var/ossec/etc/ossec.conf")]
    config: std::path::PathBuf,
    /// Folder of the installation
    #[arg(short = 'D', default_value = HOME)]
    dir: std::path::PathBuf,
    /// Load everything and exit
    #[arg(short)]
    test: bool,
    /// Run in the foreground
    #[arg(short)]
    foreground: bool,
    /// Debug, repeatable
    #[arg(short, action = clap::ArgAction::Count)]
    debug: u8,
    /// User
    #[arg(short, default_value = "ossec")]
    user: String,
    /// Group
    #[arg(short, default_value = "ossec")]
    group: String,
    /// Version
    #[arg(short = 'V')]
    version: bool,
}

/// Options of `ossec-makelists`.
#[derive(Debug, Parser)]
#[command(name = "ossec-makelists", disable_version_flag = true)]
struct OldMakelists {
    /// Configuration file
    #[arg(short, default_value = "/var/ossec/etc/ossec.conf")]
    config: std::path::PathBuf,
    /// Folder of the installation
    #[arg(short = 'D', default_value = HOME)]
    dir: std::path::PathBuf,
    /// Compile even what is up to date, and show every key
    #[arg(short = 'F')]
    force: bool,
    /// Load everything and exit
    #[arg(short)]
    test: bool,
    /// Debug, repeatable
    #[arg(short, action = clap::ArgAction::Count)]
    debug: u8,
    /// Version
    #[arg(short = 'V')]
    version: bool,
}

/// Runs `program`. By an old name everything is as in OSSEC 4.3.
pub(crate) fn run(program: Program, arguments: &[OsString]) -> anyhow::Result<u8> {
    match program {
        Program::Logtest => match parse::<OldLogtest>(arguments) {
            Ok(old) if old.version => version(program),
            Ok(old) => logtest::run(&logtest::LogtestArgs {
                common: common(old.config, old.dir),
                alerts: old.alerts,
                verbose: old.verbose,
                quiet: old.quiet,
                unit_test: old.unit_test,
                test: old.test,
                json: false,
                timed: false,
                as_original: true,
            })
            .or_else(failed),
            Err(status) => Ok(status),
        },
        Program::Analysisd => match parse::<OldAnalysisd>(arguments) {
            Ok(old) if old.version => version(program),
            Ok(old) if old.test => {
                site::open(&common(old.config, old.dir), true).map(|_| 0).or_else(failed)
            }
            Ok(_) => {
                complain("ossec-analysisd: only -t is answered; `bartizan run -c FILE` analyses");
                Ok(1)
            }
            Err(status) => Ok(status),
        },
        Program::Makelists => match parse::<OldMakelists>(arguments) {
            Ok(old) if old.version => version(program),
            Ok(old) => makelists(&old).or_else(failed),
            Err(status) => Ok(status),
        },
        Program::Regex => regex(arguments),
        Program::Control => old_control::run(arguments, Path::new(HOME)).or_else(failed),
    }
}

fn common(config: std::path::PathBuf, home: std::path::PathBuf) -> Common {
    Common {
        config: Some(config),
        home: Some(home),
        dialect: Dialect::OSSEC_4_3,
        ..Common::default()
    }
}

/// The options, or the status to end with: 0 after help, 1 for a usage error.
fn parse<T: Parser>(arguments: &[OsString]) -> Result<T, u8> {
    T::try_parse_from(arguments).map_err(|error| {
        let _ = error.print();
        u8::from(error.use_stderr())
    })
}

/// OSSEC's programs end with 1 where ours end with 2.
#[expect(clippy::unnecessary_wraps, reason = "given to or_else")]
#[expect(clippy::needless_pass_by_value, reason = "given to or_else")]
fn failed(error: anyhow::Error) -> anyhow::Result<u8> {
    complain(&format!("{error:#}"));
    Ok(1)
}

fn version(program: Program) -> anyhow::Result<u8> {
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{}: Bartizan {}, answering as OSSEC HIDS 4.3",
        program.name(),
        env!("CARGO_PKG_VERSION")
    )?;
    Ok(0)
}

fn makelists(old: &OldMakelists) -> anyhow::Result<u8> {
    let common = common(old.config.clone(), old.dir.clone());
    if old.test {
        return site::open(&common, true).map(|_| 0);
    }
    lists::build_all(&lists::configured(&common)?, old.force, common.dialect)
}

/// `ossec-regex PATTERN` (decoding 4.7).
fn regex(arguments: &[OsString]) -> anyhow::Result<u8> {
    let usage =
        "ossec-regex PATTERN: reads lines and prints those that match, as OS_Regex and as OS_Match";
    let Some(pattern) = arguments.get(1) else {
        complain(usage);
        return Ok(1);
    };
    if pattern == "-h" {
        complain(usage);
        return Ok(0);
    }
    let mut out = std::io::stdout().lock();
    let options = Options { utf8_check: Dialect::OSSEC_4_3.has(Deviation::Utf8Check) };
    let compile = |language| Pattern::compile(language, pattern.as_bytes(), options);
    let Ok(as_regex) = compile(Language::OsRegex) else {
        writeln!(out, "pattern does not compile with OSRegex_Compile")?;
        return Ok(255);
    };
    let Ok(as_match) = compile(Language::OsMatch) else {
        writeln!(out, "pattern does not compile with OSMatch_Compile")?;
        return Ok(255);
    };
    for line in std::io::stdin().lock().split(b'\n') {
        let line = line.context("cannot read standard input")?;
        if line.len() < 2 {
            continue;
        }
        let owned = OwnedSubject::new(&line);
        let mut print = |label: &str| {
            out.write_all(label.as_bytes())?;
            out.write_all(&line)?;
            out.write_all(b"\n")
        };
        if as_regex.is_match(owned.subject()) {
            print("+OSRegex_Execute: ")?;
            print("+OS_Regex       : ")?;
        }
        if as_match.is_match(owned.subject()) {
            print("+OSMatch_Compile: ")?;
            print("+OS_Match2      : ")?;
        }
    }
    Ok(0)
}
