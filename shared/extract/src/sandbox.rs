//! Takes from a reader's process everything that reading a file does not need.
//!
//! Layers, each of which holds without the others: resource limits, no capabilities, no other open
//! files, and a system call filter that lets the process compute, allocate, write to its answer
//! pipe and exit. Opening a file fails with `EPERM` (readers look for fonts and time zones and do
//! without); everything else kills.

use std::{
    fs::File,
    io,
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::fs::FileExt,
    },
    sync::atomic::{AtomicI32, Ordering},
};

use libc::{c_int, c_long, c_void};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

use crate::protocol::EXIT_MEMORY;

/// Stack of the reader: nested documents make nested calls.
const STACK_BYTES: u64 = 64 * 1024 * 1024;
/// Room for the crash handler, which must run when the stack is used up.
const HANDLER_STACK: usize = 64 * 1024;
/// A process that cannot map this much is out of memory.
const MEMORY_PROBE: usize = 4 * 1024 * 1024;

/// Descriptor of a reader's answer pipe after [`take_over_descriptors`].
pub const ANSWER_FD: c_int = 3;

fn check(result: c_int) -> io::Result<()> {
    if result == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Makes this process unreadable through `/proc` and `ptrace` for others of its user, the children
/// that read hostile files among them. Call it at the start of `main`.
///
/// # Errors
/// The system's, if the kernel refuses.
pub fn harden_parent() -> io::Result<()> {
    // SAFETY: prctl with these arguments touches no memory of ours.
    check(unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) })
}

/// Dies with the parent, and at once if it is already gone.
pub fn die_with(parent: u32) -> io::Result<()> {
    // SAFETY: prctl with these arguments touches no memory of ours.
    check(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0) })?;
    if std::os::unix::process::parent_id() != parent {
        return Err(io::Error::other("the parent is gone"));
    }
    Ok(())
}

/// Puts the document at 0, in place of the server's orders, and the answer pipe at [`ANSWER_FD`], and closes the
/// rest but for stdout and stderr, which lead nowhere: readers print.
pub fn take_over_descriptors(document: &OwnedFd, answer: &OwnedFd) -> io::Result<()> {
    // SAFETY: this process is new and single-threaded, and ends without closing what it believes it owns. The
    // document may be at 3 itself, so it goes first.
    unsafe {
        check(libc::dup2(document.as_raw_fd(), 0))?;
        check(libc::dup2(answer.as_raw_fd(), ANSWER_FD))?;
        let first = (ANSWER_FD + 1) as libc::c_uint;
        if libc::syscall(libc::SYS_close_range, first, libc::c_uint::MAX, 0) == -1 {
            for fd in ANSWER_FD + 1..1024 {
                libc::close(fd);
            }
        }
    }
    Ok(())
}

/// Maps everything at descriptor 0: a copy would count twice against the memory limit.
pub fn map_document() -> io::Result<&'static [u8]> {
    // SAFETY: the mapping is private, read-only, of the size just asked for, and never unmapped; the caller
    // sealed the file against shrinking.
    unsafe {
        // Not fstat, which the C library makes of a call that looks at paths.
        let end = libc::lseek(0, 0, libc::SEEK_END);
        let size = usize::try_from(end).map_err(|_| io::Error::last_os_error())?;
        if size == 0 {
            return Ok(&[]);
        }
        let address = libc::mmap(
            std::ptr::null_mut(),
            size,
            libc::PROT_READ,
            libc::MAP_PRIVATE,
            0,
            0,
        );
        if address == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(std::slice::from_raw_parts(address.cast::<u8>(), size))
    }
}

/// One-time setup by the fork server for all its readers.
pub struct Foundation {
    statm: File,
}

impl Foundation {
    /// Takes from this process, and from all that are forked from it, capabilities and the sight of the file system:
    /// no file can be opened to be read or looked at. Libraries must be loaded before. The kernel's part in
    /// installing the first filter of a process is a third of a reader's start, so it is done here.
    pub fn lay() -> io::Result<Self> {
        harden_parent()?;
        let statm = File::open("/proc/self/statm")?;
        drop_capabilities()?;
        let filter = refusing().map_err(io::Error::other)?;
        seccompiler::apply_filter(&filter).map_err(io::Error::other)?;
        Ok(Self { statm })
    }

