//! Descriptions of success responses, from their types.

use utoipa::{
    ToSchema,
    openapi::{
        Content,
        response::ResponseBuilder,
        schema::{ObjectBuilder, Type},
    },
};

use super::Description;
use crate::{
    Json,
    event_stream::{self, EventStream},
    responses,
};

/// A success response of a handler.
pub trait Success {
    /// Adds its part of the operation's description.
    fn describe(description: &mut Description);
}

impl<T: ToSchema> Success for Json<T> {
    fn describe(description: &mut Description) {
        description.responds::<T>(200, "OK");
    }
}

impl<T: ToSchema> Success for responses::Created<T> {
    fn describe(description: &mut Description) {
        description.responds::<T>(201, "Created");
    }
}

impl<A: Success> Success for responses::ShownOnce<A> {
    fn describe(description: &mut Description) {
        A::describe(description);
    }
}

impl<T: ToSchema> Success for responses::Accepted<T> {
    fn describe(description: &mut Description) {
        description.responds::<T>(202, "Accepted: the work is queued");
    }
}

impl Success for responses::AcceptedEmpty {
    fn describe(description: &mut Description) {
        description.answers_nothing(202, "Accepted: the work is queued");
    }
}

impl Success for responses::NoContent {
    fn describe(description: &mut Description) {
        description.answers_nothing(204, "Done");
    }
}

impl Success for EventStream {
    fn describe(description: &mut Description) {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let response = ResponseBuilder::new()
            .description("OK: a stream of server-sent events")
            .content(event_stream::MEDIA_TYPE, Content::new(Some(text)));
        description.answer("200", response.build());
    }
}

impl<A: Success, B: Success> Success for responses::Either<A, B> {
    fn describe(description: &mut Description) {
        A::describe(description);
        B::describe(description);
    }
}
