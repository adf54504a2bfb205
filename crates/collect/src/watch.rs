//! Sleeping until something happens to a file.
//!
//! Folders are watched, not files: a file may not exist yet, or be exchanged. This is only an alarm clock
//! that may ring early; what changed is found by looking. Where the system cannot watch (network file
//! systems, another kernel, too many watches) it sleeps for the whole time, so callers ask for a second at
//! most.

use std::os::fd::BorrowedFd;
use std::path::Path;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// Why the sleep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// The time is over, or a signal came.
    Time,
    /// Something happened to a watched name, or one of the given descriptors can be read.
    Change,
    /// A name appeared in a folder that is watched for new names.
    NewName,
}

/// After an event so long is waited for more, so that a busy file does not cost a wake-up per line.
const SETTLE: Duration = Duration::from_millis(5);

/// An alarm clock.
#[derive(Debug, Default)]
pub struct Wait {
    watches: Watches,
}

impl Wait {
    /// Watches for changes of `path`; that it does not exist does not matter. May be repeated.
    pub fn watch(&mut self, path: &Path) {
        self.watches.add(path);
        // Where a symbolic link leads to, it is the file there that grows.
        if let Ok(target) = path.canonicalize()
            && target != path
        {
            self.watches.add(&target);
        }
    }

    /// Watches for new names in a folder.
    pub fn watch_for_new_names(&mut self, folder: &Path) {
        self.watches.add_folder(folder);
    }

    /// Forgets which names matter; the folders stay watched until [`Wait::release`].
    pub fn forget_names(&mut self) {
        self.watches.forget_names();
    }

    /// Stops watching folders in which no name matters any more.
    pub fn release(&mut self) {
        self.watches.release();
    }

    /// Sleeps until something happens, at most for `timeout`. `inputs` are descriptors that end the sleep
    /// when they can be read.
    pub fn wait(&mut self, timeout: Duration, inputs: &[BorrowedFd<'_>]) -> Woken {
        let mut woken = self.wait_once(timeout, inputs);
        // Events of names that do not matter end the sleep early; the caller looks at the time anyway.
        if woken != Woken::Time {
            sleep(&mut [], SETTLE);
            if self.watches.drain() == Woken::NewName {
                woken = Woken::NewName;
            }
        }
        woken
    }

    fn wait_once(&mut self, timeout: Duration, inputs: &[BorrowedFd<'_>]) -> Woken {
        let mut fds: Vec<PollFd<'_>> =
            inputs.iter().map(|&fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
        let folders = self.watches.fd();
        fds.extend(folders.map(|fd| PollFd::new(fd, PollFlags::POLLIN)));
        sleep(&mut fds, timeout);
        let is_ready = |fd: &PollFd<'_>| fd.any().unwrap_or(true);
        let is_input = fds.iter().take(inputs.len()).any(is_ready);
        drop(fds);
        match self.watches.drain() {
            Woken::Time if is_input => Woken::Change,
            woken => woken,
        }
    }
}

fn sleep(fds: &mut [PollFd<'_>], timeout: Duration) {
    let timeout = PollTimeout::try_from(timeout).unwrap_or(PollTimeout::MAX);
    // An interrupted sleep is a short one: the caller wants to look at what the signal was about.
    let _ = poll(fds, timeout);
}

#[cfg(target_os = "linux")]
use folders::Watches;

#[cfg(target_os = "linux")]
mod folders {
    use std::collections::{HashMap, HashSet};
    use std::ffi::OsString;
    use std::os::fd::{AsFd, BorrowedFd};
    use std::path::{Path, PathBuf};

    use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, InotifyEvent, WatchDescriptor};

    use super::Woken;

    #[derive(Debug, Default)]
    pub(super) struct Watches {
        /// `None` before the first watch, and where the system has no more of them.
        inotify: Option<Inotify>,
        folders: HashMap<WatchDescriptor, Folder>,
        by_path: HashMap<PathBuf, WatchDescriptor>,
    }

    #[derive(Debug, Default)]
    struct Folder {
        names: HashSet<OsString>,
        wants_new_names: bool,
    }

    impl Watches {
        pub(super) fn add(&mut self, path: &Path) {
            let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return };
            if let Some(folder) = self.folder(parent)
                && !folder.names.contains(name)
            {
                folder.names.insert(name.to_owned());
            }
        }

        pub(super) fn add_folder(&mut self, path: &Path) {
            if let Some(folder) = self.folder(path) {
                folder.wants_new_names = true;
            }
        }

        pub(super) fn forget_names(&mut self) {
            for folder in self.folders.values_mut() {
                folder.names.clear();
                folder.wants_new_names = false;
            }
        }

        pub(super) fn release(&mut self) {
            let Some(inotify) = &self.inotify else { return };
            self.folders.retain(|&descriptor, folder| {
                let is_used = folder.wants_new_names || !folder.names.is_empty();
                if !is_used {
                    // It fails where the folder itself is gone, and with it the watch.
                    let _ = inotify.rm_watch(descriptor);
                }
                is_used
            });
            let folders = &self.folders;
            self.by_path.retain(|_, descriptor| folders.contains_key(descriptor));
        }

        pub(super) fn fd(&self) -> Option<BorrowedFd<'_>> {
            self.inotify.as_ref().map(AsFd::as_fd)
        }

        /// Takes all events that are there.
        pub(super) fn drain(&mut self) -> Woken {
            let mut woken = Woken::Time;
            while let Some(events) = self.inotify.as_ref().and_then(|i| i.read_events().ok()) {
                for event in &events {
                    match self.meaning(event) {
                        Woken::NewName => woken = Woken::NewName,
                        Woken::Change if woken == Woken::Time => woken = Woken::Change,
                        _ => {}
                    }
                }
            }
            woken
        }

        fn meaning(&mut self, event: &InotifyEvent) -> Woken {
            if event.mask.contains(AddWatchFlags::IN_Q_OVERFLOW) {
                return Woken::NewName;
            }
            if event.mask.contains(AddWatchFlags::IN_IGNORED) {
                self.by_path.retain(|_, descriptor| *descriptor != event.wd);
                // Those that were released say so too.
                let is_lost = self.folders.remove(&event.wd).is_some();
                return if is_lost { Woken::NewName } else { Woken::Time };
            }
            let (Some(folder), Some(name)) = (self.folders.get(&event.wd), &event.name) else {
                return Woken::Time;
            };
            let is_new = AddWatchFlags::IN_CREATE | AddWatchFlags::IN_MOVED_TO;
            if folder.wants_new_names && event.mask.intersects(is_new) {
                Woken::NewName
            } else if folder.names.contains(name) {
                Woken::Change
            } else {
                Woken::Time
            }
        }

        fn folder(&mut self, path: &Path) -> Option<&mut Folder> {
            let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
            if self.inotify.is_none() {
                let flags = InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC;
                self.inotify = Inotify::init(flags).ok();
            }
            // Asked for again each time: the same folder gives the same watch, a new one of that name
            // another.
            let flags = AddWatchFlags::IN_MODIFY
                | AddWatchFlags::IN_CREATE
                | AddWatchFlags::IN_MOVED_TO
                | AddWatchFlags::IN_MOVED_FROM
                | AddWatchFlags::IN_DELETE
                | AddWatchFlags::IN_ATTRIB;
            let descriptor = self.inotify.as_ref()?.add_watch(path, flags).ok()?;
            if self.by_path.get(path) != Some(&descriptor) {
                self.by_path.insert(path.to_owned(), descriptor);
            }
            Some(self.folders.entry(descriptor).or_default())
        }
    }
}

#[cfg(not(target_os = "linux"))]
use nothing::Watches;

#[cfg(not(target_os = "linux"))]
mod nothing {
    use std::os::fd::BorrowedFd;
    use std::path::Path;

