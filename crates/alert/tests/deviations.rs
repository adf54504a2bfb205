//! What outputs do differently where a deviation of OSSEC is on.

mod support;

use bartizan_alert::archive;
use bartizan_base::{Deviation, Dialect, FileChange, StaticField};
use serde_json::Value;
use support::made;

/// The keys of sides of a changed file whose SHA-1 and owner differ and whose MD5 and group do not.
fn sides(dialect: Dialect) -> Vec<String> {
    let mut made = made(0, b"syscheck", b"changed");
    made.dialect = dialect;
    made.set(StaticField::Filename, b"/etc/passwd");
    let event = &mut made.event;
    let mut file = FileChange::default();
    file.before.sha1 = Some(event.append(b"aa"));
    file.after.sha1 = Some(event.append(b"bb"));
    file.before.owner = Some(event.append(b"0"));
    file.after.owner = Some(event.append(b"1000"));
    let group = Some(event.append(b"0"));
    (file.before.gowner, file.after.gowner) = (group, group);
    let sum = Some(event.append(b"cc"));
    (file.before.md5, file.after.md5) = (sum, sum);
    event.decoded.file = Some(file);
    let mut line = Vec::new();
    archive::write_json(&made.facts(), None, &mut line);
    let object: Value = serde_json::from_slice(&line).expect("JSON");
    let keys = object.as_object().expect("an object").keys();
    keys.filter(|key| key.ends_with("_before") || key.ends_with("_after")).cloned().collect()
}

#[test]
fn json_archives_show_sides_that_differ_and_in_4_3_those_that_are_equal() {
    let differ = ["sha1_before", "sha1_after", "owner_before", "owner_after"];
    let equal = ["gowner_before", "gowner_after"];
    assert_eq!(sides(Dialect::OURS), differ);
    assert_eq!(sides(Dialect::OSSEC_4_3), equal);
    assert_eq!(sides(Dialect::OURS.with(Deviation::JsonArchivePairs, true)), equal);
    assert_eq!(sides(Dialect::OSSEC_4_3.with(Deviation::JsonArchivePairs, false)), differ);
}
