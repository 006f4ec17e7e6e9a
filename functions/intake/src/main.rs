//! intake
fn main() {}