    /// Currently mapped memory, and so the memory mapped at the start of a process forked now.
    pub fn mapped(&self) -> io::Result<Mapped> {
        let mut statm = [0; 256];
        let length = self.statm.read_at(&mut statm, 0)?;
        let statm = String::from_utf8_lossy(&statm[..length]);
        let field = |index| {
            let pages: Option<u64> = statm.split_whitespace().nth(index)?.parse().ok();
            Some(pages? * 4096)
        };
        let mapped = field(0).zip(field(5));
        let (all, data) = mapped.ok_or_else(|| io::Error::other("statm is not as expected"))?;
        Ok(Mapped { all, data })
    }
}

/// Bytes that are mapped.
#[derive(Clone, Copy)]
pub struct Mapped {
    /// Address space.
    pub all: u64,
    /// Writable private memory.
    pub data: u64,
}

/// Permanently confines this process, on top of the [`Foundation`] of the one it was forked from.
///
/// `memory_bytes` is how much may be allocated in addition to the mapped memory, so that a large binary does not use
/// it up; `cpu_seconds` ends in SIGXCPU.
pub fn confine(mapped: Mapped, memory_bytes: u64, cpu_seconds: u64) -> io::Result<()> {
    limit(libc::RLIMIT_STACK, STACK_BYTES)?;
    limit(libc::RLIMIT_AS, mapped.all + memory_bytes)?;
    limit(libc::RLIMIT_DATA, mapped.data + memory_bytes)?;
    limit(libc::RLIMIT_CORE, 0)?;
    limit(libc::RLIMIT_FSIZE, 0)?;
    limit(libc::RLIMIT_NPROC, 0)?;
    limit(libc::RLIMIT_NOFILE, 0)?;
    let cpu = libc::rlimit {
        rlim_cur: cpu_seconds,
        rlim_max: cpu_seconds + 1,
    };
    // SAFETY: the struct outlives the call.
    check(unsafe { libc::setrlimit(libc::RLIMIT_CPU, &raw const cpu) })?;
    drop_capabilities()?;
    harden_parent()?;
    catch_crashes()?;
    let filter = killing().map_err(io::Error::other)?;
    seccompiler::apply_filter(&filter).map_err(io::Error::other)
}

fn limit(resource: libc::__rlimit_resource_t, most: u64) -> io::Result<()> {
    let limit = libc::rlimit {
        rlim_cur: most,
        rlim_max: most,
    };
    // SAFETY: the struct outlives the call.
    check(unsafe { libc::setrlimit(resource, &raw const limit) })
}

/// Gives up every capability: root without them is a user like any other.
///
/// # Errors
/// The system's, if the kernel refuses.
pub fn drop_capabilities() -> io::Result<()> {
    // _LINUX_CAPABILITY_VERSION_3, this process; then two empty sets of each kind.
    let header: [u32; 2] = [0x2008_0522, 0];
    let none = [0u32; 6];
    // SAFETY: both arrays have the layout capset(2) gives for version 3.
    let result = unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), none.as_ptr()) };
    if result == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

static PROCESS: AtomicI32 = AtomicI32::new(0);

/// Distinguishes running out of memory from other deaths: a reader that is denied memory aborts, which looks like
/// any crash from outside.
fn catch_crashes() -> io::Result<()> {
    PROCESS.store(std::process::id().cast_signed(), Ordering::Relaxed);
    let stack = Box::leak(vec![0u8; HANDLER_STACK].into_boxed_slice());
    let alternative = libc::stack_t {
        ss_sp: stack.as_mut_ptr().cast::<c_void>(),
        ss_flags: 0,
        ss_size: stack.len(),
    };
    // SAFETY: the stack is leaked, so it outlives every signal; the handler only calls async-signal-safe functions;
    // the struct is zeroed except for the fields set here.
    unsafe {
        check(libc::sigaltstack(
            &raw const alternative,
            std::ptr::null_mut(),
        ))?;
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_crash as *const () as libc::sighandler_t;
        action.sa_flags = libc::SA_ONSTACK | libc::SA_RESETHAND | libc::SA_NODEFER;
        for signal in [
            libc::SIGABRT,
            libc::SIGBUS,
            libc::SIGILL,
            libc::SIGSEGV,
            libc::SIGTRAP,
        ] {
            check(libc::sigaction(
                signal,
                &raw const action,
                std::ptr::null_mut(),
            ))?;
        }
        // Only refusals from here on count.
        *libc::__errno_location() = 0;
    }
    Ok(())
}

