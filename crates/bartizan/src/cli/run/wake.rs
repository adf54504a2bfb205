//! Waking a thread that waits: a byte through a pair of sockets ends the wait of whoever polls the other end.

use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

/// The end that waits.
pub(super) struct Wakened(UnixStream);

/// The end that wakes; there may be several.
pub(super) struct Waker(UnixStream);

/// Both ends.
pub(super) fn pair() -> io::Result<(Waker, Wakened)> {
    let (waker, wakened) = UnixStream::pair()?;
    waker.set_nonblocking(true)?;
    wakened.set_nonblocking(true)?;
    Ok((Waker(waker), Wakened(wakened)))
}

impl Waker {
    /// Wakes. When the pair is full the other end has enough reason to wake already.
    pub(super) fn wake(&self) {
        let _ = (&self.0).write(&[1]);
    }

    pub(super) fn another(&self) -> io::Result<Self> {
        self.0.try_clone().map(Self)
    }

    /// For signals, which write into it themselves.
    pub(super) fn into_stream(self) -> UnixStream {
        self.0
    }
}

impl Wakened {
    /// Takes everything that woke it.
    pub(super) fn rest(&self) {
        let mut bytes = [0; 64];
        while matches!((&self.0).read(&mut bytes), Ok(count) if count > 0) {}
    }
}

impl AsFd for Wakened {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
