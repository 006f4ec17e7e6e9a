//! Answers questions from what retrieval finds: a prompt for a chat model, or quotations without one; citations; and a check of
//! each sentence against what it cites.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | before a model is asked | nothing | the caller asks again |
//! | while a model answers | a charge at the provider that the ledger does not know | the same |
//! | after the call is recorded | a recorded call without an answer | the same; both were paid for |
//! | after the turn is stored | a stored answer that the caller did not get | the caller reads the conversation. Until its lease of a minute is over, a repeat with the same `Idempotency-Key` is refused; after it, the question is asked and paid for anew |

mod answerer;
mod cite;
mod conversation;
mod passages;
mod prompt;
mod question;
mod quotes;
mod reply;
mod request;
mod screen;
mod wording;
mod written;

pub use answerer::answer;
pub use prompt::Earlier;
pub use question::{Asked, ChatQuestion, LONG_LEASE, LONG_PATIENCE, ModelChoice};
pub use reply::ChatAnswer;
pub use request::ChatRequest;
pub use screen::{Audience, Progress};
