//! Accounts: signup and verification of email addresses.

mod signup;
mod verification;

pub use signup::{CreatedAccount, NewAccount, sign_up};
pub use verification::{resend_verification, verify_email};
