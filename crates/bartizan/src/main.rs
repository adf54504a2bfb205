//! The program. One binary: a command by its name, or one of OSSEC's programs by the name of a link.
//!
//! Everything here is wiring: reading arguments, calling the crates, printing. Only this crate prints, reads
//! the clock and the environment, and decides with which status the process ends.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    cli::run(&arguments)
}
