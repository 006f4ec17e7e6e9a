//! TCP without Nagle's algorithm, for streamed responses.
//!
//! Nagle's algorithm holds a small piece back until the one before is acknowledged, which takes up to 40 ms. The client of
//! `lambda_runtime` leaves it on and has no way to change that (1.5), so that most pieces of an answer would wait.

use std::{
    fs,
    os::fd::{BorrowedFd, RawFd},
};

use socket2::SockRef;

/// Turns it off for all connections that are open, that to the Runtime API among them: others lose nothing by it.
pub(crate) fn set() {
    let Ok(open) = fs::read_dir("/proc/self/fd") else {
        return;
    };
    for number in open.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<RawFd>().ok()) {
        // SAFETY: the number was a descriptor's a moment ago. If it was closed since, the call below fails; if it was opened anew,
        // that connection has the option, too. Nothing else is done with it.
        let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
        // Files and other sockets refuse.
        drop(SockRef::from(&descriptor).set_tcp_nodelay(true));
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn open_connections_have_it_off_afterwards() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        assert!(!stream.nodelay().unwrap());
        set();
        assert!(stream.nodelay().unwrap());
    }
}
