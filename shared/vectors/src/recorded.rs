//! What Postgres records: which of a customer's tables, and which Lance version of it.

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
    fn each_generation_has_a_table_of_its_own() {
        assert_eq!(table(0), "chunks");
        assert_eq!(table(3), "chunks_3");
    }
}
