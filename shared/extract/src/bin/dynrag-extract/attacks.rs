//! Attacks that a reader taken over by a hostile file would try. Tests run each inside the sandbox, where it must
//! fail, and outside, where it must succeed: a test that cannot fail proves nothing.

use std::{io::Write, net::UdpSocket, os::fd::FromRawFd, process::Command};

/// A plain text file that starts so is an attack.
const PREFIX: &[u8] = b"dynrag-attack:";

/// Runs the attack a file names, inside the sandbox.
pub fn if_asked(bytes: &[u8]) {
    if let Some(name) = bytes.strip_prefix(PREFIX) {
        run(String::from_utf8_lossy(name).trim());
    }
}

/// Tries one attack; returns if it worked and aborts if it was denied. After returning, the reader answers with the
/// file's own text, which the test takes for success. An attack on another process has its id after the name, since
/// even asking for the parent's id is denied.
pub fn run(name: &str) {
    let (name, process) = match name.split_once(' ') {
        Some((name, process)) => (name, process.parse().unwrap_or(0)),
        None => (name, 0),
    };
    let done = match name {
        "socket" => UdpSocket::bind("127.0.0.1:0").is_ok(),
        "fork" => Command::new("/bin/true").status().is_ok(),
        "thread" => std::thread::spawn(|| ()).join().is_ok(),
        "write-file" => {
            let path = std::env::temp_dir().join(format!("dynrag-attack-{}", std::process::id()));
            std::fs::write(&path, "x").is_ok() && std::fs::remove_file(&path).is_ok()
        }
        "read-file" => std::fs::read("/etc/passwd").is_ok(),
        "other-environment" => opens(process, "environ"),
        "other-memory" => opens(process, "mem"),
        "other-memory-by-call" => reads_memory(process),
        "trace-other" => traces(process),
        "signal-other" => signals(process),
        "grow-the-document" => grows_the_document(),
        "parent-memory-without-capabilities" => {
            dynrag_extract::testing::drop_capabilities().is_ok()
                && opens(std::os::unix::process::parent_id().cast_signed(), "mem")
        }
        // As processes of a non-root user: one starts another, which reads it.
        "read-a-plain-parent" => starts_a_reader(),
        "read-a-hardened-parent" => dynrag_extract::harden_parent().is_ok() && starts_a_reader(),
        "other-descriptors" => other_descriptors(),
        "environment" => std::env::vars_os().next().is_some(),
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

fn opens(process: i32, what: &str) -> bool {
    std::fs::File::open(format!("/proc/{process}/{what}")).is_ok()
}

fn reads_memory(process: i32) -> bool {
    // The address of this function is mapped in the other process, too.
    let mut byte = 0u8;
    let local = libc::iovec {
        iov_base: (&raw mut byte).cast(),
        iov_len: 1,
    };
    let remote = libc::iovec {
        iov_base: (reads_memory as *const ()).cast_mut().cast(),
        iov_len: 1,
    };
    // SAFETY: one byte is written to a buffer of one byte.
    let read =
        unsafe { libc::process_vm_readv(process, &raw const local, 1, &raw const remote, 1, 0) };
    // Nothing may be mapped there outside; that was not refused.
    read == 1 || std::io::Error::last_os_error().raw_os_error() == Some(libc::EFAULT)
}

fn traces(process: i32) -> bool {
    // SAFETY: attaches without stopping; the kernel detaches when this process ends.
    unsafe { libc::ptrace(libc::PTRACE_SEIZE, process, 0, 0) == 0 }
}

fn signals(process: i32) -> bool {
    // SAFETY: signal 0 asks only whether another could be sent.
    unsafe { libc::kill(process, 0) == 0 }
}

/// The caller has the document, too, and so may a second reader.
fn grows_the_document() -> bool {
    // SAFETY: outside the sandbox 0 is a file of the test's.
    unsafe {
        libc::lseek(0, 0, libc::SEEK_END) >= 0 && libc::write(0, c"x".as_ptr().cast(), 1) == 1
    }
}

/// Whether any descriptor is open besides the document and the answer pipe, such as the order socket or another
/// reader's.
fn other_descriptors() -> bool {
    // Outside the sandbox this opens one.
    let _opened = [(); 4].map(|()| std::fs::File::open("/dev/null"));
    (4..256).any(|fd| {
        // SAFETY: queries the offset of a descriptor, if it is a file.
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
