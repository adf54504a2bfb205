//! The rules of this project's layout and style, as tests: what the tests look at.
//!
//! Each test in `tests/` collects everything that breaks its rule and fails with the whole list. What may break a
//! rule stands in a table beside it, with the reason.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Folders that hold what was built, fetched or found, not what was written.
const NOT_OURS: &[&str] = &[".git", "target", "corpus", "artifacts"];

/// A text file of the checkout.
#[derive(Debug)]
pub struct File {
    /// Path from the root of the checkout, with `/`.
    pub path: String,
    /// What is in it.
    pub text: String,
}

impl File {
    /// The path's last part without its extension.
    #[must_use]
    pub fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.split_once('.').map_or(name, |(stem, _)| stem)
    }

    /// Whether the file is tests and nothing else.
    #[must_use]
    pub fn is_test(&self) -> bool {
        self.stem() == "tests" || self.path.split('/').any(|folder| folder == "tests")
    }

    /// The text without the tests at its end.
    #[must_use]
    pub fn without_tests(&self) -> &str {
        let end = self.text.find("\n#[cfg(test)]\nmod tests {");
        end.and_then(|end| self.text.get(..end)).unwrap_or(&self.text)
    }
}

/// The root of the checkout.
#[must_use]
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("tests/tidy lies two folders deep").to_owned()
}

/// All text files of the checkout, sorted by path.
///
/// # Panics
///
/// When the checkout cannot be read.
#[must_use]
pub fn files() -> Vec<File> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the checkout is readable") {
            let path = entry.expect("the checkout is readable").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                if !NOT_OURS.contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if let Ok(text) = fs::read_to_string(&path) {
                let path = path.strip_prefix(root()).expect("below the root");
                found.push(File { path: path.to_string_lossy().into_owned(), text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// The text files with that extension.
#[must_use]
pub fn files_named(extension: &str) -> Vec<File> {
    let mut files = files();
    files.retain(|file| file.path.ends_with(extension));
    assert!(!files.is_empty(), "there is no *{extension} file: is the root right?");
    files
}

/// The packages of the workspace as cargo sees them.
///
/// # Panics
///
/// When cargo cannot be run.
#[must_use]
pub fn packages() -> Vec<serde_json::Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    metadata["packages"].as_array().expect("a list of packages").clone()
}

/// Fails with all of `wrong`, if there is any.
///
/// # Panics
///
/// When there is.
#[track_caller]
pub fn nothing_wrong(rule: &str, wrong: &[String]) {
    assert!(wrong.is_empty(), "{rule}:\n  {}\n", wrong.join("\n  "));
}
