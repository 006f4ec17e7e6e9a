//! The OAuth 2.1 authorization server for clients of the MCP server, on the accounts that there are.
//!
//! A client is public: it has no secret, and proves with PKCE that a code is its own. What it is granted is a session of the user,
//! with fewer scopes and tokens for one resource; it refreshes and ends as other sessions do. RFC 6749, 7009, 7591, 7636, 8252,
//! 8414, 8707, 9207, 9700 and 9728; client metadata documents as in draft-ietf-oauth-client-id-metadata-document.

mod authorize;
mod clients;
mod revoke;
mod token;

pub use authorize::{Asked, ConsentRequest, Rejected, approve, ask, back_with_error};
pub use clients::register;
pub(crate) use clients::settings as client_settings;
pub use revoke::revoke;
pub use token::{ClientTokens, exchange_code, refresh};
