//! What is written after a day's end.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use bartizan_output::{Day, Done, Kind, SealError, last_sealed};

use crate::scene::{COMPRESS, PLAIN, Scene, day, flip};

/// What a program of the system says about a file.
fn tool(name: &str, path: &std::path::Path) -> String {
    let output = Command::new(name).arg(path).output().unwrap();
    String::from_utf8(output.stdout).unwrap().split(' ').next().unwrap().to_owned()
}

#[test]
fn the_checksum_files_are_those_of_ossec_and_each_seals_the_one_before() {
    let scene = Scene::of_days(&[23, 24, 25]);
    scene.seal_well(25, PLAIN);
    let expected = |day: Day, previous: (&str, &str)| {
        let file = Kind::AlertText.file_of(day);
        let before = Kind::AlertText.file_of(day.previous());
        let (md5, sha1) = previous;
        format!(
            "Current checksum:\nMD5  (/{file}) = {}\nSHA1 (/{file}) = {}\n\nChained checksum:\n\
             MD5  (/{before}.sum) = {md5}\nSHA1 (/{before}.sum) = {sha1}\n\n",
            tool("md5sum", &scene.path(day, "")),
            tool("sha1sum", &scene.path(day, "")),
        )
    };
    assert_eq!(scene.text(day(23), ".sum"), expected(day(23), ("none", "none")));
    let first = scene.path(day(23), ".sum");
    let chained = (tool("md5sum", &first), tool("sha1sum", &first));
    assert_eq!(scene.text(day(24), ".sum"), expected(day(24), (&chained.0, &chained.1)));
    assert!(!scene.path(day(25), ".sum").exists(), "today's file is open");
    let mode = fs::metadata(&first).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}

#[test]
fn a_list_names_the_checksums_of_its_sum_and_of_the_list_before() {
    let scene = Scene::of_days(&[23, 24]);
    let done = scene.seal_well(25, PLAIN);
    let list = scene.text(day(24), ".blocks");
    for path in
        [scene.path(day(24), ""), scene.path(day(24), ".sum"), scene.path(day(23), ".blocks")]
    {
        let sum = tool("sha256sum", &path);
        assert!(list.contains(&format!(" {sum}\n")), "{}: {list}", path.display());
    }
    let file = Kind::AlertText.file_of(day(24));
    let head = tool("sha256sum", &scene.path(day(24), ".blocks"));
    assert_eq!(done.last(), Some(&Done::Sealed { file, head }));
}

#[test]
fn a_sealed_file_is_packed_and_goes_and_its_checksums_are_of_the_content() {
    let scene = Scene::of_days(&[23, 24]);
    scene.write(Kind::ArchiveJson, day(24), b"{}\n");
    let file = Kind::ArchiveJson.file_of(day(24));
    let done = scene.seal_well(25, COMPRESS);
    assert!(done.contains(&Done::Compressed { file }), "{done:?}");
    assert_eq!(scene.unpacked(day(24)), b"entry of 24\n\n");
    assert!(!scene.path(day(24), "").exists());
    assert!(scene.path_of(Kind::ArchiveJson, day(24), ".gz").exists());
    assert!(
        Command::new("gzip").arg("-t").arg(scene.path(day(24), ".gz")).status().unwrap().success()
    );
    assert_eq!(scene.findings(), [] as [&str; 0]);
    // Nothing is left to be done.
    let before = scene.all();
    assert_eq!(scene.seal_well(25, COMPRESS), []);
    assert_eq!(scene.all(), before);
}

#[test]
fn days_that_were_missed_are_sealed_in_order_and_the_chain_bridges_days_without_entries() {
    let scene = Scene::of_days(&[2, 3, 9]);
    scene.seal_well(30, COMPRESS);
    assert!(scene.text(day(9), ".sum").contains("ossec-alerts-03.log.sum) = "));
    assert!(!scene.text(day(9), ".sum").contains("none"));
    assert_eq!(scene.findings(), [] as [&str; 0]);
    assert_eq!(last_sealed(scene.home.path(), Kind::AlertText, day(30)), Some(day(9)));
    assert_eq!(last_sealed(scene.home.path(), Kind::AlertText, day(9)), Some(day(3)));
    assert_eq!(last_sealed(scene.home.path(), Kind::AlertJson, day(30)), None);
}

