//! OpenAPI 3.1, generated from the handlers' types: access from [`Caller`](crate::Caller), input from
//! [`Json`](crate::Json), [`Query`](crate::Query) and [`Path`](crate::Path), output from the response. Schemas are utoipa's.

mod argument;
mod notifications;
mod success;

use dynrag_domain::{Error, Result, identity::Scope};
use http::Method;
use utoipa::{
    ToSchema,
    openapi::{
        Components, Content, HttpMethod, Info, OpenApi, OpenApiBuilder, PathItem, Paths, Ref,
        RefOr, Required, Response, Schema, SecurityRequirement, Server, ServerBuilder,
        ServerVariableBuilder, Tag,
        extensions::ExtensionsBuilder,
        path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
        response::ResponseBuilder,
        schema::{ObjectBuilder, Type},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use crate::{Answer, RouteInfo, oauth_error, openai_error, problem::Problem};

pub use argument::Argument;
pub use success::Success;

const ACCESS_TOKEN: &str = "accessToken";
const API_KEY: &str = "apiKey";
/// The security scheme of a webhook's token.
const WEBHOOK_TOKEN: &str = "webhookToken";

/// The description of an operation.
#[derive(Default)]
pub struct Description {
    operation: OperationBuilder,
    schemas: Vec<(String, RefOr<Schema>)>,
    /// Whether a POST respects `Idempotency-Key`.
    repeatable: bool,
    access: Access,
}

/// Who may call a route.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Access {
    /// Anyone, without a credential.
    #[default]
    Public,
    /// A holder of a webhook's secret or token.
    Webhook,
    /// An admitted caller.
    Caller {
        /// Scopes of which it needs one; empty if it needs none.
        scopes: &'static [Scope],
        /// Whether it must be a user.
        user: bool,
        /// Whether it must be an administrator of the platform.
        platform_admin: bool,
        /// Whether it may be a bound key.
        bound: bool,
        /// Whether its token is that of an OAuth client, not of a login.
        oauth: bool,
    },
}

impl Description {
    /// Who may call the route.
    pub fn access(&self) -> Access {
        self.access
    }

    /// Whether the operation has query parameters.
    pub(crate) fn has_query(self) -> bool {
        let parameters = self.operation.build().parameters.unwrap_or_default();
        parameters
            .iter()
            .any(|parameter| matches!(parameter, RefOr::T(one) if one.parameter_in == ParameterIn::Query))
    }

    /// Whether the operation has a header.
    pub(crate) fn has_header(self, name: &str) -> bool {
        let parameters = self.operation.build().parameters.unwrap_or_default();
        parameters.iter().any(|parameter| {
            matches!(parameter, RefOr::T(one) if one.parameter_in == ParameterIn::Header
                && one.name.eq_ignore_ascii_case(name))
        })
    }

    fn change(&mut self, change: impl FnOnce(OperationBuilder) -> OperationBuilder) {
        self.operation = change(std::mem::take(&mut self.operation));
    }

    /// Returns the schema of a type: a reference to its component, or the schema itself if it has no fields.
    fn schema<T: ToSchema>(&mut self) -> RefOr<Schema> {
        T::schemas(&mut self.schemas);
        match T::schema() {
            RefOr::T(Schema::Object(object)) if object.properties.is_empty() => {
                RefOr::T(Schema::Object(object))
            }
            schema => {
                let name = T::name().into_owned();
                self.schemas.push((name.clone(), schema));
                Ref::from_schema_name(name).into()
            }
        }
    }

    /// Adds a body.
    pub fn body<T: ToSchema>(&mut self, content_type: &str, required: bool) {
        let schema = Some(self.schema::<T>());
        self.content(content_type, schema, required);
    }

    /// Adds a body of any content type.
    pub fn any_body(&mut self) {
        self.content("*/*", None, true);
    }

    fn content(&mut self, content_type: &str, schema: Option<RefOr<Schema>>, required: bool) {
        let required = if required {
            Required::True
        } else {
            Required::False
        };
        let body = RequestBodyBuilder::new()
            .content(content_type, Content::new(schema))
            .required(Some(required))
            .build();
        self.change(|operation| operation.request_body(Some(body)));
    }

    fn parameter(&mut self, parameter: Parameter) {
        self.change(|operation| operation.parameter(parameter));
    }

    /// Adds a path parameter.
    pub fn path_parameter<T: ToSchema>(&mut self, name: &str) {
        let schema = self.schema::<T>();
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .schema(Some(schema));
        self.parameter(parameter.build());
    }

    /// Adds an optional query parameter, a text.
    pub fn query_parameter(&mut self, name: &str, sentence: &str) {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Query)
            .required(Required::False)
            .description(Some(sentence))
            .schema(Some(text));
        self.parameter(parameter.build());
    }

    /// Adds an optional header.
    pub fn header(&mut self, name: &str, sentence: &str) {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(sentence))
            .schema(Some(text));
        self.parameter(parameter.build());
    }

    /// Adds authentication by the secret or token of a webhook.
    pub fn webhook_security(&mut self) {
        self.access = Access::Webhook;
        self.security(WEBHOOK_TOKEN, &[]);
    }

    /// Adds a security requirement: the name of its scheme and the required scopes.
    fn security(&mut self, scheme: &str, scopes: &[Scope]) {
        let scopes: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
        let requirement = SecurityRequirement::new(scheme, scopes);
        self.change(|operation| operation.security(requirement));
    }

    fn answer(&mut self, status: &str, response: Response) {
        self.change(|operation| operation.response(status, response));
    }

    /// Adds a response with a body of another type.
    pub fn responds_with(&mut self, status: u16, content_type: &str, sentence: &str) {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let response = ResponseBuilder::new().description(sentence);
        let response = response.content(content_type, Content::new(Some(text)));
        self.answer(&status.to_string(), response.build());
    }

    /// Adds a response with a JSON body.
    pub fn responds<T: ToSchema>(&mut self, status: u16, sentence: &str) {
        let schema = self.schema::<T>();
        let content = Content::new(Some(schema));
        let response = ResponseBuilder::new().description(sentence);
        let response = response.content("application/json", content).build();
        self.answer(&status.to_string(), response);
    }

    /// Adds a response without a body.
    pub fn answers_nothing(&mut self, status: u16, sentence: &str) {
        self.answer(&status.to_string(), Response::new(sentence));
    }
}

