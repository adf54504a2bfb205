//! Building, testing and measuring Bartizan: `cargo xtask COMMAND`.
//!
//! Everything a person or CI does with a checkout is a command here, so that there is one way to do it. Each
//! command is a file. Nothing here ends up in the program.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it talks to the person who runs it"
)]

mod bench;
mod counts;
mod fuzz;
mod packages;
mod process;
mod run;
mod test;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask COMMAND

  run [-- ARGS]       build Bartizan and watch this machine's logs; ARGS go to `bartizan run`
  test [STEP…]        everything that must hold before a change lands, or only the named steps
  bench [OPTIONS]     measure the engine and the program; a wrong option lists the options
  fuzz [TARGET…] [--seconds N]
                      libFuzzer on the named targets, or all, each for N seconds (60)
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((command, rest)) = arguments.split_first() else {
        eprint!("{USAGE}");
        return ExitCode::from(2);
    };
    let done = match command.as_str() {
        "run" => run::run(rest),
        "bench" => bench::run(rest),
        "fuzz" => fuzz::run(rest),
        "test" => test::run(rest),
        "help" | "-h" | "--help" => {
            print!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        other => {
            eprint!("there is no command `{other}`\n\n{USAGE}");
            Ok(ExitCode::from(2))
        }
    };
    done.unwrap_or_else(|error| {
        eprintln!("xtask: {error:#}");
        ExitCode::from(2)
    })
}
