//! Several datagrams in one system call, where there is one.

use std::io;

use tokio::net::UdpSocket;

/// Sends the first of the datagrams, or more of them, over a connected socket; gives how many.
#[cfg(target_os = "linux")]
pub fn send(socket: &UdpSocket, datagrams: &[&[u8]]) -> io::Result<usize> {
    use rustix::net::{MMsgHdr, SendAncillaryBuffer, SendFlags, sendmmsg};

    let slices: Vec<[io::IoSlice<'_>; 1]> = datagrams.iter().map(|bytes| [io::IoSlice::new(bytes)]).collect();
    let mut control: Vec<SendAncillaryBuffer<'_, '_, '_>> =
        datagrams.iter().map(|_| SendAncillaryBuffer::default()).collect();
    let mut messages: Vec<MMsgHdr<'_>> =
        std::iter::zip(&slices, &mut control).map(|(slice, control)| MMsgHdr::new(slice, control)).collect();
    Ok(sendmmsg(socket, &mut messages, SendFlags::empty())?)
}

/// Sends the first of the datagrams over a connected socket.
#[cfg(not(target_os = "linux"))]
pub fn send(socket: &UdpSocket, datagrams: &[&[u8]]) -> io::Result<usize> {
    let Some(first) = datagrams.first() else { return Ok(0) };
    socket.try_send(first).map(|_| 1)
}
