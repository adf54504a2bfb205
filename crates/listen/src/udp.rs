//! Sockets: making them, and receiving datagrams, many with one call.

use std::fs::File;
use std::io::{self, IoSliceMut, Read as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};
use std::os::fd::{AsRawFd as _, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, MultiHeaders, SockFlag, SockType, SockaddrStorage, bind,
    getsockopt, listen, recvmmsg, setsockopt, socket, sockopt,
};

/// Datagrams that one call receives at most.
const BATCH: usize = 32;
/// Longest datagram; IPv4 and IPv6 without jumbograms carry less.
const DATAGRAM_BYTES: usize = 65_536;
/// Connections that wait to be accepted.
const BACKLOG: i32 = 1_024;
/// Of the kernel's table of sockets so much is read.
const TABLE_BYTES: u64 = 4 << 20;

/// Room to receive datagrams in.
pub(crate) struct Datagrams {
    headers: MultiHeaders<SockaddrStorage>,
    bytes: Vec<u8>,
}

impl std::fmt::Debug for Datagrams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Datagrams")
    }
}

impl Default for Datagrams {
    fn default() -> Self {
        let headers = MultiHeaders::preallocate(BATCH, None);
        Self { headers, bytes: vec![0; BATCH * DATAGRAM_BYTES] }
    }
}

impl Datagrams {
    /// Receives what is there, up to a number of datagrams. True if there may be more.
    pub(crate) fn receive(
        &mut self,
        from: &UdpSocket,
        sink: &mut dyn FnMut(&[u8], IpAddr),
    ) -> io::Result<bool> {
        let mut parts = self.bytes.chunks_exact_mut(DATAGRAM_BYTES);
        let mut slices: [[IoSliceMut<'_>; 1]; BATCH] =
            std::array::from_fn(|_| [IoSliceMut::new(parts.next().unwrap_or_default())]);
        let flags = MsgFlags::MSG_DONTWAIT;
        let received =
            match recvmmsg(from.as_raw_fd(), &mut self.headers, slices.iter_mut(), flags, None) {
                Ok(received) => received,
                Err(Errno::EAGAIN | Errno::EINTR) => return Ok(false),
                Err(error) => return Err(error.into()),
            };
        let mut count = 0;
        for message in received {
            count += 1;
            let sender = message.address.as_ref().and_then(address);
            let bytes = message.iovs().next().unwrap_or_default();
            sink(bytes, sender.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)));
        }
        Ok(count == BATCH)
    }
}

fn address(storage: &SockaddrStorage) -> Option<IpAddr> {
    if let Some(v4) = storage.as_sockaddr_in() {
        return Some(IpAddr::V4(v4.ip()));
    }
    storage.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip()).to_canonical())
}

/// Opens a socket for datagrams. The second value is how many bytes the kernel lets wait.
pub(crate) fn open_udp(
    address: Option<IpAddr>,
    port: u16,
    buffer: usize,
) -> io::Result<(UdpSocket, usize)> {
    let socket = UdpSocket::from(open(SockType::Datagram, address, port)?);
    // The first needs a right that few have, the second is bounded by the system.
    if setsockopt(&socket, sockopt::RcvBufForce, &buffer).is_err() {
        setsockopt(&socket, sockopt::RcvBuf, &buffer)?;
    }
    // The kernel tells twice of what it grants, for its own needs.
    let granted = getsockopt(&socket, sockopt::RcvBuf)? / 2;
    Ok((socket, granted))
}

/// Opens a socket for connections.
pub(crate) fn open_tcp(address: Option<IpAddr>, port: u16) -> io::Result<TcpListener> {
    let socket = open(SockType::Stream, address, port)?;
    listen(&socket, Backlog::new(BACKLOG)?)?;
    Ok(TcpListener::from(socket))
}

/// A bound socket. Without an address it takes both families, where the machine has both.
fn open(kind: SockType, address: Option<IpAddr>, port: u16) -> io::Result<OwnedFd> {
    match address {
        Some(address) => open_at(kind, SocketAddr::new(address, port)),
        None => {
            let both = SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), port);
            open_at(kind, both).or_else(|error| match error.raw_os_error().map(Errno::from_raw) {
                Some(Errno::EAFNOSUPPORT | Errno::EADDRNOTAVAIL) => {
                    open_at(kind, SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port))
                }
                _ => Err(error),
            })
        }
    }
}

fn open_at(kind: SockType, address: SocketAddr) -> io::Result<OwnedFd> {
    let family = if address.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let socket = socket(family, kind, flags, None)?;
    if address.is_ipv6() {
        setsockopt(&socket, sockopt::Ipv6V6Only, &false)?;
    }
    if kind == SockType::Stream {
        // Else a restart would have to wait until connections of the last run are forgotten.
        setsockopt(&socket, sockopt::ReuseAddr, &true)?;
    }
    bind(socket.as_raw_fd(), &SockaddrStorage::from(address))?;
    Ok(socket)
}

/// How many datagrams the kernel dropped since the socket was opened; `None` if it does not tell.
pub(crate) fn dropped_by_kernel(socket: &UdpSocket) -> Option<u32> {
    let inode = nix::sys::stat::fstat(socket).ok()?.st_ino;
    ["/proc/net/udp6", "/proc/net/udp"].iter().find_map(|path| {
        let mut table = String::new();
        File::open(path).ok()?.take(TABLE_BYTES).read_to_string(&mut table).ok()?;
        table.lines().find_map(|line| drops_in(line, inode))
    })
}

fn drops_in(line: &str, wanted: u64) -> Option<u32> {
    let inode = line.split_ascii_whitespace().nth(9)?.parse::<u64>().ok()?;
    let drops = line.split_ascii_whitespace().nth(12)?;
    (inode == wanted).then(|| drops.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_are_found_by_the_inode() {
        let line = "  417: 00000000000000000000000000000000:0202 00000000000000000000000000000000:0000 07 \
                    00000000:00000000 00:00000000 00000000     0        0 20418 2 0000000000000000 37";
        assert_eq!(drops_in(line, 20418), Some(37));
        assert_eq!(drops_in(line, 2), None);
        assert_eq!(drops_in("  sl  local_address rem_address   st tx_queue", 0), None);
    }

    #[test]
    fn the_kernel_tells_of_drops() {
        let (receiver, _) = open_udp(Some(IpAddr::V4(Ipv4Addr::LOCALHOST)), 0, 4096).unwrap();
        assert_eq!(dropped_by_kernel(&receiver), Some(0));
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        for _ in 0..500 {
            sender.send_to(&[b'x'; 1000], receiver.local_addr().unwrap()).unwrap();
        }
        let (mut datagrams, mut received) = (Datagrams::default(), 0);
        while datagrams.receive(&receiver, &mut |_, _| received += 1).unwrap() {}
        let dropped = dropped_by_kernel(&receiver).unwrap();
        assert!(dropped > 0, "{received}");
        assert_eq!(received + dropped, 500);
    }
}
