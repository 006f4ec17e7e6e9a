//! The process between the caller and the readers: started once, without any of the caller's data, it forks a reader
//! for each file.
//!
//! Starting this binary takes milliseconds, mostly because of its size; forking a process that is ready takes a
//! fraction of one. A reader's memory is private, as if the process had been started afresh. But forked readers of one
//! server share ASLR layout and stack canary, which repeated crashes could leak, so the caller replaces a server after
//! a crash, and after a number of files.
//!
//! The server opens no customer files: it passes file descriptors. It has one thread, since a fork copies only the
//! calling thread. Requires Linux 5.3 or later. Failures:
//!
//! | what ends | what follows |
//! |---|---|
//! | a reader | the server reports how, over the pipe that came with the order |
//! | interest in the answer: the caller closes that pipe | the server kills the reader |
//! | the caller, or its use of this server | the server's input ends: it exits, and the kernel kills its readers |
//! | the server | the kernel kills its readers; the caller finds the pipes closed and starts another |

use std::{
    fs::File,
    io::{self, Write},
    os::{
        fd::{AsRawFd, FromRawFd, OwnedFd},
        unix::net::UnixStream,
    },
    time::Duration,
};

use sendfd::RecvWithFd;

use crate::{
    pdf,
    protocol::{Ended, MAX_ORDER, Order, SERVER_WORD, STARTED, Setup},
    reader,
    sandbox::{self, Foundation},
};

/// If this process was started as fork server, serves until the caller is gone and then exits; otherwise returns at
/// once.
///
/// Call it first in `main` of every binary that uses [`Extractor`](crate::Extractor), before an async runtime or any
/// thread is started: a fork copies only the calling thread.
pub fn serve_if_asked() {
    serve_if_asked_with(|_| {});
}

/// [`serve_if_asked`], with something that each reader runs on its file inside the sandbox first.
pub fn serve_if_asked_with(before: Before) {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_none_or(|word| word != SERVER_WORD) {
        return;
    }
    let setup = arguments
        .next()
        .and_then(|setup| serde_json::from_slice(setup.as_encoded_bytes()).ok());
    let Some(setup) = setup else {
        std::process::exit(2);
    };
    let status = match serve(&setup, before) {
        Ok(()) => 0,
        Err(_) => 1,
    };
    std::process::exit(status);
}

/// Something to run on the file inside the sandbox first.
type Before = fn(&[u8]);

/// Resources that every reader inherits from its server.
pub struct Tools {
    /// Or the reason why it is missing.
    pub library: Result<pdf::Library, String>,
    /// Or why this process cannot be confined.
    pub foundation: Result<Foundation, String>,
    pub before: Before,
}

impl Tools {
    fn new(setup: &Setup, before: Before) -> Self {
        let library = match &setup.pdfium_library {
            Some(path) => pdf::Library::load(path),
            None => Err("no path to the library".to_owned()),
        };
        reader::warm_up(library.as_ref().ok());
        Self {
            library,
            foundation: Foundation::lay().map_err(|error| error.to_string()),
            before,
        }
    }
}

/// A reader at work.
struct Reader {
    process: libc::pid_t,
    /// Readable when the process has ended.
    ended: OwnedFd,
    /// Pipe on which the caller waits for the outcome.
    report: File,
    killed: bool,
}

fn serve(setup: &Setup, before: Before) -> io::Result<()> {
    // SAFETY: the caller put one end of a socket pair there; nothing else here owns the descriptor.
    let orders = UnixStream::from(unsafe { OwnedFd::from_raw_fd(0) });
    let tools = Tools::new(setup, before);
    let mut told = Duration::ZERO;
    let mut readers: Vec<Reader> = Vec::new();
    loop {
        let ready = wait(&orders, &readers)?;
        // Backwards, so that removing an entry keeps the indexes of the remaining ones.
        for index in (0..readers.len()).rev() {
            if ready[1 + 2 * index] {
                report(readers.swap_remove(index), &mut told)?;
            } else if ready[2 + 2 * index] {
                kill(&mut readers[index])?;
            }
        }
        if ready[0] {
            let Some(order) = receive(&orders)? else {
                return Ok(());
            };
            // Otherwise its pipes are closed now, and the caller asks another server.
            if let Ok(reader) = order.and_then(|(order, with)| start(&order, with, &tools)) {
                readers.push(reader);
            }
        }
    }
}

