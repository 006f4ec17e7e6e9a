//! Route tables of groups.

use std::{borrow::Cow, convert::Infallible};

use axum::{
    Router,
    extract::Request,
    handler::Handler,
    middleware::{Next, from_fn},
    response::IntoResponse,
    routing::{MethodFilter, MethodRouter, on},
};
use dynrag_domain::identity::Class;
use http::Method;

use crate::{
    Failure, body_bytes,
    caller::ClassOfBody,
    event_stream,
    idempotency::{self, Reconnects},
    openapi::{Described, Description},
    route_name::RouteName,
};

/// Marks a request with a query to a route without parameters. [`Caller`](crate::Caller) rejects it after
/// authentication.
#[derive(Clone, Copy)]
pub(crate) struct WithoutQuery;

/// An entry of the table.
#[derive(Clone)]
pub struct RouteInfo {
    /// The route's name, `documents-get`.
    pub name: &'static str,
    /// Method.
    pub method: Method,
    /// Path with parameters in braces, as API Gateway writes it.
    pub path: &'static str,
    /// A short summary.
    pub summary: &'static str,
    /// The name of its function: its own, unless a function serves several routes.
    pub function: &'static str,
    /// Whether it is on the streaming URL of its function and not in the API.
    pub streamed: bool,
    /// Describes the operation for the OpenAPI document, from the handler's types.
    pub describe: fn(&mut Description),
}

fn takes_query(describe: fn(&mut Description)) -> bool {
    let mut description = Description::default();
    describe(&mut description);
    description.has_query()
}

/// Whether an operation continues streams: it has `Last-Event-ID`.
fn continues(describe: fn(&mut Description)) -> bool {
    let mut description = Description::default();
    describe(&mut description);
    description.has_header(event_stream::LAST_EVENT_ID.as_str())
}

/// A path as the router writes it: the rest of a path is `{id+}` for API Gateway, `{*id}` for axum.
fn as_axum_writes(path: &str) -> Cow<'_, str> {
    let rest = path
        .strip_suffix("+}")
        .and_then(|path| path.rsplit_once('{'));
    match rest {
        Some((before, name)) => format!("{before}{{*{name}}}").into(),
        None => path.into(),
    }
}

/// The routes of a group. A route may have more than one path or method.
pub struct Routes<S> {
    router: Router<S>,
    table: Vec<RouteInfo>,
}

