//! Ends at any moment.

use std::fs;

use bartizan_output::{Kind, seal_before};

use crate::scene::{COMPRESS, Scene, content, day};

/// Enough for several pieces of work a file.
fn large() -> Scene {
    let scene = Scene::new();
    for number in [23, 24] {
        scene.write(Kind::AlertText, day(number), &content(2_200_000 + number as usize));
    }
    scene
}

fn relative(scene: &Scene) -> Vec<(String, Vec<u8>)> {
    let home = scene.home.path();
    let name = |path: &std::path::Path| path.strip_prefix(home).unwrap().display().to_string();
    scene.all().into_iter().map(|(path, content)| (name(&path), content)).collect()
}

#[test]
fn work_that_is_stopped_after_any_piece_goes_on_and_ends_the_same() {
    let whole = large();
    let mut pieces = 0;
    seal_before(
        whole.home.path(),
        day(25),
        COMPRESS,
        &mut |_| {
            pieces += 1;
            true
        },
        &mut |done| drop(done.unwrap()),
    );
    assert!(pieces > 15, "{pieces}");
    let expected = relative(&whole);
    for stopped_at in 1..pieces {
        let scene = large();
        let mut left = stopped_at;
        let is_done = seal_before(
            scene.home.path(),
            day(25),
            COMPRESS,
            &mut |_| {
                left -= 1;
                left > 0
            },
            &mut |done| drop(done.unwrap()),
        );
        assert!(!is_done, "stopped at {stopped_at}");
        scene.seal_well(25, COMPRESS);
        assert!(relative(&scene) == expected, "stopped at {stopped_at}");
    }
}

/// A home where day 24 has been sealed and packed, except for what `undo` does to it.
#[track_caller]
fn check_rest(what: &str, undo: impl FnOnce(&Scene)) {
    let whole = Scene::of_days(&[23, 24]);
    whole.seal_well(25, COMPRESS);
    let expected = relative(&whole);
    undo(&whole);
    whole.seal_well(25, COMPRESS);
    assert!(relative(&whole) == expected, "{what}");
}

#[test]
fn every_rest_that_a_kill_leaves_is_worked_on_from() {
    let plain = |scene: &Scene| scene.write(Kind::AlertText, day(24), b"entry of 24\n\n");
    let remove =
        |scene: &Scene, suffix: &str| fs::remove_file(scene.path(day(24), suffix)).unwrap();
    let write = |scene: &Scene, suffix: &str| {
        fs::write(scene.path(day(24), suffix), "half of i").unwrap();
    };
    check_rest("between list and sum", |scene| {
        plain(scene);
        remove(scene, ".sum");
        remove(scene, ".gz");
    });
    check_rest("in the middle of a list", |scene| {
        plain(scene);
        remove(scene, ".sum");
        remove(scene, ".gz");
        remove(scene, ".blocks");
        write(scene, ".blocks.new");
    });
    check_rest("in the middle of a sum", |scene| {
        plain(scene);
        remove(scene, ".sum");
        remove(scene, ".gz");
        write(scene, ".sum.new");
    });
    check_rest("in the middle of packing", |scene| {
        plain(scene);
        remove(scene, ".gz");
        write(scene, ".gz.new");
    });
    check_rest("before the plain file is removed", plain);
    check_rest("with a packed file that the machine lost the end of", |scene| {
        plain(scene);
        let packed = fs::read(scene.path(day(24), ".gz")).unwrap();
        fs::write(scene.path(day(24), ".gz"), packed.get(..20).unwrap()).unwrap();
    });
}
