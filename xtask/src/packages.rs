//! Debian packages that tests need, and which tests.
//!
//! Tests drive real programs where an imitation would prove little. As root, `cargo xtask test` installs what
//! is missing; otherwise it names it, and the tests that need it say so themselves.

use anyhow::{Result, bail};

use crate::process::{in_ci, must, program, succeeds};

/// A package and the reason for it.
struct Package {
    name: &'static str,
    needed_by: &'static str,
}

/// All of them. A test that starts to need one adds its row.
const PACKAGES: &[Package] = &[
    Package { name: "g++", needed_by: "the fuzz smoke run: libFuzzer is written in C++" },
    Package { name: "bsdutils", needed_by: "the syslog listener: logger sends to it" },
    Package { name: "rsyslog", needed_by: "the syslog listener: it forwards to it" },
];

/// Installs what is missing, or says what it is; returns what to print about it.
pub(crate) fn install() -> Result<Option<String>> {
    let missing: Vec<&Package> = PACKAGES.iter().filter(|package| !installed(package)).collect();
    if missing.is_empty() {
        return Ok(None);
    }
    let list = missing
        .iter()
        .map(|package| format!("{} (for {})", package.name, package.needed_by))
        .collect::<Vec<_>>()
        .join(", ");
    if !succeeds(program("apt-get").arg("--version")) {
        return Ok(Some(format!("this is no Debian; not looked for: {list}")));
    }
    if !is_root() {
        return Ok(Some(format!("not root, so not installed: {list}")));
    }
    let names = missing.iter().map(|package| package.name);
    // The package lists of a fresh machine are empty or old.
    must(program("apt-get").args(["update", "-qq"]))?;
    let mut apt = program("apt-get");
    apt.env("DEBIAN_FRONTEND", "noninteractive");
    must(apt.args(["install", "-y", "-qq", "--no-install-recommends"]).args(names))?;
    if in_ci() && missing.iter().any(|package| !installed(package)) {
        bail!("apt-get succeeded, but something is still missing: {list}");
    }
    Ok(Some(format!("installed {list}")))
}

fn installed(package: &Package) -> bool {
    let query = program("dpkg-query").args(["-W", "-f", "${Status}", package.name]).output();
    query.is_ok_and(|output| output.stdout == b"install ok installed")
}

fn is_root() -> bool {
    program("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}
