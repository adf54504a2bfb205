//! What a file looks like.

use bartizan_tidy::{File, files, files_named, nothing_wrong, root};

/// Lines of a file without its tests.
const LIMIT: usize = 700;
/// Lines from which on a file is worth a look.
const LONG: usize = 400;

/// Files that may be longer than the limit, and why.
const MAY_BE_LONG: &[(&str, &str)] = &[];

/// Names that say nothing was decided.
const UNDECIDED: &[&str] = &["util", "utils", "helper", "helpers", "common", "misc"];

/// Files that may contain unsafe code, and why.
const MAY_BE_UNSAFE: &[(&str, &str)] =
    &[("tests/allocations/src/lib.rs", "an allocator that counts cannot be written without")];

#[test]
fn no_file_is_longer_than_a_person_reads() {
    let mut wrong = Vec::new();
    for file in files_named(".rs").iter().filter(|file| !file.is_test()) {
        let lines = file.without_tests().lines().count();
        if lines > LIMIT && MAY_BE_LONG.iter().all(|(path, _)| *path != file.path) {
            wrong.push(format!("{}: {lines} lines without tests, the limit is {LIMIT}", file.path));
        } else if lines > LONG {
            eprintln!("{}: {lines} lines without tests, over {LONG}", file.path);
        }
    }
    nothing_wrong("size of files", &wrong);
}

#[test]
fn every_source_file_says_what_it_is_for() {
    // The tests of a file that were put beside it are introduced by it.
    let silent = files_named(".rs")
        .into_iter()
        .filter(|file| file.stem() != "tests")
        .filter(|file| !file.text.starts_with("//! "))
        .map(|file| format!("{}: does not open with a `//!` header", file.path))
        .collect::<Vec<_>>();
    nothing_wrong("headers", &silent);
}

#[test]
fn every_name_was_decided_on() {
    let undecided = files()
        .into_iter()
        .map(|file| file.path)
        .filter(|path| {
            let mut parts = path.split('/').map(|part| part.split('.').next().unwrap_or(part));
            parts.any(|part| UNDECIDED.contains(&part))
        })
        .collect::<Vec<_>>();
    nothing_wrong("names that mean nothing", &undecided);
}

#[test]
fn unsafe_code_stays_where_it_is_listed() {
    let mut wrong = Vec::new();
    for file in files_named(".rs") {
        if MAY_BE_UNSAFE.iter().any(|(path, _)| *path == file.path) {
            continue;
        }
        for (number, line) in (1..).zip(file.text.lines()) {
            let code = line.split("//").next().unwrap_or_default();
            let mut words = code.split(|c: char| !c.is_alphanumeric() && c != '_');
            // Spelt in two parts, or this file would be found.
            if words.any(|word| word == concat!("un", "safe")) {
                wrong.push(format!("{}:{number}: {}", file.path, line.trim()));
            }
        }
    }
    nothing_wrong(
        "code the compiler does not check; list the file with a reason if it must be",
        &wrong,
    );
}

/// A path of the machine on which something was written means nothing on another one.
#[test]
fn no_file_names_the_folder_it_was_written_in() {
    let checkout = root().to_string_lossy().into_owned();
    let home = std::env::var("HOME").ok().filter(|home| home.len() > 1).map(|home| home + "/.");
    let mentions = |file: &File| {
        file.text.contains(&checkout) || home.as_ref().is_some_and(|home| file.text.contains(home))
    };
    let wrong: Vec<String> = files().into_iter().filter(mentions).map(|file| file.path).collect();
    nothing_wrong("paths of this machine", &wrong);
}
