//! What is found out about files that were altered.

use std::fs;

use bartizan_output::{Kind, verify};

use crate::scene::{BLOCK, COMPRESS, PLAIN, Scene, content, day, flip};

/// Five blocks, the last one short.
const LENGTH: usize = 4 * BLOCK + 1000;

fn scene(keeping: bartizan_output::Keeping) -> Scene {
    let scene = Scene::of_days(&[23, 25]);
    scene.write(Kind::AlertText, day(24), &content(LENGTH));
    scene.seal_well(26, keeping);
    scene
}

#[track_caller]
fn check(alter: impl FnOnce(&Scene), expected: &[&str]) {
    let scene = scene(PLAIN);
    alter(&scene);
    assert_eq!(scene.findings(), expected);
}

#[test]
fn files_that_nobody_altered_are_fine_and_counted() {
    for keeping in [PLAIN, COMPRESS] {
        let series = scene(keeping).verify();
        assert_eq!(series.findings, []);
        assert_eq!((series.days, series.range), (3, Some((day(23), day(25)))));
        assert_eq!(series.bytes, LENGTH as u64 + 2 * "entry of 23\n\n".len() as u64);
        assert_eq!(series.heads.last(), series.head.as_ref());
        assert_eq!(series.heads.len(), 3);
    }
    let empty = Scene::new().verify();
    assert_eq!((empty.days, empty.findings.len(), empty.range), (0, 0, None));
}

#[test]
fn an_altered_byte_is_found_to_its_block() {
    for (at, range) in [
        (0, "0 to 65536"),
        (BLOCK, "65536 to 131072"),
        (3 * BLOCK - 1, "131072 to 196608"),
        (LENGTH - 1, "262144 to 263144"),
    ] {
        let expected = format!("24.log: altered somewhere in bytes {range}");
        check(|scene| flip(&scene.path(day(24), ""), at), &[&expected]);
    }
    check(
        |scene| {
            for at in [BLOCK, 2 * BLOCK + 5, LENGTH - 1] {
                flip(&scene.path(day(24), ""), at);
            }
        },
        &[
            "24.log: altered somewhere in bytes 65536 to 196608",
            "24.log: altered somewhere in bytes 262144 to 263144",
        ],
    );
}

#[test]
fn what_was_cut_off_or_added_is_told_exactly() {
    let resize = |length: u64| {
        move |scene: &Scene| {
            let file = fs::OpenOptions::new().write(true).open(scene.path(day(24), "")).unwrap();
            file.set_len(length).unwrap();
        }
    };
    check(resize(2 * BLOCK as u64), &["24.log: bytes 131072 to 263144 are gone"]);
    check(
        resize(2 * BLOCK as u64 + 7),
        &["24.log: bytes 131079 to 263144 are gone, and those from 131072 on cannot be checked \
           without them"],
    );
    check(resize(LENGTH as u64 + 10), &["24.log: bytes 263144 to 263154 were added"]);
    check(resize(9 * BLOCK as u64), &["24.log: bytes 263144 to 589824 were added"]);
    check(resize(0), &["24.log: bytes 0 to 263144 are gone"]);
}

#[test]
fn a_packed_file_that_is_damaged_is_told_by_bytes_of_its_content() {
    let packed = |alter: &dyn Fn(&std::path::Path)| {
        let scene = scene(COMPRESS);
        alter(&scene.path(day(24), ".gz"));
        scene.findings()
    };
    let cut = packed(&|path| {
        let content = fs::read(path).unwrap();
        fs::write(path, content.get(..content.len() / 2).unwrap()).unwrap();
    });
    assert_eq!(cut.len(), 1, "{cut:?}");
    assert!(cut[0].starts_with("24.log.gz: cannot be read from byte 1"), "{cut:?}");
    // The checksum at its end is the only thing that is wrong.
    let end = packed(&|path| flip(path, fs::read(path).unwrap().len() - 6));
    assert_eq!(end.len(), 1, "{end:?}");
    assert!(end[0].starts_with("24.log.gz: cannot be read from byte 263144 on"), "{end:?}");
    // Packed anew with other content.
    let other = packed(&|path| {
        let mut content = content(LENGTH);
        content[BLOCK + 1] ^= 1;
        let file = fs::File::create(path).unwrap();
        let mut encoder = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, &content).unwrap();
        encoder.finish().unwrap();
    });
    assert_eq!(other, ["24.log.gz: altered somewhere in bytes 65536 to 131072"]);
}

