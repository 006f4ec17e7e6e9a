//! Links in responses. They are absolute, because other systems follow them.

use std::fmt;

use dynrag_config::ApiConfig;
use lambda_http::{RequestExt, request::RequestContext};
use serde::{Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, SchemaFormat, schema::Type},
};

tokio::task_local! {
    /// Scheme and host of the present request.
    static ORIGIN: String;
}

/// An absolute URL of a route.
///
/// Scheme and host are `PUBLIC_API_URL` if the deployment sets it, else the domain name under which API Gateway
/// received the request (its own or a custom one). Headers are not trusted for them. Outside a request the link is the
/// path alone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link(String);

impl Link {
    /// Returns the link to a path, which begins with a slash.
    pub fn to(path: impl Into<String>) -> Self {
        Self(path.into())
    }

    /// Returns the link to a document's status.
    pub fn to_document_status(id: dynrag_domain::DocumentId) -> Self {
        Self(format!("/api/documents/{id}/status"))
    }

    /// Returns the link to a job.
    pub fn to_job(id: dynrag_domain::JobId) -> Self {
        Self(format!("/api/jobs/{id}"))
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ORIGIN
            .try_with(|origin| f.write_str(origin))
            .unwrap_or(Ok(()))?;
        f.write_str(&self.0)
    }
}

impl Serialize for Link {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl PartialSchema for Link {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::Custom("uri".to_owned())))
            .into()
    }
}

impl ToSchema for Link {}

/// Makes the links of a response use the origin of its request.
pub(crate) async fn scope<T>(origin: String, answer: impl Future<Output = T>) -> T {
    ORIGIN.scope(origin, answer).await
}

/// Returns scheme and host under which callers reach this API; empty if unknown.
pub(crate) fn origin(request: &impl RequestExt) -> String {
    if let Some(url) = ApiConfig::from_env().url {
        return url;
    }
    let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref() else {
        return String::new();
    };
    // The gateway's own value, not the Host header.
    context
        .domain_name
        .as_deref()
        .map(|name| format!("https://{name}"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use axum::{Json, Router, body::Body, routing::get};
    use http::{HeaderValue, Request};
    use http_body_util::BodyExt;
    use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequestContext;
    use lambda_http::tower::ServiceExt;
    use serde_json::{Value, json};

    use super::*;
    use crate::stack;

    async fn answer(context: Option<RequestContext>) -> Value {
        let link = async || Json(json!({"statusUrl": Link::to("/api/jobs/1")}));
        let mut request = Request::new(Body::empty());
        for name in ["host", "x-forwarded-host", "forwarded"] {
            let theirs = HeaderValue::from_static("evil.example");
            request.headers_mut().insert(name, theirs);
        }
        if let Some(context) = context {
            request.extensions_mut().insert(context);
        }
        let router = stack::wrap(Router::new().route("/", get(link)));
        let answer = router.oneshot(request).await.unwrap();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[tokio::test]
    async fn a_link_uses_the_gateways_domain_and_ignores_headers() {
        let mut context = ApiGatewayV2httpRequestContext::default();
        context.domain_name = Some("api.customer.example".to_owned());
        let told = answer(Some(RequestContext::ApiGatewayV2(context))).await;
        assert_eq!(told["statusUrl"], "https://api.customer.example/api/jobs/1");
        assert_eq!(answer(None).await["statusUrl"], "/api/jobs/1");
    }
}