extern "C" fn on_crash(signal: c_int) {
    // SAFETY: errno, mmap, _exit and tgkill are safe in a signal handler, and the handler is reset,
    // so that the second signal kills.
    unsafe {
        // Both allocators leave ENOMEM behind when the kernel refuses, and abort right after.
        let refused = *libc::__errno_location() == libc::ENOMEM;
        let probe = libc::mmap(
            std::ptr::null_mut(),
            MEMORY_PROBE,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        );
        if refused || probe == libc::MAP_FAILED {
            libc::_exit(EXIT_MEMORY);
        }
        let process = c_long::from(PROCESS.load(Ordering::Relaxed));
        libc::syscall(libc::SYS_tgkill, process, process, signal);
    }
}

type Rules = std::collections::BTreeMap<i64, Vec<SeccompRule>>;

fn any(calls: &[c_long]) -> Rules {
    calls.iter().map(|call| (*call, Vec::new())).collect()
}

fn when(
    argument: u8,
    mask: u64,
    value: u64,
) -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    let operator = SeccompCmpOp::MaskedEq(mask);
    let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)?;
    Ok(vec![SeccompRule::new(vec![condition])?])
}

/// Looking at the file system, which fails.
fn refused() -> Result<Rules, seccompiler::BackendError> {
    let mut refused = any(&[
        libc::SYS_newfstatat,
        libc::SYS_statx,
        libc::SYS_faccessat,
        libc::SYS_faccessat2,
        libc::SYS_readlinkat,
        libc::SYS_getcwd,
        libc::SYS_ioctl,
    ]);
    let changes = (libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC) as u64;
    refused.insert(libc::SYS_openat, when(2, changes, 0)?);
    #[cfg(target_arch = "x86_64")]
    {
        refused.extend(any(&[
            libc::SYS_stat,
            libc::SYS_lstat,
            libc::SYS_access,
            libc::SYS_readlink,
        ]));
        refused.insert(libc::SYS_open, when(1, changes, 0)?);
    }
    Ok(refused)
}

/// The first of two filters, of which the stricter answer holds: it makes looking at the file system fail.
fn refusing() -> Result<BpfProgram, seccompiler::BackendError> {
    SeccompFilter::new(
        refused()?,
        SeccompAction::Allow,
        SeccompAction::Errno(libc::EPERM as u32),
        std::env::consts::ARCH.try_into()?,
    )?
    .try_into()
}

/// The second filter: it kills on any system call that neither filter lists.
fn killing() -> Result<BpfProgram, seccompiler::BackendError> {
    let mut allowed = any(&[
        libc::SYS_read,
        libc::SYS_write,
        libc::SYS_close,
        libc::SYS_fstat,
        libc::SYS_lseek,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_madvise,
        libc::SYS_brk,
        libc::SYS_futex,
        libc::SYS_clock_gettime,
        libc::SYS_clock_nanosleep,
        libc::SYS_nanosleep,
        libc::SYS_gettimeofday,
        libc::SYS_getrandom,
        libc::SYS_getpid,
        libc::SYS_gettid,
        libc::SYS_sched_yield,
        libc::SYS_sched_getaffinity,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sigaltstack,
        libc::SYS_restart_syscall,
        // The C library sorts with half of the memory it believes the machine has.
        libc::SYS_sysinfo,
        libc::SYS_uname,
        libc::SYS_getrusage,
        libc::SYS_exit,
        libc::SYS_exit_group,
    ]);
    let executable = libc::PROT_EXEC as u64;
    allowed.insert(libc::SYS_mmap, when(2, executable, 0)?);
    allowed.insert(libc::SYS_mprotect, when(2, executable, 0)?);
    allowed.insert(libc::SYS_prlimit64, when(0, u64::from(u32::MAX), 0)?);
    let process = u64::from(std::process::id());
    allowed.insert(libc::SYS_tgkill, when(0, u64::from(u32::MAX), process)?);
    #[cfg(target_arch = "x86_64")]
    allowed.extend(any(&[libc::SYS_time]));
    allowed.extend(refused()?);
    SeccompFilter::new(
        allowed,
        SeccompAction::KillProcess,
        SeccompAction::Allow,
        std::env::consts::ARCH.try_into()?,
    )?
    .try_into()
}
