//! documents
fn main() {}
