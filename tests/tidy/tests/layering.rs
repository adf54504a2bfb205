//! Who may depend on whom.

use bartizan_tidy::{files_named, nothing_wrong, packages, root};

/// What each crate may use of ours. Anything not in this table is forbidden; ARCHITECTURE.md shows the same.
const MAY_USE: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("pattern", &["base"]),
    ("config", &["base", "pattern"]),
    ("collect", &["base", "config", "pattern"]),
    ("listen", &["base", "config"]),
    ("decode", &["base", "config", "pattern"]),
    ("rules", &["base", "config", "pattern"]),
    ("analysis", &["base", "config", "pattern", "decode", "rules"]),
    ("alert", &["base"]),
    ("output", &["base", "alert"]),
    (
        "bartizan",
        &[
            "base", "pattern", "config", "collect", "listen", "decode", "rules", "analysis",
            "alert", "output",
        ],
    ),
];

/// Crates from elsewhere that only some of ours may use.
const ONLY_IN: &[(&str, &[&str])] = &[
    // Errors that nobody handles are for programs; a library's are typed.
    ("anyhow", &["bartizan", "bartizan-bench", "xtask"]),
    // The command line is the program's.
    ("clap", &["bartizan"]),
    // An oracle for tests, never a part of the program: C fed by strangers.
    ("pcre2", &[]),
];

fn short(name: &str) -> &str {
    name.strip_prefix("bartizan-").unwrap_or(name)
}

/// The dependencies of a package, without those of its tests unless asked for.
fn dependencies(package: &serde_json::Value, with_tests: bool) -> Vec<&str> {
    let all = package["dependencies"].as_array().map_or(&[][..], Vec::as_slice);
    all.iter()
        .filter(|dependency| with_tests || dependency["kind"] != "dev")
        .filter_map(|dependency| dependency["name"].as_str())
        .collect()
}

#[test]
fn crates_use_only_what_stands_below_them() {
    let mut wrong = Vec::new();
    for package in packages() {
        let manifest = package["manifest_path"].as_str().unwrap();
        if !manifest.contains("/crates/") {
            continue;
        }
        let name = short(package["name"].as_str().unwrap());
        let Some((_, allowed)) = MAY_USE.iter().find(|(known, _)| *known == name) else {
            wrong.push(format!("{name} has no row in the table of this test"));
            continue;
        };
        for used in dependencies(&package, false) {
            if used.starts_with("bartizan") && !allowed.contains(&short(used)) {
                wrong.push(format!("{name} uses {used}"));
            }
        }
        if dependencies(&package, true).contains(&"bartizan") {
            wrong.push(format!("{name} uses the program"));
        }
    }
    nothing_wrong("direction of dependencies", &wrong);
}

#[test]
fn some_crates_from_elsewhere_have_their_place() {
    let mut wrong = Vec::new();
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        for used in dependencies(&package, false) {
            if ONLY_IN.iter().any(|(crate_, places)| *crate_ == used && !places.contains(&name)) {
                wrong.push(format!("{name} uses {used}"));
            }
        }
    }
    nothing_wrong("crates from elsewhere", &wrong);
}

#[test]
fn the_architecture_page_shows_the_same_table() {
    let page = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let mut wrong = Vec::new();
    for (name, allowed) in MAY_USE {
        let row = page.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
        let last = row.and_then(|row| row.trim_end_matches(" |").rsplit(" | ").next());
        let expected = match (*name, allowed.join(", ")) {
            ("bartizan", _) => "all of them".to_owned(),
            (_, list) if list.is_empty() => "–".to_owned(),
            (_, list) => list,
        };
        if last != Some(expected.as_str()) {
            wrong.push(format!("{name}: the page says {last:?}, the rule is {expected:?}"));
        }
    }
    nothing_wrong("ARCHITECTURE.md, code map", &wrong);
}

#[test]
fn every_package_takes_lints_and_versions_from_the_workspace() {
    let mut wrong = Vec::new();
    for file in files_named("Cargo.toml") {
        // The fuzz targets are a workspace of their own, built by another toolchain.
        if file.path == "Cargo.toml" || file.path.starts_with("fuzz/") {
            continue;
        }
        if !file.text.contains("[lints]\nworkspace = true") {
            wrong.push(format!("{}: no `[lints] workspace = true`", file.path));
        }
        let mut section = "";
        for line in file.text.lines() {
            if line.starts_with('[') {
                section = line;
            } else if section.ends_with("dependencies]")
                && line.contains('=')
                && !line.contains("workspace = true")
            {
                wrong.push(format!("{}: `{line}` has a version of its own", file.path));
            }
        }
    }
    nothing_wrong("manifests", &wrong);
}
