//! Links the function at a fixed address.
//!
//! A position-independent binary that links LanceDB has several hundred thousand relocations, which the loader performs
//! before `main`: four fifths of the time from exec to the first poll (docs/PERFORMANCE.md, "Start"). No hostile files are
//! read in this process: functions that do so stay position-independent.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-link-arg-bins=-no-pie");
}