#[test]
fn the_chain_goes_on_from_one_that_ossec_wrote() {
    let scene = Scene::of_days(&[23, 24]);
    scene.seal_well(24, COMPRESS);
    fs::remove_file(scene.path(day(23), ".blocks")).unwrap();
    scene.seal_well(25, COMPRESS);
    assert!(!scene.text(day(24), ".sum").contains("none"));
    assert!(scene.text(day(24), ".blocks").contains("previous none\n"));
    assert_eq!(scene.findings(), [] as [&str; 0]);
}

#[test]
fn a_sealed_day_is_never_sealed_again() {
    let scene = Scene::of_days(&[23, 24]);
    scene.seal_well(25, COMPRESS);
    let sum = scene.text(day(24), ".sum");
    // A clock set back, and a program that does not look.
    scene.write(Kind::AlertText, day(24), b"another\n\n");
    let told = scene.seal(25, COMPRESS);
    assert!(matches!(
        told.as_slice(),
        [Err(SealError::Altered(_))] | [Ok(Done::Compressed { .. })]
    ));
    assert_eq!(scene.text(day(24), ".sum"), sum);
    assert_eq!(scene.unpacked(day(24)), b"entry of 24\n\n");
    assert_eq!(
        fs::read(scene.path(day(24), "")).unwrap(),
        b"another\n\n",
        "nothing is thrown away"
    );
    // An earlier day that turns up late is no part of the chain.
    scene.write(Kind::AlertText, day(20), b"late\n\n");
    scene.seal(25, COMPRESS);
    assert!(scene.path(day(20), "").exists() && !scene.path(day(20), ".sum").exists());
}

#[test]
fn a_file_that_was_altered_after_it_was_sealed_is_told_and_left_as_it_is() {
    let scene = Scene::of_days(&[23, 24]);
    scene.seal_well(25, PLAIN);
    flip(&scene.path(day(23), ""), 3);
    let told = scene.seal(25, COMPRESS);
    let [Err(SealError::Altered(path)), Ok(Done::Compressed { .. })] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(*path, scene.path(day(23), ""));
    assert!(path.exists() && !scene.path(day(23), ".gz").exists());
    assert!(!scene.path(day(23), ".gz.new").exists());
}

#[test]
fn empty_files_of_earlier_days_go_and_are_not_sealed() {
    let scene = Scene::of_days(&[23, 25]);
    scene.write(Kind::AlertText, day(24), b"");
    scene.write(Kind::AlertText, day(26), b"");
    scene.seal_well(26, COMPRESS);
    assert!(!scene.path(day(24), "").exists() && !scene.path(day(24), ".sum").exists());
    assert!(scene.path(day(26), "").exists(), "that of today stays");
    assert!(scene.text(day(25), ".sum").contains("ossec-alerts-23.log.sum"));
}

#[test]
fn what_fails_for_one_kind_leaves_the_others_alone() {
    let scene = Scene::of_days(&[23, 24]);
    scene.write(Kind::FirewallText, day(24), b"line\n");
    fs::create_dir_all(scene.path(day(23), ".blocks")).unwrap();
    let told = scene.seal(25, COMPRESS);
    assert_eq!(told.iter().filter(|done| done.is_err()).count(), 1, "{told:?}");
    assert!(scene.path_of(Kind::FirewallText, day(24), ".gz").exists());
    assert!(!scene.path(day(24), ".sum").exists(), "a later day waits for the earlier one");
    fs::remove_dir(scene.path(day(23), ".blocks")).unwrap();
    scene.seal_well(25, COMPRESS);
    assert_eq!(scene.findings(), [] as [&str; 0]);
}
