//! Reads PowerPoint presentations (ECMA-376).

use dynrag_domain::chunks::Extracted;

use crate::{office, protocol::Refusal};

/// Reads a file.
pub fn read(bytes: &[u8], _include_hidden: bool) -> Result<Extracted, Refusal> {
    office::read(bytes)
}
