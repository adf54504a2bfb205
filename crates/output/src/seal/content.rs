//! Reading the content of a daily file piece by piece, plain or packed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use bartizan_base::source::open_regular;
use flate2::bufread::MultiGzDecoder;

use super::SealError;
use super::digests::{Digests, Sums};

/// Bytes that are worked on between two questions whether to go on.
pub(crate) const PIECE_BYTES: usize = 1 << 20;

/// Asked after each piece of work, with its bytes: false ends the work.
pub type Pace<'a> = &'a mut dyn FnMut(usize) -> bool;

pub(crate) fn open(path: &Path) -> io::Result<File> {
    open_regular(OpenOptions::new().read(true), path)
}

/// Opens a file by its name: what ends in `.gz` is unpacked.
pub(crate) fn open_content(path: &Path) -> io::Result<Box<dyn Read>> {
    let file = open(path)?;
    if path.extension().is_some_and(|extension| extension == "gz") {
        return Ok(Box::new(MultiGzDecoder::new(BufReader::with_capacity(64 << 10, file))));
    }
    Ok(Box::new(file))
}

/// Gives `take` all of a content.
pub(crate) fn each_piece(
    reader: &mut dyn Read,
    pace: Pace<'_>,
    take: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> Result<(), Stop> {
    let mut piece = Vec::with_capacity(PIECE_BYTES);
    loop {
        piece.clear();
        let read = Read::take(&mut *reader, PIECE_BYTES as u64).read_to_end(&mut piece);
        // What came before a failure was read well.
        take(&piece).map_err(Stop::Failed)?;
        read.map_err(Stop::Failed)?;
        if piece.is_empty() {
            return Ok(());
        }
        if !pace(piece.len()) {
            return Err(Stop::Stopped);
        }
    }
}

/// Why not all of a content was taken.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The pace said so.
    Stopped,
    /// Reading or taking failed.
    Failed(io::Error),
}

impl Stop {
    pub(crate) fn at(self, path: &Path) -> SealError {
        match self {
            Self::Stopped => SealError::Stopped,
            Self::Failed(error) => SealError::io(path)(error),
        }
    }
}

/// The checksums of the content of the file at `path`.
pub(crate) fn sums_of(path: &Path, pace: Pace<'_>) -> Result<Sums, SealError> {
    let mut reader = open_content(path).map_err(SealError::io(path))?;
    let mut digests = Digests::new();
    each_piece(&mut *reader, pace, &mut |piece| {
        digests.update(piece);
        Ok(())
    })
    .map_err(|stop| stop.at(path))?;
    Ok(digests.finish())
}

/// Most bytes of a `.sum` or `.blocks` file: a list for a terabyte.
const LIST_BYTES: u64 = 2 << 30;

/// The text of a `.sum` or `.blocks` file.
pub(crate) fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    open(path)?.take(LIST_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

/// Makes the changes of names in the folder of `path` last.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// A file that is written beside its place and takes it when it is whole.
pub(crate) struct Fresh {
    pub(crate) file: File,
    beside: PathBuf,
    path: PathBuf,
}

impl Fresh {
    pub(crate) fn begin(path: &Path) -> io::Result<Self> {
        use std::os::unix::fs::OpenOptionsExt as _;
        let beside = crate::survey::with_suffix(path, ".new");
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o640).open(&beside)?;
        Ok(Self { file, beside, path: path.to_owned() })
    }

    /// What was written is on disk under its name when this returns.
    pub(crate) fn finish(self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.beside, &self.path)?;
        sync_folder(&self.path)
    }

    pub(crate) fn abandon(self) {
        // Left behind it would be replaced by the next attempt.
        let _ = fs::remove_file(&self.beside);
    }
}

/// Replaces a file as a whole.
pub(crate) fn write_whole(path: &Path, text: &str) -> Result<(), SealError> {
    use std::io::Write as _;
    let written =
        Fresh::begin(path).and_then(|mut fresh| match fresh.file.write_all(text.as_bytes()) {
            Ok(()) => fresh.finish(),
            Err(error) => {
                fresh.abandon();
                Err(error)
            }
        });
    written.map_err(SealError::io(path))
}