    use super::Woken;

    /// There is no inotify here: all sleeps last until their time is over.
    #[derive(Debug, Default)]
    pub(super) struct Watches;

    impl Watches {
        pub(super) fn add(&mut self, _path: &Path) {}
        pub(super) fn add_folder(&mut self, _path: &Path) {}
        pub(super) fn forget_names(&mut self) {}
        pub(super) fn release(&mut self) {}
        pub(super) fn fd(&self) -> Option<BorrowedFd<'_>> {
            None
        }
        pub(super) fn drain(&mut self) -> Woken {
            Woken::Time
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs;
    use std::io::Write as _;

    use super::*;

    const LONG: Duration = Duration::from_secs(20);
    const NOW: Duration = Duration::ZERO;

    #[test]
    fn a_write_to_a_watched_name_ends_the_sleep_and_one_to_another_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut wait = Wait::default();
        wait.watch(&path);
        assert_eq!(wait.wait(NOW, &[]), Woken::Time);
        fs::write(folder.path().join("other"), "x").unwrap();
        assert_eq!(wait.wait(NOW, &[]), Woken::Time);
        fs::write(&path, "x").unwrap();
        assert_eq!(wait.wait(LONG, &[]), Woken::Change);
        assert_eq!(wait.wait(NOW, &[]), Woken::Time);
    }

    #[test]
    fn new_names_and_recreated_folders_are_told() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("logs");
        fs::create_dir(&folder).unwrap();
        let mut wait = Wait::default();
        wait.watch_for_new_names(&folder);
        fs::write(folder.join("a"), "").unwrap();
        assert_eq!(wait.wait(LONG, &[]), Woken::NewName);
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(wait.wait(LONG, &[]), Woken::NewName);
        fs::create_dir(&folder).unwrap();
        wait.watch_for_new_names(&folder);
        fs::write(folder.join("b"), "").unwrap();
        assert_eq!(wait.wait(LONG, &[]), Woken::NewName);
    }

    #[test]
    fn a_descriptor_that_can_be_read_ends_the_sleep() {
        use std::os::fd::AsFd as _;
        let (reader, mut writer) = std::io::pipe().unwrap();
        let mut wait = Wait::default();
        assert_eq!(wait.wait(NOW, &[reader.as_fd()]), Woken::Time);
        writer.write_all(b"x").unwrap();
        assert_eq!(wait.wait(LONG, &[reader.as_fd()]), Woken::Change);
    }

    #[test]
    fn names_that_no_longer_matter_are_released() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut wait = Wait::default();
        wait.watch(&path);
        wait.forget_names();
        wait.release();
        fs::write(&path, "x").unwrap();
        assert_eq!(wait.wait(NOW, &[]), Woken::Time);
        wait.watch(&path);
        fs::write(&path, "y").unwrap();
        assert_eq!(wait.wait(LONG, &[]), Woken::Change);
    }
}