impl<S: Clone + Send + Sync + 'static> Default for Routes<S> {
    fn default() -> Self {
        Self {
            router: Router::new(),
            table: Vec::new(),
        }
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// Returns an empty table.
    pub fn new() -> Self {
        Self::default()
    }

    fn add<H, T>(
        mut self,
        name: &'static str,
        method: Method,
        filter: MethodFilter,
        path: &'static str,
        summary: &'static str,
        h: H,
    ) -> Self
    where
        H: Handler<T, S> + Described<T>,
        T: 'static,
    {
        let mut handler: MethodRouter<S, Infallible> = on(filter, h);
        if method == Method::POST {
            handler = handler.layer(from_fn(idempotency::guard));
        }
        // The name is passed with the request, for `admit()`, and with the response, for the log.
        let handler = handler.layer(from_fn(
            move |mut request: Request, next: Next| async move {
                request.extensions_mut().insert(RouteName(name));
                let query = request.uri().query().filter(|query| !query.is_empty());
                if query.is_some() && !takes_query(H::describe) {
                    request.extensions_mut().insert(WithoutQuery);
                }
                if event_stream::reconnects(request.headers()) && continues(H::describe) {
                    request.extensions_mut().insert(Reconnects);
                }
                let mut response = next.run(request).await;
                response.extensions_mut().insert(RouteName(name));
                response
            },
        ));
        self.router = self.router.route(&as_axum_writes(path), handler);
        self.table.push(RouteInfo {
            name,
            method,
            path,
            summary,
            function: name,
            streamed: false,
            describe: H::describe,
        });
        self
    }

    /// Adds a GET route.
    #[must_use]
    pub fn get<H: Handler<T, S> + Described<T>, T: 'static>(
        self,
        name: &'static str,
        path: &'static str,
        summary: &'static str,
        handler: H,
    ) -> Self {
        self.add(name, Method::GET, MethodFilter::GET, path, summary, handler)
    }

    /// Adds a GET route that streams, on its own function URL.
    #[must_use]
    pub fn get_streamed<H: Handler<T, S> + Described<T>, T: 'static>(
        self,
        name: &'static str,
        path: &'static str,
        summary: &'static str,
        handler: H,
    ) -> Self {
        let mut routes = self.get(name, path, summary, handler);
        if let Some(route) = routes.table.last_mut() {
            route.streamed = true;
        }
        routes
    }

    /// Adds a POST route.
    #[must_use]
    pub fn post<H: Handler<T, S> + Described<T>, T: 'static>(
        self,
        name: &'static str,
        path: &'static str,
        summary: &'static str,
        handler: H,
    ) -> Self {
        self.add(
            name,
            Method::POST,
            MethodFilter::POST,
            path,
            summary,
            handler,
        )
    }

    /// Adds a POST route that streams, on its own function URL.
    #[must_use]
    pub fn post_streamed<H: Handler<T, S> + Described<T>, T: 'static>(
        self,
        name: &'static str,
        path: &'static str,
        summary: &'static str,
        handler: H,
    ) -> Self {
        let mut routes = self.post(name, path, summary, handler);
        if let Some(route) = routes.table.last_mut() {
            route.streamed = true;
        }
        routes
    }

    /// Adds a PUT route.
    #[must_use]
    pub fn put<H: Handler<T, S> + Described<T>, T: 'static>(
        self,
        name: &'static str,
        path: &'static str,
        summary: &'static str,
        handler: H,
    ) -> Self {
        self.add(name, Method::PUT, MethodFilter::PUT, path, summary, handler)
    }

    /// Adds a DELETE route.
    #[must_use]
    pub fn delete<H: Handler<T, S> + Described<T>, T: 'static>(
        self,
        name: &'static str,
        path: &'static str,
        summary: &'static str,
        handler: H,
    ) -> Self {
        self.add(
            name,
            Method::DELETE,
            MethodFilter::DELETE,
            path,
            summary,
            handler,
        )
    }

    /// Has all routes served by one function, on its streaming function URL: for clients that know one address.
    #[must_use]
    pub fn in_one_function(mut self, function: &'static str) -> Self {
        for route in &mut self.table {
            (route.function, route.streamed) = (function, true);
        }
        self
    }

    /// Has all routes that have a function of their own so far served by one, behind the API.
    #[must_use]
    pub fn sharing_function(mut self, function: &'static str) -> Self {
        for route in &mut self.table {
            if route.function == route.name {
                route.function = function;
            }
        }
        self
    }

    /// Has the bodies of requests tell their class, for routes that do many things. Without one, it is that of the route's scope.
    #[must_use]
    pub fn classified(mut self, class: fn(&[u8]) -> Option<Class>) -> Self {
        self.router = self
            .router
            .layer(from_fn(move |request: Request, next: Next| async move {
                let (mut parts, body) = request.into_parts();
                let body = match body_bytes(Request::new(body)).await {
                    Ok(body) => body,
                    Err(error) => return Failure(error).into_response(),
                };
                if let Some(class) = class(&body) {
                    parts.extensions.insert(ClassOfBody(class));
                }
                next.run(Request::from_parts(parts, body.into())).await
            }));
        self
    }

    /// The table, for the contract test.
    pub fn table(&self) -> &[RouteInfo] {
        &self.table
    }

    /// The router with its state, ready for [`crate::stack::wrap`].
    pub fn router(self, state: S) -> Router {
        self.router.with_state(state)
    }
}
