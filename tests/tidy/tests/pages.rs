//! What the pages for people promise.

use std::collections::BTreeMap;
use std::fs;

use bartizan_base::dialect::DEVIATIONS;
use bartizan_tidy::{files_named, nothing_wrong, root};

const TABLE: &str = "<!-- table -->\n";
const END: &str = "<!-- end of table -->";

/// The register of deviations as a page shows it.
fn table() -> String {
    let mut table = String::from(
        "\n| name | versions of OSSEC | OSSEC | Bartizan | since |\n|---|---|---|---|---|\n",
    );
    for row in &DEVIATIONS {
        let versions = if row.in_2_8 { "2.8, 4.3" } else { "4.3" };
        table += &format!(
            "| [`{0}`](#{0}) | {versions} | {1} | {2} | {3} |\n",
            row.name,
            row.original.replace('<', "&lt;"),
            row.corrected.replace('<', "&lt;"),
            row.since
        );
    }
    table + "\n"
}

/// The codes of messages and what the sources say about them.
fn codes() -> String {
    let mut codes = BTreeMap::new();
    for file in files_named(".rs").iter().filter(|file| file.path.contains("/src/")) {
        let mut comment = String::new();
        for line in file.text.lines().map(str::trim) {
            if let Some(text) = line.strip_prefix("///") {
                comment += text;
                continue;
            }
            let value =
                line.split_once(": &str = \"").and_then(|(_, rest)| rest.strip_suffix("\";"));
            if let Some(code) = value.filter(|value| is_code(value)) {
                let meaning = outside_code(comment.trim(), |text| text.replace('<', "&lt;"));
                let before = codes.insert(code.to_owned(), meaning.clone());
                assert!(before.is_none(), "{code} has two meanings: {before:?}, {meaning:?}");
            }
            comment.clear();
        }
    }
    let rows = codes.iter().map(|(code, meaning)| format!("| {code} | {meaning} |\n"));
    format!("\n| code | about |\n|---|---|\n{}\n", rows.collect::<String>())
}

/// Changes what stands outside backticks.
fn outside_code(text: &str, change: impl Fn(&str) -> String) -> String {
    let parts = text.split('`').enumerate();
    let parts = parts.map(|(at, part)| if at % 2 == 0 { change(part) } else { part.to_owned() });
    parts.collect::<Vec<_>>().join("`")
}

fn is_code(text: &str) -> bool {
    text.len() == 5
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text[1..].bytes().all(|byte| byte.is_ascii_digit())
}

/// Compares the table of a page. With `BLESS` set in the environment it is written instead.
#[track_caller]
fn check_table(page: &str, table: &str) {
    let path = root().join(page);
    let page = fs::read_to_string(&path).expect("the page is there");
    let (before, rest) = page.split_once(TABLE).expect("it has a table");
    let (shown, after) = rest.split_once(END).expect("the table ends");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, format!("{before}{TABLE}{table}{END}{after}"))
            .expect("the page can be written");
    } else {
        assert_eq!(shown, table, "BLESS=1 cargo test -p bartizan-tidy writes it");
    }
}

#[test]
fn the_page_of_deviations_shows_the_register() {
    check_table("docs/deviations.md", &table());
}

#[test]
fn the_page_about_check_has_every_code() {
    check_table("docs/check.md", &codes());
}

#[test]
fn every_deviation_has_a_section_of_its_own() {
    let page = fs::read_to_string(root().join("docs/deviations.md")).unwrap();
    let sections: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let names: Vec<&str> = DEVIATIONS.iter().map(|row| row.name).collect();
    assert_eq!(sections, names);
}

#[test]
fn the_readme_opens_with_the_two_commands() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let opening = readme.split("\n## ").next().unwrap();
    assert!(opening.contains("\ncargo xtask run "), "{opening}");
    assert!(opening.contains("\ncargo xtask test "), "{opening}");
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut wrong = Vec::new();
    for page in files_named(".md") {
        let folder = root().join(&page.path).parent().unwrap().to_owned();
        for (_, rest) in page.text.match_indices("](").map(|(at, _)| page.text.split_at(at + 2)) {
            let target = rest.split([')', '#']).next().unwrap_or_default();
            let is_ours = !target.is_empty() && !target.contains(':');
            if is_ours && !folder.join(target).exists() {
                wrong.push(format!("{}: {target}", page.path));
            }
        }
    }
    nothing_wrong("dead links", &wrong);
}

/// A path in backticks is checked when it names a folder of the checkout that has parts.
#[test]
fn files_that_pages_name_are_there() {
    let mut wrong = Vec::new();
    for page in files_named(".md") {
        for name in page.text.split('`').skip(1).step_by(2) {
            let is_path = ["crates/", "tests/", "docs/", "fuzz/", "bench/", "xtask/", "ruleset/"]
                .iter()
                .any(|folder| name.starts_with(folder) && name.len() > folder.len());
            if is_path && !name.contains(['*', ' ', '<']) && !root().join(name).exists() {
                wrong.push(format!("{}: {name}", page.path));
            }
        }
    }
    nothing_wrong("paths that are not there", &wrong);
}