/// Waits for something to do: of the orders, then of each reader its end and its caller's leaving.
fn wait(orders: &UnixStream, readers: &[Reader]) -> io::Result<Vec<bool>> {
    let watch = |fd, events| libc::pollfd {
        fd,
        events,
        revents: 0,
    };
    let mut watched = vec![watch(orders.as_raw_fd(), libc::POLLIN)];
    for reader in readers {
        watched.push(watch(reader.ended.as_raw_fd(), libc::POLLIN));
        // No events are requested: a closed peer is always reported. A negative descriptor is ignored.
        let report = if reader.killed {
            -1
        } else {
            reader.report.as_raw_fd()
        };
        watched.push(watch(report, 0));
    }
    // SAFETY: the pointer and the length are of the same vector, which outlives the call.
    while unsafe { libc::poll(watched.as_mut_ptr(), watched.len() as libc::nfds_t, -1) } == -1 {
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    Ok(watched.iter().map(|fd| fd.revents != 0).collect())
}

/// An order with its descriptors.
struct Received {
    document: OwnedFd,
    answer: OwnedFd,
    report: File,
}

/// Receives the next order, or an error about it; `None` when the caller is gone. The kernel keeps orders apart, since
/// each has descriptors.
fn receive(orders: &UnixStream) -> io::Result<Option<io::Result<(Order, Received)>>> {
    let mut bytes = [0; MAX_ORDER];
    let mut descriptors = [-1; 3];
    let (length, count) = orders.recv_with_fd(&mut bytes, &mut descriptors)?;
    // SAFETY: the kernel has just made these descriptors for this process.
    let received = descriptors[..count]
        .iter()
        .map(|fd| unsafe { OwnedFd::from_raw_fd(*fd) });
    let received: Vec<OwnedFd> = received.collect();
    if length == 0 {
        return Ok(None);
    }
    let Ok([document, answer, report]) = <[OwnedFd; 3]>::try_from(received) else {
        // This process may have no more.
        return Ok(Some(Err(io::Error::other("an order without descriptors"))));
    };
    let received = Received {
        document,
        answer,
        report: report.into(),
    };
    let order = serde_json::from_slice(&bytes[..length]).map_err(io::Error::from);
    Ok(Some(order.map(|order| (order, received))))
}

fn start(order: &Order, received: Received, tools: &Tools) -> io::Result<Reader> {
    let server = std::process::id();
    let mapped = match &tools.foundation {
        Ok(foundation) => Ok(foundation.mapped()?),
        Err(error) => Err(error),
    };
    // SAFETY: this process has one thread, so no lock is held or work half-done in the copy.
    let process = unsafe { libc::fork() };
    match process {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            let taken = sandbox::die_with(server).and_then(|()| {
                sandbox::take_over_descriptors(&received.document, &received.answer)
            });
            let status = match taken.and_then(|()| reader::answer(order, tools, mapped)) {
                Ok(()) => 0,
                Err(_) => 1,
            };
            // SAFETY: nothing of this process is of use to anybody; destructors of a reader that met a
            // hostile file are better not run.
            unsafe { libc::_exit(status) }
        }
        process => {
            // SAFETY: the process is ours and not waited for, so its id is its own; the descriptor is new.
            let ended = unsafe {
                let fd = libc::syscall(libc::SYS_pidfd_open, process, 0);
                if fd == -1 {
                    let error = io::Error::last_os_error();
                    libc::kill(process, libc::SIGKILL);
                    libc::waitpid(process, std::ptr::null_mut(), 0);
                    return Err(error);
                }
                OwnedFd::from_raw_fd(fd as libc::c_int)
            };
            let mut report = received.report;
            // If the caller is gone, the next poll of the pipe says so.
            drop(report.write_all(&[STARTED]));
            Ok(Reader {
                process,
                ended,
                report,
                killed: false,
            })
        }
    }
}

fn kill(reader: &mut Reader) -> io::Result<()> {
    // SAFETY: the process was not waited for yet, so its id is still its own.
    if unsafe { libc::kill(reader.process, libc::SIGKILL) } == -1 {
        return Err(io::Error::last_os_error());
    }
    reader.killed = true;
    Ok(())
}

/// Reports to the caller how a reader ended. `told` is the CPU time reported so far.
fn report(mut reader: Reader, told: &mut Duration) -> io::Result<()> {
    let mut status = 0;
    // SAFETY: the process is ours and has ended; the status outlives the call.
    if unsafe { libc::waitpid(reader.process, &raw mut status, 0) } == -1 {
        return Err(io::Error::last_os_error());
    }
    let cpu = cpu_time(&[libc::RUSAGE_SELF, libc::RUSAGE_CHILDREN])?;
    let ended = Ended {
        status,
        cpu: cpu.saturating_sub(*told),
    };
    *told = cpu;
    match reader.report.write_all(&ended.to_bytes()) {
        // The caller is gone.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// CPU time of this process, of its children that have ended, or of both, as getrusage(2) names them.
pub fn cpu_time(whose: &[libc::c_int]) -> io::Result<Duration> {
    let mut total = Duration::ZERO;
    for whose in whose {
        // SAFETY: getrusage fills the zeroed struct, which outlives the call.
        let usage = unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            if libc::getrusage(*whose, &raw mut usage) == -1 {
                return Err(io::Error::last_os_error());
            }
            usage
        };
        for time in [usage.ru_utime, usage.ru_stime] {
            let micros = time.tv_sec * 1_000_000 + time.tv_usec;
            total += Duration::from_micros(micros.unsigned_abs());
        }
    }
    Ok(total)
}