/// A handler whose types describe its operation. `T` is the type parameter of axum's `Handler`.
pub trait Described<T> {
    /// Adds the description of the operation.
    fn describe(description: &mut Description);
}

macro_rules! described {
    ($($argument:ident),+) => {
        impl<F, Answering, A, M, $($argument),+> Described<(M, $($argument,)+)> for F
        where
            F: FnOnce($($argument),+) -> Answering,
            Answering: Future<Output = Answer<A>>,
            A: Success,
            $($argument: Argument,)+
        {
            fn describe(description: &mut Description) {
                $($argument::describe(description);)+
                A::describe(description);
            }
        }
    };
}

impl<F, Answering, A> Described<((),)> for F
where
    F: FnOnce() -> Answering,
    Answering: Future<Output = Answer<A>>,
    A: Success,
{
    fn describe(description: &mut Description) {
        A::describe(description);
    }
}
described!(A1);
described!(A1, A2);
described!(A1, A2, A3);
described!(A1, A2, A3, A4);
described!(A1, A2, A3, A4, A5);
described!(A1, A2, A3, A4, A5, A6);
described!(A1, A2, A3, A4, A5, A6, A7);

fn idempotency_key() -> Parameter {
    let text = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(255))
        .pattern(Some("^[!-~]+$"));
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "Makes retries safe: a repeat of the same request with the same key gets the first response, for 24 hours.",
        ))
        .schema(Some(text))
        .build()
}

/// Returns the server of a route on a function URL, whose host is known only after deployment.
fn function_url(route: &str) -> Server {
    // That of OpenAI's clients is their base URL.
    let less = match route {
        "v1" => ", without /v1 at its end",
        _ => "",
    };
    let words = route.split('-').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_ascii_uppercase() + rest
    });
    let output: String = words.collect();
    let url = ServerVariableBuilder::new()
        .default_value("https://function-url.example")
        .description(Some(format!(
            "Output {output}Url of the CloudFormation stack{less}."
        )));
    ServerBuilder::new()
        .url("{functionUrl}")
        .parameter("functionUrl", url)
        .description(Some(
            "A Lambda function URL, because HTTP APIs cannot stream.",
        ))
        .build()
}

