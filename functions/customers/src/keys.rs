//! `GET POST /api/keys`, `DELETE /api/keys/{id}`.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use dynrag_api::{
    Answer, Caller, Json, Path, Query,
    answers::{Created, NoContent, Secret},
    paging::{Page, Paging},
    scopes::AdminTenant,
};
use dynrag_domain::{
    ApiKeyId, CollectionId, Error, FieldError, Result, UserId,
    api_keys::{self, ApiKey},
    identity::Scope,
};
use dynrag_store::api_keys::{ApiKeyRow, NewApiKey};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const MAX_NAME: usize = 100;
/// Collections a key may be bound to.
const MAX_COLLECTIONS: usize = 50;
const MAX_REQUESTS: i32 = 1_000_000;
const MAX_TIME: TimeDelta = TimeDelta::days(3653);

/// A key as it is shown; the whole key only when it is made.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiKey)]
pub(crate) struct KeyBody {
    id: ApiKeyId,
    name: String,
    /// How the key begins, to tell it from others.
    prefix: String,
    scopes: Vec<Scope>,
    is_default: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    requests_per_minute: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    /// The user behind it; null for the key of the signup and keys made with it.
    created_by: Option<MakerBody>,
    /// The collections it is bound to, of those that are still there; left out where it is not bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    collection_ids: Option<Vec<CollectionId>>,
    /// The key itself, shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key: Option<String>,
}

/// A user who made a key, or a key that made it, or took it over.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiKeyMaker)]
struct MakerBody {
    user_id: UserId,
    email: String,
}

impl KeyBody {
    pub(crate) fn new(row: ApiKeyRow, api_key: Option<String>) -> Self {
        Self {
            id: row.id,
            name: row.name,
            prefix: format!("{}{}", api_keys::PREFIX, row.public_id),
            scopes: row.scopes,
            is_default: row.is_default,
            requests_per_minute: row.requests_per_minute,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            created_at: row.created_at,
            created_by: row.maker.map(|maker| MakerBody {
                user_id: maker.user_id,
                email: maker.email,
            }),
            collection_ids: row.collections,
            api_key,
        }
    }
}

/// Lists the keys that were not revoked, newest first.
pub(crate) async fn list(
    caller: Caller<AdminTenant>,
    Query(paging): Query<Paging>,
) -> Answer<Json<Page<KeyBody>>> {
    let store = caller.store();
    let (after, limit) = (paging.after()?, paging.limit()?);
    let rows = store
        .list_api_keys(caller.customer_id, after, limit.rows())
        .await?;
    let page = Page::new(rows, limit, |row| (row.created_at, row.id))?;
    Ok(Json(page.map(|row| KeyBody::new(row, None))))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = NewApiKey)]
pub(crate) struct NewKey {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    #[schema(min_items = 1)]
    scopes: Vec<Scope>,
    #[schema(minimum = 1, maximum = 1000000)]
    requests_per_minute: Option<i32>,
    expires_at: Option<DateTime<Utc>>,
    /// Binds the key to these collections. Its scopes may then be `documents:read`, `documents:write`, `search` and
    /// `chat`.
    #[schema(min_items = 1, max_items = 50)]
    collection_ids: Option<Vec<CollectionId>>,
}

impl NewKey {
    /// Checks all fields at once; the name without what surrounds it, each scope once.
    fn check(mut self) -> Result<Self> {
        let mut fields = Vec::new();
        let mut bad = |pointer: &str, detail: String| {
            fields.push(FieldError {
                pointer: pointer.to_owned(),
                detail,
            });
        };
        self.name = self.name.trim().to_owned();
        if !(1..=MAX_NAME).contains(&self.name.chars().count())
            || self.name.contains(char::is_control)
        {
            bad(
                "/name",
                format!("from 1 to {MAX_NAME} characters, none of them a control character"),
            );
        }
        self.scopes = Scope::ALL
            .into_iter()
            .filter(|scope| self.scopes.contains(scope))
            .collect();
        if self.scopes.is_empty() {
            let known = Scope::ALL.map(Scope::as_str).join(", ");
            bad("/scopes", format!("at least one of {known}"));
        }
        if self
            .requests_per_minute
            .is_some_and(|n| !(1..=MAX_REQUESTS).contains(&n))
        {
            bad("/requestsPerMinute", format!("from 1 to {MAX_REQUESTS}"));
        }
        let to_come = Utc::now()..=Utc::now() + MAX_TIME;
        if self.expires_at.is_some_and(|at| !to_come.contains(&at)) {
            bad("/expiresAt", "a time within the next ten years".to_owned());
        }
        if let Some(ids) = &mut self.collection_ids {
            if !(1..=MAX_COLLECTIONS).contains(&ids.len()) {
                bad("/collectionIds", format!("from 1 to {MAX_COLLECTIONS}"));
            }
            let mut seen = HashSet::new();
            ids.retain(|id| seen.insert(*id));
            if !self.scopes.iter().all(|scope| scope.fits_collections()) {
                let fit = Scope::ALL
                    .into_iter()
                    .filter(|scope| scope.fits_collections());
                let fit: Vec<&str> = fit.map(Scope::as_str).collect();
                let fit = fit.join(", ");
                bad("/scopes", format!("with collectionIds only {fit}"));
            }
        }
        if fields.is_empty() {
            Ok(self)
        } else {
            Err(Error::fields_invalid(fields))
        }
    }
}

/// Makes a key, which may do no more than its maker.
pub(crate) async fn create(
    caller: Caller<AdminTenant>,
    Json(body): Json<NewKey>,
) -> Answer<Secret<Created<KeyBody>>> {
    let wanted = body.check()?;
    let text = api_keys::generate();
    let key = ApiKey::parse(&text)?;
    let new = NewApiKey {
        id: ApiKeyId::generate(),
        name: &wanted.name,
        public_id: key.public_id,
        secret_hash: &key.secret_hash(),
        scopes: &wanted.scopes,
        requests_per_minute: wanted.requests_per_minute,
        expires_at: wanted.expires_at,
        collections: wanted.collection_ids.as_deref(),
    };
    let row = caller.store().add_api_key(&caller, &new).await?;
    Ok(Secret(Created(KeyBody::new(row, Some(text)))))
}

/// Revokes a key: it is refused from here on.
pub(crate) async fn delete(
    caller: Caller<AdminTenant>,
    Path(id): Path<ApiKeyId>,
) -> Answer<NoContent> {
    caller
        .store()
        .revoke_api_key(caller.customer_id, caller.principal.into(), id)
        .await?;
    Ok(NoContent)
}
