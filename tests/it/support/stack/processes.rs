//! The processes of the functions of this stack, to be killed at bad moments.

use std::fs;

use super::Stack;

/// (name, parent, session) of a process, from the world-readable part of /proc.
fn status(pid: u32) -> Option<(String, u32, u32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (head, tail) = stat.rsplit_once(')')?;
    let name = head.split_once('(')?.1.to_owned();
    let mut fields = tail
        .split_whitespace()
        .skip(1)
        .map(|field| field.parse().ok());
    let (parent, _group, session) = (fields.next()??, fields.next()??, fields.next()??);
    Some((name, parent, session))
}

impl Stack {
    /// Processes of a function's binary that the emulator of this stack started, without their children,
    /// which have the same name.
    pub fn processes(&self, binary: &str) -> Vec<u32> {
        let ours = format!("AWS_ENDPOINT_URL={}", self.env.aws_endpoint_url);
        let is_ours = |session: u32| {
            let environment = fs::read(format!("/proc/{session}/environ")).unwrap_or_default();
            environment
                .split(|byte| *byte == 0)
                .any(|entry| entry == ours.as_bytes())
        };
        fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter(|pid| {
                status(*pid).is_some_and(|(name, parent, session)| {
                    let child = status(parent).is_some_and(|(parent, ..)| parent == binary);
                    name == binary && !child && is_ours(session)
                })
            })
            .collect()
    }
}

/// Kills a process, as the kernel does when memory runs out.
pub fn kill(pid: u32) {
    let killed = std::process::Command::new("kill")
        .args(["-9", &pid.to_string()])
        .status();
    // It may have ended by itself since we looked.
    killed.expect("kill can be run");
}
