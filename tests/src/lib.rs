//! Integration tests live in `it/`: one binary, in a package without binaries of its own.
