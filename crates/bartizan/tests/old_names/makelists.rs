//! `ossec-makelists` (rules 8.2).

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::installed::{DECODERS, Installed, RULES};

const SOURCE: &[u8] =
    b"10.1.:office\n10.1.2.3:printer ### on the second floor\n\n### nothing\n:empty\n\
    no colon\nkey:a:b\nkey:second\nno value:\nlast:one";

/// What the source says, in order.
const RECORDS: [(&[u8], &[u8]); 7] = [
    (b"10.1.", b"office"),
    (b"10.1.2.3", b"printer"),
    (b"", b"empty"),
    (b"key", b"a:b"),
    (b"key", b"second"),
    (b"no value", b""),
    (b"last", b"one"),
];

fn installed() -> Installed {
    let lists = "<list>lists/one</list><list>two</list>";
    let installed = Installed::with(DECODERS, RULES, lists);
    installed.home.write("lists/one", SOURCE);
    installed.home.write("rules/two", b"a:1\n");
    installed
}

fn hash(key: &[u8]) -> u32 {
    key.iter().fold(5381, |hash: u32, &byte| hash.wrapping_mul(33) ^ u32::from(byte))
}

/// The constant database by the book.
fn by_hand(records: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    let mut tables: Vec<Vec<(u32, u32)>> = vec![Vec::new(); 256];
    let number = |number: usize| u32::try_from(number).expect("small").to_le_bytes();
    for (key, value) in records {
        let position = u32::try_from(2048 + body.len()).expect("small");
        tables[(hash(key) % 256) as usize].push((hash(key), position));
        body.extend([number(key.len()), number(value.len())].concat());
        body.extend_from_slice(key);
        body.extend_from_slice(value);
    }
    let mut header = Vec::new();
    for table in tables {
        let slots = 2 * table.len();
        header.extend([number(2048 + body.len()), number(slots)].concat());
        let mut filled = vec![(0, 0); slots];
        for (hash, position) in table {
            let mut slot = (hash / 256) as usize % slots;
            while filled[slot] != (0, 0) {
                slot = (slot + 1) % slots;
            }
            filled[slot] = (hash, position);
        }
        for (hash, position) in filled {
            body.extend([hash.to_le_bytes(), position.to_le_bytes()].concat());
        }
    }
    header.extend(body);
    header
}

/// A lookup as any program does it.
fn look_up<'a>(database: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let number = |at: usize| {
        u32::from_le_bytes(database[at..at + 4].try_into().expect("four bytes")) as usize
    };
    let hash = hash(key) as usize;
    let (table, slots) = (number(hash % 256 * 8), number(hash % 256 * 8 + 4));
    for probe in 0..slots {
        let slot = table + (hash / 256 + probe) % slots * 8;
        let position = number(slot + 4);
        if position == 0 {
            return None;
        }
        let (key_bytes, value_bytes) = (number(position), number(position + 4));
        let (start, end) = (position + 8, position + 8 + key_bytes);
        if number(slot) == hash && database[start..end] == *key {
            return Some(&database[end..end + value_bytes]);
        }
    }
    None
}

#[test]
fn the_lists_of_the_configuration_are_compiled() {
    let installed = installed();
    let output = installed.run("ossec-makelists", &[], b"");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let read = |name: &str| fs::read(installed.home.path().join(name)).expect(name);
    let database = read("lists/one.cdb");
    assert_eq!(database, by_hand(&RECORDS));
    for (key, value) in [("10.1.", "office"), ("key", "a:b"), ("", "empty"), ("no value", "")] {
        assert_eq!(look_up(&database, key.as_bytes()), Some(value.as_bytes()), "{key}");
    }
    assert_eq!(look_up(&database, b"no colon"), None);
    assert_eq!(read("rules/two.cdb"), by_hand(&[(b"a", b"1")]));
    assert!(!installed.home.path().join("lists/one.tmp").exists());
}

struct Clock(PathBuf);

impl Clock {
    fn set(&self, age: u64) {
        let time = SystemTime::now() - Duration::from_secs(age);
        File::options()
            .append(true)
            .open(&self.0)
            .expect("a file")
            .set_modified(time)
            .expect("set");
    }
}

#[test]
fn what_is_up_to_date_is_left_unless_forced() {
    let installed = installed();
    let run = |args: &[&str]| {
        let output = installed.run("ossec-makelists", args, b"");
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    run(&[]);
    let compiled = installed.home.path().join("lists/one.cdb");
    let marked = || {
        fs::write(&compiled, b"left").expect("written");
        Clock(installed.home.path().join("lists/one")).set(100);
    };
    let is_left = || fs::read(&compiled).expect("a file") == b"left";
    marked();
    assert!(run(&[]).contains("one.cdb does not need to be compiled") && is_left());
    let forced = run(&["-F"]);
    assert!(forced.contains("  -- 10.1. => office\n") && !is_left(), "{forced}");
    assert!(!run(&[]).contains(" -- "));
    marked();
    Clock(compiled.clone()).set(200);
    assert!(run(&[]).contains("one.cdb needs to be updated") && !is_left());
}

#[test]
fn a_list_that_cannot_be_compiled_keeps_no_other_from_it() {
    let installed = installed();
    let home = installed.home.path();
    fs::remove_file(home.join("lists/one")).expect("removed");
    fs::create_dir(home.join("lists/one")).expect("a folder");
    let output = installed.run("ossec-makelists", &[], b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("lists/one"));
    assert!(home.join("rules/two.cdb").exists());
}

#[test]
fn testing_compiles_nothing() {
    let installed = installed();
    let output = installed.run("ossec-makelists", &["-t"], b"");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!installed.home.path().join("lists/one.cdb").exists());
}