#[test]
fn altered_checksums_are_found_wherever_they_are_altered() {
    let text = scene(PLAIN).text(day(24), ".sum");
    for at in (0..text.len()).step_by(11) {
        check(
            |scene| flip(&scene.path(day(24), ".sum"), at),
            &["24.log.sum: these checksums are not the ones that were written"],
        );
    }
    let text = scene(PLAIN).text(day(24), ".blocks");
    for at in (0..text.len()).step_by(41) {
        let scene = scene(PLAIN);
        flip(&scene.path(day(24), ".blocks"), at);
        let findings = scene.findings();
        let wrong = "24.log.blocks: these checksums are not the ones that were written";
        assert_eq!(findings[0], wrong, "byte {at}");
        assert_eq!(findings.len(), 1, "the sum still covers the content: {findings:?}");
    }
}

#[test]
fn checksums_that_were_made_anew_do_not_fit_into_the_chain() {
    // Somebody alters a day and seals it again, well, but cannot do so with all that followed.
    let forged = Scene::of_days(&[23, 24]);
    forged.seal_well(25, PLAIN);
    check(
        |scene| {
            for suffix in ["", ".sum", ".blocks"] {
                fs::copy(forged.path(day(24), suffix), scene.path(day(24), suffix)).unwrap();
            }
        },
        &[
            "24.log.blocks: these checksums are not the ones that were written",
            "24.log.sum: these checksums are not the ones that were written",
        ],
    );
}

#[test]
fn files_that_are_gone_are_missed() {
    let remove = |suffixes: &'static [&'static str]| {
        move |scene: &Scene| {
            for suffix in suffixes {
                fs::remove_file(scene.path(day(24), suffix)).unwrap();
            }
        }
    };
    check(remove(&[""]), &["24.log: gone, though checksums speak of it"]);
    check(remove(&[".sum"]), &["24.log.sum: gone, though checksums speak of it"]);
    check(remove(&[".blocks"]), &["24.log.blocks: gone, though checksums speak of it"]);
    check(
        remove(&[".sum", ".blocks"]),
        &[
            "24.log: no checksums cover it yet",
            "24.log.blocks: gone, though checksums speak of it",
            "24.log.sum: gone, though checksums speak of it",
        ],
    );
    check(
        remove(&["", ".sum", ".blocks"]),
        &[
            "24.log.blocks: gone, though checksums speak of it",
            "24.log.sum: gone, though checksums speak of it",
        ],
    );
}

#[test]
fn a_chain_that_begins_anew_is_damage_unless_ossec_did_it() {
    let other = Scene::of_days(&[25]);
    other.seal_well(26, PLAIN);
    check(
        |scene| {
            for suffix in [".sum", ".blocks"] {
                fs::copy(other.path(day(25), suffix), scene.path(day(25), suffix)).unwrap();
            }
        },
        &[
            "25.log.blocks: names no day before it, though there are earlier ones",
            "25.log.sum: names no day before it, though there are earlier ones",
        ],
    );
    let ossec = scene(PLAIN);
    for number in [23, 24, 25] {
        fs::remove_file(ossec.path(day(number), ".blocks")).unwrap();
    }
    fs::copy(other.path(day(25), ".sum"), ossec.path(day(25), ".sum")).unwrap();
    assert_eq!(ossec.findings(), ["25.log.sum: OSSEC began its chain of checksums anew here"]);
    assert!(!ossec.verify().findings[0].problem.is_damage());
    flip(&ossec.path(day(24), ""), BLOCK);
    assert_eq!(ossec.findings()[0], "24.log: altered somewhere in bytes 0 to 263144");
}

#[test]
fn the_open_file_is_told_as_not_covered_and_is_no_damage() {
    let scene = scene(COMPRESS);
    scene.write(Kind::AlertText, day(26), b"today\n\n");
    assert_eq!(scene.findings(), ["26.log: no checksums cover it yet"]);
    assert!(!scene.verify().findings[0].problem.is_damage());
}

#[test]
fn verifying_can_be_stopped() {
    let stopped = verify(scene(PLAIN).home.path(), Kind::AlertText, &mut |_| false);
    assert!(stopped.is_err());
}
