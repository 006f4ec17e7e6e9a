//! The caller's handle on its fork server: starts it when it is first needed, and another when it is left.

use std::{
    fs::File,
    io::{self, Write},
    os::{
        fd::{AsFd, AsRawFd, FromRawFd, OwnedFd},
        unix::net::UnixStream,
    },
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sendfd::SendWithFd;
use tokio::{
    net::unix::pipe,
    process::{Child, Command},
};

use crate::protocol::{self, Order, SERVER_WORD, Setup};

/// Files read by forks of one server. Starting a server takes the time of about ten files.
const MAX_FILES: u32 = 256;

/// A reader that was asked for. Dropping it kills the reader.
pub struct RunningReader {
    /// The reader's answer.
    pub answer: pipe::Receiver,
    /// Pipe on which the server reports that the reader started and how it ended. It is closed earlier if
    /// the server is gone.
    pub report: pipe::Receiver,
    /// Lives as long as its readers.
    pub server: Arc<Server>,
}

/// Starts readers.
#[derive(Debug)]
pub struct Readers {
    program: PathBuf,
    setup: Setup,
    current: Mutex<Option<(Arc<Server>, u32)>>,
}

/// A running server. Dropping it ends it and its readers.
#[derive(Debug)]
pub struct Server {
    orders: UnixStream,
    /// When this is dropped, the runtime waits for it to end.
    process: Child,
}

impl Readers {
    /// Readers that are forks of `program`, which must call [`serve_if_asked`](crate::serve_if_asked).
    pub fn new(program: PathBuf, pdfium_library: Option<PathBuf>) -> Self {
        Self {
            program,
            setup: Setup { pdfium_library },
            current: Mutex::new(None),
        }
    }

    /// Path of pdfium.
    pub fn pdfium_library(&self) -> Option<&Path> {
        self.setup.pdfium_library.as_deref()
    }

    /// Process id of the current server, if there is one.
    pub fn server_id(&self) -> Option<u32> {
        let current = self.current();
        current.as_ref().and_then(|(server, _)| server.process.id())
    }

    /// Starts a reader on a document. It is killed with the server, with this process, and when the returned
    /// value is dropped.
    ///
    /// # Errors
    /// The system's, if no server could be started.
    pub fn start(&self, order: &Order, document: impl AsFd) -> io::Result<RunningReader> {
        let (answer, answers) = io::pipe()?;
        let (report, reports) = io::pipe()?;
        let bytes = serde_json::to_vec(order)?;
        let descriptors = [
            document.as_fd().as_raw_fd(),
            answers.as_raw_fd(),
            reports.as_raw_fd(),
        ];
        let mut current = self.current();
        let sent = match &mut *current {
            Some((server, files)) if *files < MAX_FILES => {
                *files += 1;
                let sent = server.orders.send_with_fd(&bytes, &descriptors);
                sent.is_ok().then(|| server.clone())
            }
            _ => None,
        };
        let server = match sent {
            Some(server) => server,
            None => {
                let server = Arc::new(self.start_server()?);
                server.orders.send_with_fd(&bytes, &descriptors)?;
                *current = Some((server.clone(), 1));
                server
            }
        };
        Ok(RunningReader {
            answer: pipe::Receiver::from_owned_fd(answer.into())?,
            report: pipe::Receiver::from_owned_fd(report.into())?,
            server,
        })
    }

    /// Starts no more readers from this server. Running readers continue.
    pub fn leave(&self, server: &Arc<Server>) {
        self.current()
            .take_if(|(current, _)| Arc::ptr_eq(current, server));
    }

    fn current(&self) -> MutexGuard<'_, Option<(Arc<Server>, u32)>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start_server(&self) -> io::Result<Server> {
        let (orders, theirs) = UnixStream::pair()?;
        // No `pre_exec`: with one the standard library forks, which copies this process's page tables,
        // instead of spawning.
        let process = Command::new(&self.program)
            .arg0("dynrag-extract-server")
            .arg(SERVER_WORD)
            .arg(serde_json::to_string(&self.setup)?)
            .env_clear()
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        Ok(Server { orders, process })
    }
}

/// A file without a name that holds what a reader is given and can no longer change.
pub fn document(password: Option<&str>, bytes: &[u8]) -> io::Result<File> {
    let flags = libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING;
    // SAFETY: the name is a C string; the descriptor is new, and owned by the File from here on.
    let mut file = unsafe {
        let fd = libc::memfd_create(c"document".as_ptr(), flags);
        if fd == -1 {
            return Err(io::Error::last_os_error());
        }
        File::from_raw_fd(fd)
    };
    file.write_all(&protocol::opening(password))?;
    file.write_all(bytes)?;
    let seals = libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_WRITE | libc::F_SEAL_SEAL;
    // SAFETY: fcntl with a descriptor that is open and an integer.
    let sealed = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_ADD_SEALS, seals) };
    if sealed == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(file)
}
