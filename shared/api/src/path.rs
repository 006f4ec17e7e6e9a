//! Ids in paths.

use std::str::FromStr;

use axum::extract::{FromRequestParts, rejection::RawPathParamsRejection};
use dynrag_domain::{
    ApiKeyId, ChatSessionId, CollectionId, CustomerId, DeliveryId, DocumentId, Error, JobId,
    Result, SessionId, UserId, VersionNumber, WebhookId, answers::MessageNumber,
    chat::ProviderName,
};
use http::request::Parts;
use utoipa::ToSchema;

use crate::{openapi::Description, problem::Failure};

/// The id in a path, or two ids. An id that does not parse gets 404, like an unknown id.
pub struct Path<T>(pub T);

/// An id in a path, and the name of its parameter.
pub trait PathId: FromStr<Err = Error> + ToSchema {
    /// The parameter's name in the OpenAPI document.
    const PARAMETER: &'static str = "id";
}

impl PathId for ApiKeyId {}
impl PathId for ChatSessionId {}
impl PathId for CollectionId {}
impl PathId for CustomerId {}
impl PathId for DocumentId {}
impl PathId for JobId {}
impl PathId for SessionId {}
impl PathId for UserId {}
impl PathId for WebhookId {}
impl PathId for VersionNumber {
    const PARAMETER: &'static str = "version";
}
impl PathId for ProviderName {
    const PARAMETER: &'static str = "name";
}
impl PathId for MessageNumber {
    const PARAMETER: &'static str = "number";
}
impl PathId for DeliveryId {
    const PARAMETER: &'static str = "deliveryId";
}

/// The parameters of a path: an id or a pair of ids.
pub trait PathIds: Sized {
    /// Parses them in order.
    ///
    /// # Errors
    /// `not_found`; an internal error if the route has fewer parameters.
    fn read<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Self>;

    /// Adds the parameters to the description of an operation.
    fn describe(description: &mut Description);
}

impl<T: PathId> PathIds for T {
    fn read<'a>(mut texts: impl Iterator<Item = &'a str>) -> Result<Self> {
        let missing = || Error::internal_fault("route has too few path parameters");
        texts.next().ok_or_else(missing)?.parse()
    }

    fn describe(description: &mut Description) {
        description.path_parameter::<T>(T::PARAMETER);
    }
}

impl<A: PathId, B: PathId> PathIds for (A, B) {
    fn read<'a>(mut texts: impl Iterator<Item = &'a str>) -> Result<Self> {
        // If neither parses, the error names the inner resource, as for unknown ids.
        match (A::read(&mut texts), B::read(texts)) {
            (Ok(outer), Ok(inner)) => Ok((outer, inner)),
            (_, Err(error)) | (Err(error), Ok(_)) => Err(error),
        }
    }

    fn describe(description: &mut Description) {
        A::describe(description);
        B::describe(description);
    }
}

impl<S: Send + Sync, T: PathIds> FromRequestParts<S> for Path<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let params = axum::extract::RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|e: RawPathParamsRejection| {
                Error::not_found("resource").because(e.body_text())
            })?;
        Ok(Self(T::read(params.iter().map(|(_, text)| text))?))
    }
}