fn operation(route: &RouteInfo, id: String, schemas: &mut Components) -> Result<Operation> {
    let mut description = Description::default();
    (route.describe)(&mut description);
    if description.repeatable && route.method == Method::POST {
        description.parameter(idempotency_key());
    }
    if route.streamed {
        let server = function_url(route.function);
        description.change(|operation| operation.servers(Some([server])));
    }
    if route.function != route.name {
        let function = ExtensionsBuilder::new().add("x-function", route.function);
        description.change(|operation| operation.extensions(Some(function.build())));
    }
    let (media_type, schema) = match route.path {
        path if openai_error::is_at(path) => ("application/json", "OpenAiErrorBody"),
        path if oauth_error::is_at(path) => ("application/json", "OAuthErrorBody"),
        _ => ("application/problem+json", "Problem"),
    };
    let problem = |sentence: &str| {
        ResponseBuilder::new()
            .description(sentence)
            .content(
                media_type,
                Content::new(Some(Ref::from_schema_name(schema))),
            )
            .build()
    };
    description.answer("4XX", problem("Client error: `code` identifies the reason"));
    description.answer("5XX", problem("Server error: try again later"));
    match route.path {
        path if openai_error::is_at(path) => {
            drop(description.schema::<openai_error::OpenAiErrorBody>());
        }
        path if oauth_error::is_at(path) => {
            drop(description.schema::<oauth_error::OAuthErrorBody>());
        }
        _ => drop(description.schema::<Problem>()),
    }
    add_schemas(schemas, description.schemas)?;
    let tag = id.split('-').next().unwrap_or_default().to_owned();
    Ok(description
        .operation
        .operation_id(Some(id))
        .summary(Some(route.summary))
        .tag(tag)
        .build())
}

/// Adds schemas to the document.
fn add_schemas(to: &mut Components, schemas: Vec<(String, RefOr<Schema>)>) -> Result<()> {
    for (name, schema) in schemas {
        let known = to.schemas.entry(name.clone());
        if *known.or_insert_with(|| schema.clone()) != schema {
            return Err(Error::internal_fault(format!(
                "two types are called {name}"
            )));
        }
    }
    Ok(())
}

/// Returns the OpenAPI document of these routes.
///
/// # Errors
/// An internal error if two different types have the same name, or a method is not supported.
pub fn document(version: &str, routes: &[RouteInfo]) -> Result<OpenApi> {
    let mut components = Components::new();
    let key = "An API key, `drk_...`. It is also accepted as a bearer token.";
    components.add_security_scheme(
        API_KEY,
        SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
            "x-api-key",
            key,
        ))),
    );
    let key = "A webhook's token. It is also accepted as a bearer token. Prefer signatures (Standard Webhooks) if the sender can sign.";
    components.add_security_scheme(
        WEBHOOK_TOKEN,
        SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
            "x-webhook-token",
            key,
        ))),
    );
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("The access token from login."));
    components.add_security_scheme(ACCESS_TOKEN, SecurityScheme::Http(token.build()));
    let (mut paths, mut ids) = (Paths::new(), Vec::new());
    for route in routes {
        let method = match route.method {
            Method::GET => HttpMethod::Get,
            Method::POST => HttpMethod::Post,
            Method::PUT => HttpMethod::Put,
            Method::DELETE => HttpMethod::Delete,
            ref other => {
                return Err(Error::internal_fault(format!("unsupported method {other}")));
            }
        };
        let same = ids.iter().filter(|name| **name == route.name).count();
        ids.push(route.name);
        // A route may have several paths or methods; operation ids are unique.
        let id = match same {
            0 => route.name.to_owned(),
            n => format!("{}-{}", route.name, n + 1),
        };
        let operation = operation(route, id, &mut components)?;
        let item = PathItem::new(method, operation);
        // OpenAPI has no parameter that is the rest of a path.
        let path = route.path.replace("+}", "}");
        match paths.paths.get_mut(&path) {
            Some(known) => known.merge_operations(item),
            None => drop(paths.paths.insert(path, item)),
        }
    }
    let (webhooks, schemas) = notifications::webhooks();
    add_schemas(&mut components, schemas)?;
    let mut tags: Vec<&str> = ids
        .iter()
        .filter_map(|name| name.split('-').next())
        .collect();
    tags.sort_unstable();
    tags.dedup();
    let mut info = Info::new("Dynamic RAG", version);
    info.description = Some(
        "Document ingestion and retrieval for RAG. Errors are problem documents (RFC 9457) with a stable `code`."
            .to_owned(),
    );
    Ok(OpenApiBuilder::new()
        .info(info)
        .servers(Some([Server::new("/")]))
        .paths(paths)
        .webhooks(Some(webhooks))
        .components(Some(components))
        .tags(Some(tags.into_iter().map(Tag::new)))
        .build())
}
