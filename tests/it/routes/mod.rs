//! The contract of each route, at its path: `<path>/<verb>.rs`. Generated with `UPDATE_DOCS=1`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops here"
)]

mod api {
    mod documents {
        mod id {
            mod versions {
                mod get;
            }
        }
    }
}
