//! Success responses of handlers besides [`Json`] for 200. The status is part of the type, so that the
//! OpenAPI document includes it.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Json, idempotency::NotStored};

/// 201 with a JSON body.
pub struct Created<T>(pub T);

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, Json(self.0)).into_response()
    }
}

/// A response that is returned once and never stored: it contains a secret, or text of documents, which would outlive their
/// deletion.
pub struct ShownOnce<A>(pub A);

impl<A: IntoResponse> IntoResponse for ShownOnce<A> {
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        response.extensions_mut().insert(NotStored);
        response
    }
}

/// 202 with a JSON body.
pub struct Accepted<T>(pub T);

impl<T: Serialize> IntoResponse for Accepted<T> {
    fn into_response(self) -> Response {
        (StatusCode::ACCEPTED, Json(self.0)).into_response()
    }
}

/// 202 without a body.
pub struct AcceptedEmpty;

impl IntoResponse for AcceptedEmpty {
    fn into_response(self) -> Response {
        StatusCode::ACCEPTED.into_response()
    }
}

/// 204 without a body.
pub struct NoContent;

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

/// A customer whose deletion has begun.
#[derive(Serialize, ToSchema)]
pub struct CustomerDeletion {
    status: &'static str,
}

impl Default for CustomerDeletion {
    fn default() -> Self {
        Self { status: "deleting" }
    }
}

/// One of two responses.
pub enum Either<A, B> {
    /// The first response.
    Left(A),
    /// The second response.
    Right(B),
}

impl<A: IntoResponse, B: IntoResponse> IntoResponse for Either<A, B> {
    fn into_response(self) -> Response {
        match self {
            Self::Left(answer) => answer.into_response(),
            Self::Right(answer) => answer.into_response(),
        }
    }
}
