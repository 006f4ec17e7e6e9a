//! Authenticated callers. `Caller<DocumentsRead>` in a handler's signature is the whole policy of its route: the
//! handler runs only for a verified, admitted caller with that scope.

use std::{marker::PhantomData, ops::Deref, sync::Arc};

use axum::{
    extract::{FromRef, FromRequestParts},
    http::request::Parts,
};
use dynrag_app::{
    App,
    tokens::{Audience, TokenKind},
};
use dynrag_domain::{
    Error, Kind, Result,
    api_keys::{self, ApiKey},
    identity::Class,
};
use dynrag_store::{
    admission::{Admission, Endpoint, Refused},
    rights::missing_scope,
};
use http::{HeaderMap, header};

use crate::{
    Link, extract::no_query, idempotency::Attempt, problem::Failure, route_name::RouteName,
    routes::WithoutQuery, stack::RequestLog,
};

/// Scopes as types, for [`Caller`].
pub mod scopes {
    use std::marker::PhantomData;

    use dynrag_domain::identity::{Class, Scope};

    /// The requirements for a caller.
    pub trait Required: Send + Sync + 'static {
        /// Scopes of which it needs one; empty if any caller is allowed.
        const SCOPES: &'static [Scope];
        /// Whether it must be a user, with an access token and a session.
        const USER: bool = false;
        /// Whether it must be an administrator of the platform.
        const PLATFORM_ADMIN: bool = false;
        /// Whether it may be a bound key.
        const BOUND: bool = true;
        /// The path of the resource whose tokens it takes, which OAuth clients have, in place of those of a login.
        const RESOURCE: Option<&'static str> = None;
        /// The class of the endpoint: that of the first scope.
        const CLASS: Class = match Self::SCOPES {
            [first, ..] => Class::of(Some(*first)),
            [] => Class::of(None),
        };
        /// Whether a POST respects `Idempotency-Key`: if it changes something. Not if it takes a password, of
        /// which no hash may be stored with the request's.
        const REPEATABLE: bool = !Self::SCOPES.is_empty() && Self::CLASS.changes();
    }

    /// One scope.
    pub trait One: Required {
        /// The scope.
        const SCOPE: Scope;
    }

    macro_rules! scope {
        ($($name:ident),+) => {
            $(
                #[doc = concat!("Requires ", stringify!($name), ".")]
                pub struct $name;
                impl Required for $name {
                    const SCOPES: &'static [Scope] = &[Scope::$name];
                }
                impl One for $name {
                    const SCOPE: Scope = Scope::$name;
                }
            )+
        };
    }
    scope!(
        DocumentsRead,
        DocumentsWrite,
        Search,
        Chat,
        Webhooks,
        Metrics,
        AdminTenant
    );

    /// Either of two scopes.
    pub struct AnyOf<A, B>(PhantomData<(A, B)>);
    impl<A: One, B: One> Required for AnyOf<A, B> {
        const SCOPES: &'static [Scope] = &[A::SCOPE, B::SCOPE];
    }

    /// As `S`, but not a bound key.
    pub struct Unbound<S>(PhantomData<S>);
    impl<S: One> Required for Unbound<S> {
        const SCOPES: &'static [Scope] = S::SCOPES;
        const BOUND: bool = false;
    }

    /// Any caller.
    pub struct Anyone;
    impl Required for Anyone {
        const SCOPES: &'static [Scope] = &[];
    }

    /// Any caller of the MCP server: a key, or an OAuth client with a token for it.
    pub struct McpClient;
    impl Required for McpClient {
        const SCOPES: &'static [Scope] = &[];
        const RESOURCE: Option<&'static str> = Some("/mcp");
    }

    /// A user of any role; not a key.
    pub struct User;
    impl Required for User {
        const SCOPES: &'static [Scope] = &[];
        const USER: bool = true;
    }

    /// A user who may manage the tenant; not a key.
    pub struct Owner;
    impl Required for Owner {
        const SCOPES: &'static [Scope] = &[Scope::AdminTenant];
        const USER: bool = true;
    }

    /// A user who administers the platform.
    pub struct PlatformAdmin;
    impl Required for PlatformAdmin {
        const SCOPES: &'static [Scope] = &[];
        const USER: bool = true;
        const PLATFORM_ADMIN: bool = true;
    }
}

/// The class of a request that its body tells, in place of that of the route's scope.
#[derive(Clone, Copy)]
pub(crate) struct ClassOfBody(pub(crate) Class);

/// An admitted caller with the scope `S`.
pub struct Caller<S> {
    admission: Admission,
    scope: PhantomData<S>,
}

impl<S> Deref for Caller<S> {
    type Target = Admission;

    fn deref(&self) -> &Admission {
        &self.admission
    }
}

