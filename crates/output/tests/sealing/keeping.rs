//! Deleting by age and by size.

use std::fs;

use bartizan_output::{Done, Keeping, Kind};

use crate::scene::{COMPRESS, Scene, content, day};

fn deleted(done: &[Done]) -> Vec<(String, bool)> {
    let deleted = done.iter().filter_map(|done| match done {
        Done::Deleted { file, is_old, bytes } => {
            assert!(*bytes > 0);
            Some((file.rsplit('/').next().unwrap().to_owned(), *is_old))
        }
        _ => None,
    });
    deleted.collect()
}

#[test]
fn days_that_are_too_old_are_deleted_with_all_that_belongs_to_them() {
    let scene = Scene::of_days(&[1, 2, 20, 24, 25]);
    scene.write(Kind::FirewallText, day(2), b"line\n");
    scene.seal_well(25, COMPRESS);
    let keeping = Keeping { days: 5, ..COMPRESS };
    let done = scene.seal_well(25, keeping);
    let names = ["ossec-alerts-01.log", "ossec-alerts-02.log", "ossec-firewall-02.log"];
    assert_eq!(deleted(&done), names.map(|name| (name.to_owned(), true)));
    let left = scene.all().into_keys().filter(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with("ossec-alerts-0") || name.starts_with("ossec-firewall")
    });
    assert_eq!(left.count(), 0);
    assert!(scene.path(day(20), ".gz").exists(), "of five days ago exactly");
    assert!(!scene.home.path().join("logs/firewall/2026").exists(), "folders go too");
    assert_eq!(scene.findings(), ["25.log: no checksums cover it yet"]);
}

#[test]
fn a_chain_whose_beginning_somebody_else_deleted_is_damage() {
    let scene = Scene::of_days(&[1, 2, 3]);
    scene.seal_well(4, COMPRESS);
    for suffix in [".gz", ".sum", ".blocks"] {
        fs::remove_file(scene.path(day(1), suffix)).unwrap();
    }
    assert_eq!(
        scene.findings(),
        [
            "01.log.blocks: gone, though checksums speak of it",
            "01.log.sum: gone, though checksums speak of it"
        ]
    );
}

#[test]
fn the_oldest_are_deleted_until_all_fit_and_never_those_of_today() {
    let scene = Scene::new();
    for number in [21, 22, 23, 24, 25] {
        scene.write(Kind::AlertText, day(number), &content(100_000));
    }
    scene.write(Kind::ArchiveText, day(22), &content(100_000));
    let keeping = Keeping { compress: false, days: 0, bytes: 350_000 };
    let done = scene.seal_well(25, keeping);
    let names = ["ossec-alerts-21.log", "ossec-archive-22.log", "ossec-alerts-22.log"];
    let mut found = deleted(&done);
    found.sort();
    let mut expected = names.map(|name| (name.to_owned(), false));
    expected.sort();
    assert_eq!(found, expected);
    assert_eq!(scene.findings(), ["25.log: no checksums cover it yet"]);
    scene.seal_well(25, Keeping { bytes: 1, ..keeping });
    assert!(scene.path(day(25), "").exists());
    assert!(!scene.path(day(24), "").exists());
}

#[test]
fn a_deletion_that_was_interrupted_is_finished() {
    let scene = Scene::of_days(&[1, 24]);
    scene.seal_well(25, COMPRESS);
    fs::write(scene.home.path().join("logs/alerts/alerts.log.kept-from"), "2026-11-02\n").unwrap();
    fs::remove_file(scene.path(day(1), ".gz")).unwrap();
    fs::remove_file(scene.path(day(1), ".blocks")).unwrap();
    assert_eq!(scene.findings(), [] as [&str; 0]);
    let done = scene.seal_well(25, Keeping { days: 5, ..COMPRESS });
    assert_eq!(deleted(&done), [("ossec-alerts-01.log".to_owned(), true)]);
    assert!(!scene.path(day(1), ".sum").exists());
}

#[test]
fn a_clock_that_jumps_ahead_makes_nothing_old() {
    let scene = Scene::of_days(&[1, 2, 3]);
    let done = scene.seal_well(28, Keeping { days: 5, ..COMPRESS });
    assert_eq!(deleted(&done), []);
    assert!(scene.path(day(1), ".gz").exists());
}
