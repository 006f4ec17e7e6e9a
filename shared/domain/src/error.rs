//! The one error type. It knows nothing of HTTP or SQS: `api` turns a [`Kind`] into a status,
//! `worker` asks [`Error::retryable`] whether a message comes back.

use std::{borrow::Cow, fmt, time::Duration};

use serde_json::{Map, Value};

/// Shorthand for results of this project.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The kind of an error, independent of transport.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The request is not of the expected form: not JSON, a header missing.
    Malformed,
    /// The form is right, a value is not; see [`Error::fields`].
    Invalid,
    /// No credentials, or invalid ones.
    Unauthenticated,
    /// The monthly budget is spent.
    PaymentRequired,
    /// The caller is known, but its role or scopes do not allow this.
    Forbidden,
    /// Does not exist, or belongs to another customer.
    NotFound,
    /// The resource's present state does not allow it.
    Conflict,
    /// Larger than a limit.
    TooLarge,
    /// A content type that is not accepted.
    UnsupportedType,
    /// Over a rate limit; see [`Error::retry_after`].
    RateLimited,
    /// A dependency did not respond; the same request may succeed later.
    Unavailable,
    /// An internal error.
    Internal,
}

/// An invalid field of a request body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) to the field, `/title`.
    pub pointer: String,
    /// What is expected.
    pub detail: String,
}

/// An error with a text for the caller and another for the log.
///
/// `Display` gives the public text only; the internal one is read by [`Error::internal`] alone, so
/// that a careless `format!` cannot leak it.
#[derive(Clone, Debug)]
pub struct Error {
    kind: Kind,
    code: &'static str,
    public: Cow<'static, str>,
    internal: Option<String>,
    fields: Vec<FieldError>,
    retry_after: Option<Duration>,
    // Boxed: errors are returned by value everywhere, and few have members.
    members: Option<Box<Map<String, Value>>>,
}

impl Error {
    /// Creates an error of a kind with a stable snake_case code and a sentence for the caller.
    pub fn new(kind: Kind, code: &'static str, public: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            code,
            public: public.into(),
            internal: None,
            fields: Vec::new(),
            retry_after: None,
            members: None,
        }
    }

    /// Creates an error for one invalid field.
    pub fn field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::fields_invalid(vec![FieldError {
            pointer: pointer.into(),
            detail: detail.into(),
        }])
    }

    /// Creates an error for all invalid fields of a body at once.
    pub fn fields_invalid(fields: Vec<FieldError>) -> Self {
        let mut error = Self::new(
            Kind::Invalid,
            "invalid_fields",
            "Some fields are not valid; see errors.",
        );
        error.fields = fields;
        error
    }

    /// The same error about a part of a body: the pointers of its fields begin with `pointer`.
    #[must_use]
    pub fn within(mut self, pointer: &str) -> Self {
        for field in &mut self.fields {
            field.pointer.insert_str(0, pointer);
        }
        self
    }

    /// Creates an error for a resource that does not exist for this caller.
    pub fn not_found(noun: &str) -> Self {
        Self::new(
            Kind::NotFound,
            "not_found",
            format!("There is no such {noun}."),
        )
    }

    /// Creates an error for missing or invalid credentials. The sentence is the same for every cause.
    pub fn unauthenticated(internal: impl Into<String>) -> Self {
        Self::new(
            Kind::Unauthenticated,
            "unauthenticated",
            "Send a valid access token as 'Authorization: Bearer …' or an API key as 'X-API-Key: drk_…'.",
        )
        .because(internal)
    }

    /// Creates an error for a dependency that did not respond.
    pub fn unavailable(internal: impl fmt::Display) -> Self {
        Self::new(
            Kind::Unavailable,
            "unavailable",
            "A service we depend on did not respond. Try again shortly.",
        )
        .because(internal.to_string())
    }

    /// Creates an internal error; the caller learns only the request id.
    pub fn internal_fault(internal: impl fmt::Display) -> Self {
        Self::new(
            Kind::Internal,
            "internal_error",
            "An internal error occurred. Contact support with the request id.",
        )
        .because(internal.to_string())
    }

    /// Adds the text for the log.
    #[must_use]
    pub fn because(mut self, internal: impl Into<String>) -> Self {
        self.internal = Some(internal.into());
        self
    }

    /// Sets how long the caller should wait before a retry.
    #[must_use]
    pub fn after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Adds a member for the caller to the problem document, under a camelCase name.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.members
            .get_or_insert_default()
            .insert(name.to_owned(), value);
        self
    }

    /// The kind.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The sentence for the caller.
    pub fn public(&self) -> &str {
        &self.public
    }

    /// The text for the log, if there is one.
    pub fn internal(&self) -> Option<&str> {
        self.internal.as_deref()
    }

    /// The invalid fields, empty unless the kind is [`Kind::Invalid`].
    pub fn fields(&self) -> &[FieldError] {
        &self.fields
    }

    /// How long to wait before a retry, if known.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The additional members for the caller, by name.
    pub fn members(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.members.iter().flat_map(|members| members.iter())
    }

    /// Whether the same work may succeed later without a change.
    pub fn retryable(&self) -> bool {
        match self.kind {
            Kind::RateLimited | Kind::Unavailable | Kind::Internal => true,
            Kind::Malformed
            | Kind::Invalid
            | Kind::Unauthenticated
            | Kind::PaymentRequired
            | Kind::Forbidden
            | Kind::NotFound
            | Kind::Conflict
            | Kind::TooLarge
            | Kind::UnsupportedType => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.public)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_internal_text_is_not_displayed() {
        let error = Error::internal_fault("password=hunter2");
        assert!(!error.to_string().contains("hunter2"));
        assert_eq!(error.internal(), Some("password=hunter2"));
    }

    #[test]
    fn client_errors_are_not_retryable() {
        assert!(!Error::field("/title", "too long").retryable());
        assert!(Error::unavailable("timeout").retryable());
    }
}
