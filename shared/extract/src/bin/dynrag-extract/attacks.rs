//! What a reader taken over by a hostile file would try. Tests run each inside the sandbox, where
//! it must fail, and outside, where it must succeed: a test that cannot fail shows nothing.

use std::{io::Write, net::UdpSocket, os::fd::FromRawFd, process::Command};

/// A plain text file that starts so is an attack.
const PREFIX: &[u8] = b"dynrag-attack:";

/// Runs the attack a file names, inside the sandbox.
pub fn if_asked(bytes: &[u8]) {
    if let Some(name) = bytes.strip_prefix(PREFIX) {
        run(String::from_utf8_lossy(name).trim());
    }
}

/// Tries one thing; returns if it worked and aborts if it was refused. Ends with the file's own
/// text then, which the test takes for success.
pub fn run(name: &str) {
    let done = match name {
        "socket" => UdpSocket::bind("127.0.0.1:0").is_ok(),
        "fork" => Command::new("/bin/true").status().is_ok(),
        "thread" => std::thread::spawn(|| ()).join().is_ok(),
        "write-file" => {
            let path = std::env::temp_dir().join(format!("dynrag-attack-{}", std::process::id()));
            std::fs::write(&path, "x").is_ok() && std::fs::remove_file(&path).is_ok()
        }
        "read-file" => std::fs::read("/etc/passwd").is_ok(),
        "parent-environment" => parent("environ"),
        "parent-memory" => parent("mem"),
        "parent-memory-without-capabilities" => {
            dynrag_extract::testing::drop_capabilities().is_ok() && parent("mem")
        }
        // As processes of a user who is not root: one starts another, which reads it.
        "read-a-plain-parent" => starts_a_reader(),
        "read-a-hardened-parent" => dynrag_extract::harden_parent().is_ok() && starts_a_reader(),
        "other-descriptors" => other_descriptors(),
        "environment" => std::env::vars_os().next().is_some(),
        "kill-parent" => signal_parent(),
        "memory" => touch(4096),
        "some-memory" => touch(64),
        "recursion" => descend(0) > 0,
        "spin" => loop {
            std::hint::black_box(0);
        },
        "sleep" => loop {
            std::thread::park();
        },
        "flood" => flood(),
        "panic" => std::panic::resume_unwind(Box::new("on purpose")),
        _ => false,
    };
    if !done {
        std::process::abort();
    }
}

fn parent(what: &str) -> bool {
    let path = format!("/proc/{}/{what}", std::os::unix::process::parent_id());
    std::fs::File::open(path).is_ok()
}

/// Whether there is more than the document, nowhere twice, and the answer: orders, or what is another reader's.
fn other_descriptors() -> bool {
    // Outside the sandbox there is one then.
    let _opened = [(); 4].map(|()| std::fs::File::open("/dev/null"));
    (4..256).any(|fd| {
        // SAFETY: asks for a place in a file, if there is one.
        let place = unsafe { libc::lseek(fd, 0, libc::SEEK_CUR) };
        place != -1 || std::io::Error::last_os_error().raw_os_error() != Some(libc::EBADF)
    })
}

fn starts_a_reader() -> bool {
    dynrag_extract::testing::drop_capabilities().is_ok()
        && Command::new("/proc/self/exe")
            .args(["attack", "parent-memory-without-capabilities"])
            .status()
            .is_ok_and(|status| status.success())
}

fn signal_parent() -> bool {
    let parent = std::os::unix::process::parent_id().cast_signed();
    // SAFETY: signal 0 asks only whether another could be sent.
    unsafe { libc::kill(parent, 0) == 0 }
}

fn touch(mebibytes: usize) -> bool {
    let mut hoard: Vec<u8> = Vec::with_capacity(mebibytes << 20);
    hoard.resize(hoard.capacity(), 1);
    std::hint::black_box(&hoard).last() == Some(&1)
}

fn descend(depth: u64) -> u64 {
    if depth == u64::MAX {
        return 0;
    }
    let frame = std::hint::black_box([depth; 512]);
    descend(depth + 1).wrapping_add(std::hint::black_box(frame)[7])
}

fn flood() -> bool {
    // SAFETY: in the child this is the answer pipe; nothing else uses the descriptor.
    let mut answer = unsafe { std::fs::File::from_raw_fd(3) };
    let block = vec![b'x'; 1 << 20];
    (0..1024).all(|_| answer.write_all(&block).is_ok())
}
