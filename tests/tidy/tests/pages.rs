//! What the pages for people promise.

use std::fs;

use bartizan_base::dialect::DEVIATIONS;
use bartizan_tidy::{files_named, nothing_wrong, root};

const TABLE: &str = "<!-- table -->\n";
const END: &str = "<!-- end of table -->";

/// The register of deviations as a page shows it.
fn table() -> String {
    let mut table = String::from("\n| name | in 2.8 | OSSEC | Bartizan |\n|---|---|---|---|\n");
    for row in &DEVIATIONS {
        let in_2_8 = if row.in_2_8 { "yes" } else { "no" };
        table += &format!(
            "| `{}` | {in_2_8} | {} | {} |\n",
            row.name,
            row.original.replace('<', "&lt;"),
            row.corrected.replace('<', "&lt;")
        );
    }
    table + "\n"
}

/// With `BLESS` set in the environment the table is written instead of compared.
#[test]
fn the_page_of_deviations_shows_the_register() {
    let path = root().join("docs/deviations.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(TABLE).unwrap();
    let (shown, after) = rest.split_once(END).unwrap();
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, format!("{before}{TABLE}{}{END}{after}", table())).unwrap();
    } else {
        assert_eq!(shown, table(), "BLESS=1 cargo test -p bartizan-tidy writes it");
    }
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