impl<St, S> FromRequestParts<St> for Caller<S>
where
    S: scopes::Required,
    Arc<App>: FromRef<St>,
    St: Send + Sync,
{
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &St) -> Result<Self, Failure> {
        let route = parts.extensions.get::<RouteName>().copied();
        let route = route.ok_or_else(|| Error::internal_fault("route has no name"))?;
        let app = Arc::<App>::from_ref(state);
        let facts = parts.extensions.get::<RequestLog>();
        let class = parts.extensions.get::<ClassOfBody>();
        let endpoint = Endpoint {
            name: route.0,
            class: class.map_or(S::CLASS, |class| class.0),
        };
        let resource = S::RESOURCE.map(|path| Link::to(path).to_string());
        let admission = match admit(&app, &parts.headers, endpoint, resource.as_deref()).await {
            Ok(admission) => admission,
            Err(refused) => {
                if let Some(facts) = facts {
                    facts.note(None, refused.limits);
                }
                return Err(Failure(*refused.error));
            }
        };
        if let Some(facts) = facts {
            facts.note(Some(admission.customer_id), admission.limits.clone());
        }
        if !S::SCOPES.is_empty() && !S::SCOPES.iter().any(|scope| admission.has(*scope)) {
            return Err(missing_scope(S::SCOPES).into());
        }
        if !S::BOUND && admission.collections.is_some() {
            return Err(Error::new(
                Kind::Forbidden,
                "key_bound",
                "This API key is bound to collections. It cannot manage collections or run bulk actions. Use another key.",
            )
            .into());
        }
        if S::USER && admission.session.is_none() {
            return Err(Error::new(
                Kind::Forbidden,
                "user_required",
                "This endpoint is for users. Send an access token, not an API key.",
            )
            .into());
        }
        if S::PLATFORM_ADMIN && !admission.platform_admin {
            // Others get 404, so that admin routes are not disclosed.
            return Err(Error::not_found("route").into());
        }
        if parts.extensions.get::<WithoutQuery>().is_some() {
            no_query(parts.uri.query())?;
        }
        if let Some(attempt) = parts.extensions.get::<Attempt>()
            && S::REPEATABLE
        {
            attempt.begin(admission.store(), &admission, route).await?;
        }
        Ok(Self {
            admission,
            scope: PhantomData,
        })
    }
}

async fn admit(
    app: &App,
    headers: &HeaderMap,
    endpoint: Endpoint<'_>,
    resource: Option<&str>,
) -> Result<Admission, Refused> {
    // Before any connection: a request without a credential gets its 401 even if a dependency is down.
    let credential = credential(headers)?;
    let store = app.unbounded_store().await?;
    match credential {
        Credential::ApiKey(text) => {
            let key = ApiKey::parse(text)?;
            store
                .admit_api_key(key.public_id, &key.secret_hash(), endpoint)
                .await
        }
        Credential::Token(token) => {
            let vault = app.vault().await?;
            let audience = resource.map_or(Audience::Api, Audience::Resource);
            let verified = app
                .tokens()
                .await?
                .verify((TokenKind::Access, audience), token, store, vault)
                .await?;
            match resource {
                Some(resource) => store.admit_grant(verified, resource, endpoint).await,
                None => store.admit_user(verified, endpoint).await,
            }
        }
    }
}

enum Credential<'a> {
    Token(&'a str),
    ApiKey(&'a str),
}

/// Returns the only credential of a request. More than one, or one sent twice, is rejected: components could
/// disagree on which counts.
fn credential(headers: &HeaderMap) -> Result<Credential<'_>> {
    let mut found = Vec::with_capacity(1);
    for value in headers.get_all(header::AUTHORIZATION) {
        let text = value
            .to_str()
            .map_err(|_| Error::unauthenticated("authorization is not ASCII"))?;
        if text.eq_ignore_ascii_case("bearer") {
            return Err(Error::unauthenticated("authorization has no token"));
        }
        let Some((scheme, rest)) = text.split_once(' ') else {
            let detail =
                "Send 'Authorization: Bearer …', with the word Bearer before the token or key.";
            return Err(unauthenticated(detail));
        };
        if !scheme.eq_ignore_ascii_case("bearer") {
            let detail = "The Authorization scheme must be Bearer: 'Authorization: Bearer …'.";
            return Err(unauthenticated(detail));
        }
        let rest = rest.trim();
        found.push(if rest.starts_with(api_keys::PREFIX) {
            Credential::ApiKey(rest)
        } else {
            Credential::Token(rest)
        });
    }
    for value in headers.get_all("x-api-key") {
        let text = value
            .to_str()
            .map_err(|_| Error::unauthenticated("x-api-key is not ASCII"))?;
        // The gateway joins two headers into one.
        found.extend(text.split(',').map(|key| Credential::ApiKey(key.trim())));
    }
    match (found.pop(), found.is_empty()) {
        (Some(credential), true) => Ok(credential),
        (None, _) => Err(Error::unauthenticated("no credential")),
        (Some(_), false) => {
            let detail = "Send one credential only, an access token or an API key. This request has more than one.";
            Err(unauthenticated(detail))
        }
    }
}

fn unauthenticated(detail: &'static str) -> Error {
    Error::new(Kind::Unauthenticated, "unauthenticated", detail)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        map
    }

    #[test]
    fn exactly_one_credential_is_accepted() {
        assert!(matches!(
            credential(&headers(&[("authorization", "bearer a.b.c")])),
            Ok(Credential::Token("a.b.c"))
        ));
        assert!(matches!(
            credential(&headers(&[("authorization", "Bearer drk_x")])),
            Ok(Credential::ApiKey("drk_x"))
        ));
        assert!(matches!(
            credential(&headers(&[("x-api-key", "drk_x")])),
            Ok(Credential::ApiKey("drk_x"))
        ));
        for bad in [
            &[][..],
            &[("authorization", "Basic x")],
            &[("authorization", "Bearer")],
            &[("authorization", "Bearer a"), ("x-api-key", "b")],
            &[("x-api-key", "a"), ("x-api-key", "b")],
            &[("x-api-key", "a,a")],
        ] {
            assert!(credential(&headers(bad)).is_err(), "{bad:?}");
        }
        let says = |pairs: &[(&'static str, &str)]| {
            let error = credential(&headers(pairs)).err().unwrap();
            (error.code(), error.public().to_owned())
        };
        let (code, detail) = says(&[("authorization", "Bearer a"), ("x-api-key", "b")]);
        assert_eq!(code, "unauthenticated");
        assert!(detail.contains("more than one"), "{detail}");
        let (_, detail) = says(&[("authorization", "drk_x")]);
        assert!(detail.contains("the word Bearer"), "{detail}");
    }
}
