//! The arguments of handlers: what each adds to the description of an operation.

use axum::{Extension, extract::State};
use dynrag_domain::identity::Scope;
use utoipa::{
    ToSchema,
    openapi::{
        RefOr, Required, Schema,
        path::{ParameterBuilder, ParameterIn},
        schema::{SchemaType, Type},
    },
};

use super::{ACCESS_TOKEN, API_KEY, Access, Description};
use crate::{
    Caller, Form, Json, Path, PathIds, Query, SourceAddress,
    event_stream::{LastEventId, LastEventText, Until},
    extract::FORM,
    idempotency::Attempt,
    scopes,
};

/// An argument of a handler.
pub trait Argument {
    /// Adds its part of the operation's description.
    fn describe(description: &mut Description);
}

impl<T> Argument for State<T> {
    fn describe(_: &mut Description) {}
}

impl Argument for Option<Extension<Attempt>> {
    fn describe(_: &mut Description) {}
}

impl Argument for SourceAddress {
    fn describe(_: &mut Description) {}
}

impl<S: scopes::Required> Argument for Caller<S> {
    fn describe(description: &mut Description) {
        description.repeatable = S::REPEATABLE;
        description.access = Access::Caller {
            scopes: S::SCOPES,
            user: S::USER,
            platform_admin: S::PLATFORM_ADMIN,
            bound: S::BOUND,
            oauth: S::RESOURCE.is_some(),
        };
        // Requirements are alternatives; within a requirement all scopes are needed.
        let any = S::SCOPES.chunks(1);
        let any: Vec<&[Scope]> = if S::SCOPES.is_empty() {
            vec![&[]]
        } else {
            any.collect()
        };
        for scopes in any {
            description.security(ACCESS_TOKEN, scopes);
            if !S::USER {
                description.security(API_KEY, scopes);
            }
        }
    }
}

impl Argument for LastEventId {
    fn describe(description: &mut Description) {
        let sentence = "The `id` of the last event received: the stream continues after it.";
        description.header("Last-Event-ID", sentence);
    }
}

impl Argument for LastEventText {
    fn describe(description: &mut Description) {
        LastEventId::describe(description);
    }
}

impl Argument for Until {
    fn describe(_: &mut Description) {}
}

impl<T: ToSchema> Argument for Json<T> {
    fn describe(description: &mut Description) {
        description.body::<T>("application/json", true);
    }
}

impl<T: ToSchema> Argument for Form<T> {
    fn describe(description: &mut Description) {
        description.body::<T>(FORM, true);
    }
}

impl<T: ToSchema> Argument for Option<Json<T>> {
    fn describe(description: &mut Description) {
        description.body::<T>("application/json", false);
    }
}

impl<T: ToSchema> Argument for Query<T> {
    fn describe(description: &mut Description) {
        T::schemas(&mut description.schemas);
        let RefOr::T(Schema::Object(object)) = T::schema() else {
            return;
        };
        for (name, mut schema) in object.properties {
            let required = if object.required.contains(&name) {
                Required::True
            } else {
                Required::False
            };
            let sentence = match &mut schema {
                RefOr::T(Schema::Object(field)) => field.description.take(),
                RefOr::T(Schema::Array(field)) => field.description.take(),
                _ => None,
            };
            let schema = not_null(schema);
            // Several values are one comma-separated string.
            let explode = matches!(schema, RefOr::T(Schema::Array(_))).then_some(false);
            let parameter = ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Query)
                .required(required)
                .description(sentence)
                .explode(explode)
                .schema(Some(schema));
            description.parameter(parameter.build());
        }
    }
}

/// Removes null from a schema: a query has no null, optional parameters are left out.
fn not_null(schema: RefOr<Schema>) -> RefOr<Schema> {
    let is_null = |schema: &RefOr<Schema>| matches!(schema, RefOr::T(Schema::Object(object)) if object.schema_type == Type::Null.into());
    match schema {
        RefOr::T(Schema::Object(mut object)) => {
            if let SchemaType::Array(types) = &object.schema_type {
                let types = types.iter().filter(|of| **of != Type::Null).cloned();
                object.schema_type = types.collect();
            }
            object.into()
        }
        RefOr::T(Schema::Array(mut array)) => {
            if let SchemaType::Array(types) = &array.schema_type {
                let types = types.iter().filter(|of| **of != Type::Null).cloned();
                array.schema_type = types.collect();
            }
            RefOr::T(Schema::Array(array))
        }
        RefOr::T(Schema::OneOf(mut either)) => {
            either.items.retain(|item| !is_null(item));
            match (either.items.pop(), either.items.is_empty()) {
                (Some(only), true) => only,
                (last, _) => {
                    either.items.extend(last);
                    RefOr::T(Schema::OneOf(either))
                }
            }
        }
        schema => schema,
    }
}

impl<T: PathIds> Argument for Path<T> {
    fn describe(description: &mut Description) {
        T::describe(description);
    }
}
