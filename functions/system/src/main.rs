//! system
fn main() {}
