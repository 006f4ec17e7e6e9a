//! Vectors of another model, built beside the present ones.

use crate::named::named;

named! {
    /// What happens to the table of another model when it is complete.
    Switch {
        /// It replaces the present one at once.
        Automatic = "automatic",
        /// It waits beside the present one, and can be searched.
        Manual = "manual",
        /// It is removed.
        Discard = "discard",
    }
}

#[expect(
    clippy::derivable_impls,
    reason = "a derive macro does not see variants that come from another macro"
)]
impl Default for Switch {
    fn default() -> Self {
        Self::Automatic
    }
}
