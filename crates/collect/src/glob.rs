//! Names with `*`, `?` and `[…]`, as in a shell.
//!
//! A `*` does not match `/`, nor a `.` at the start of a name. No `{…}`, no `**`.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// Whether the name has characters that make it a pattern.
pub(crate) fn is_pattern(path: &Path) -> bool {
    path.as_os_str().as_bytes().iter().any(|byte| b"*?[".contains(byte))
}

/// All existing paths that match, sorted.
pub(crate) fn expand(pattern: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for component in pattern.components() {
        let name = component.as_os_str();
        if matches!(component, Component::Normal(_)) && is_pattern(Path::new(name)) {
            found = found.iter().flat_map(|folder| matches_in(folder, name.as_bytes())).collect();
        } else {
            for path in &mut found {
                path.push(name);
            }
        }
    }
    found.retain(|path| path.symlink_metadata().is_ok());
    found.sort();
    found
}

/// The folders in which a new name may match: those of the first part with a pattern.
pub(crate) fn folders(pattern: &Path) -> Vec<PathBuf> {
    let parent = pattern.parent().unwrap_or(Path::new(""));
    if is_pattern(parent) {
        let mut folders = folders(parent);
        folders.extend(expand(parent));
        folders
    } else {
        vec![parent.to_owned()]
    }
}

/// Whether a whole path matches a pattern.
pub(crate) fn matches_path(pattern: &Path, path: &Path) -> bool {
    let mut patterns = pattern.components();
    let mut names = path.components();
    loop {
        match (patterns.next(), names.next()) {
            (None, None) => return true,
            (Some(pattern), Some(name)) => {
                let (pattern, name) = (pattern.as_os_str(), name.as_os_str());
                if pattern != name && !matches(pattern.as_bytes(), name.as_bytes()) {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

fn matches_in(folder: &Path, pattern: &[u8]) -> Vec<PathBuf> {
    let listed = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(entries) = fs::read_dir(listed) else {
        return Vec::new();
    };
    let names = entries.flatten().map(|entry| entry.file_name());
    names.filter(|name| matches(pattern, name.as_bytes())).map(|name| folder.join(name)).collect()
}

/// Whether a name matches a pattern.
pub(crate) fn matches(pattern: &[u8], name: &[u8]) -> bool {
    if name.first() == Some(&b'.') && pattern.first() != Some(&b'.') {
        return false;
    }
    let (mut p, mut n) = (0, 0);
    // Where to go on if what follows the last `*` does not match: behind it in the pattern, one byte further
    // in the name.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let rest = pattern.get(p..).unwrap_or_default();
        let step = match (rest.first(), name.get(n)) {
            (Some(b'*'), _) => {
                retry = Some((p + 1, n));
                p += 1;
                continue;
            }
            (None, None) => return true,
            (Some(_), Some(&byte)) => one(rest, byte),
            _ => None,
        };
        match (step, retry) {
            (Some(length), _) => (p, n) = (p + length, n + 1),
            (None, Some((after_star, from))) if from < name.len() => {
                retry = Some((after_star, from + 1));
                (p, n) = (after_star, from + 1);
            }
            _ => return false,
        }
    }
}

/// If the pattern's first element matches the byte: the element's length.
fn one(pattern: &[u8], byte: u8) -> Option<usize> {
    match pattern {
        [b'?', ..] => Some(1),
        [b'\\', escaped, ..] => (*escaped == byte).then_some(2),
        [b'[', rest @ ..] => match set(rest, byte) {
            Some((is_in, length)) => is_in.then_some(length + 1),
            None => (byte == b'[').then_some(1), // Never closed: an ordinary character.
        },
        [literal, ..] => (*literal == byte).then_some(1),
        [] => None,
    }
}

/// Behind `[`: whether the byte is in the set, and the set's length with its `]`.
fn set(pattern: &[u8], byte: u8) -> Option<(bool, usize)> {
    let negated = matches!(pattern.first(), Some(b'!' | b'^'));
    let start = usize::from(negated);
    let mut at = start;
    let mut is_in = false;
    loop {
        match pattern.get(at..)? {
            [b']', ..] if at > start => return Some((is_in != negated, at + 1)),
            [low, b'-', high, ..] if *high != b']' => {
                is_in |= (*low..=*high).contains(&byte);
                at += 3;
            }
            [single, ..] => {
                is_in |= *single == byte;
                at += 1;
            }
            [] => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, yes: &[&str], no: &[&str]) {
        for name in yes {
            assert!(matches(pattern.as_bytes(), name.as_bytes()), "{pattern} on {name}");
        }
        for name in no {
            assert!(!matches(pattern.as_bytes(), name.as_bytes()), "{pattern} on {name}");
        }
    }

    #[test]
    fn names_match_as_in_a_shell() {
        check("*.log", &["a.log", "a.b.log", "a.log.log"], &[".log", "a.log.1", "log", ""]);
        check("a*b*c", &["abc", "axbxc", "abcbc"], &["ab", "acb", "abcd"]);
        check("a?c", &["abc", "a.c"], &["ac", "abbc"]);
        check("[a-c]x[!0-9]", &["axy", "cx-"], &["dxy", "ax1", "ax"]);
        check("[]]x", &["]x"], &["[x"]);
        check("[abc", &["[abc"], &["a"]);
        check("\\*x", &["*x"], &["ax"]);
        check(".*", &[".a"], &["a"]);
        check("*", &["a", ""], &[".a"]);
    }

    #[test]
    fn many_stars_do_not_take_for_ever() {
        let name = "a".repeat(2000);
        assert!(!matches("*a".repeat(50).replace("aa", "a").as_bytes(), b"b"));
        assert!(!matches(format!("{}b", "*a".repeat(50)).as_bytes(), name.as_bytes()));
    }

    #[test]
    fn patterns_in_folders_are_expanded_and_sorted() {
        let root = tempfile::tempdir().unwrap();
        for name in ["b/x.log", "a/y.log", "a/x.log", "c/z.txt"] {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let found = expand(&root.path().join("[ab]*/*.log"));
        let expected = ["a/x.log", "a/y.log", "b/x.log"].map(|name| root.path().join(name));
        assert_eq!(found, expected);
        assert_eq!(expand(&root.path().join("nothing/*.log")), Vec::<PathBuf>::new());
        let folders = folders(&root.path().join("[ab]*/*.log"));
        let expected = ["", "a", "b"].map(|name| root.path().join(name));
        assert_eq!(folders.len(), 3);
        assert!(folders.iter().zip(&expected).all(|(a, b)| a == b || a.join("") == *b));
    }
}
