//! The number that Postgres records: a customer's table and its Lance version.
//!
//! A table holds the vectors of one model, so those of another model are built in a second table. Each table has a
//! generation; the recorded number contains generation and version, so that readers who get the new number see the
//! complete new table.

/// Bits of a recorded number that are the Lance version.
const VERSION_BITS: u32 = 40;

/// The generation of a recorded number; 0 is the first.
pub const fn generation(recorded: u64) -> u64 {
    recorded >> VERSION_BITS
}

/// The number of an empty table of a generation: nothing is recorded of it yet.
pub const fn empty(generation: u64) -> u64 {
    generation << VERSION_BITS
}

/// The number of a Lance version in a generation.
pub(crate) const fn number(generation: u64, version: u64) -> u64 {
    empty(generation) | version
}

/// The Lance version of a recorded number; `None` for an empty table.
pub(crate) const fn version(recorded: u64) -> Option<u64> {
    match recorded & (empty(1) - 1) {
        0 => None,
        version => Some(version),
    }
}

/// The table of a generation.
pub(crate) fn table(generation: u64) -> String {
    match generation {
        0 => "chunks".to_owned(),
        later => format!("chunks_{later}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_generation_is_numbered_as_lance_does() {
        assert_eq!((generation(7), version(7), number(0, 7)), (0, Some(7), 7));
        assert_eq!(table(generation(7)), "chunks");
    }

    #[test]
    fn later_ones_follow() {
        let recorded = number(3, 9);
        assert_eq!((generation(recorded), version(recorded)), (3, Some(9)));
        assert_eq!(table(3), "chunks_3");
        assert_eq!(version(empty(3)), None);
        assert!(recorded > number(2, (1 << VERSION_BITS) - 1) && i64::try_from(recorded).is_ok());
    }
}
