//! What of its rows and tombstones a segment is built of.

/// What a segment is built of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// Titles and headings are matched by words too, not only texts.
    pub context: bool,
    /// Which rows are written.
    pub keep: Keep,
    /// Tombstones are written. Needed if there are earlier segments.
    pub tombstones: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            context: true,
            keep: Keep::All,
            tombstones: true,
        }
    }
}

/// Which rows a segment gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Keep {
    /// All that are not removed.
    All,
    /// Those that are not superseded: searches of the present need no others.
    Current,
    /// Those that are superseded: a segment that only searches of the past read.
    Superseded,
}
