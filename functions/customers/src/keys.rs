//! `GET POST /api/keys`, `DELETE /api/keys/{id}`.

use chrono::{DateTime, Utc};
use dynrag_api::{
    Answer, Caller, Json, Path, Query,
    paging::{Page, Paging},
    responses::{Created, NoContent, ShownOnce},
    scopes::AdminTenant,
};
use dynrag_app::keys;
use dynrag_domain::{ApiKeyId, CollectionId, UserId, api_keys, identity::Scope};
use dynrag_store::api_keys::ApiKeyRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An API key. The key itself is only returned when it is created.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApiKey {
    id: ApiKeyId,
    name: String,
    /// Beginning of the key, to recognise it.
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
    /// The user who created it; null for the default key from signup and for keys created with it.
    created_by: Option<ApiKeyMaker>,
    /// The existing collections that the key is bound to; left out for keys that are not bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    collection_ids: Option<Vec<CollectionId>>,
    /// The key itself. Shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key: Option<String>,
}

/// The user or API key that created a key or took it over.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ApiKeyMaker {
    user_id: UserId,
    email: String,
}

impl ApiKey {
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
            created_by: row.maker.map(|maker| ApiKeyMaker {
                user_id: maker.user_id,
                email: maker.email,
            }),
            collection_ids: row.collections,
            api_key,
        }
    }
}

/// Lists the keys that are not revoked, newest first.
pub(crate) async fn list(
    caller: Caller<AdminTenant>,
    Query(paging): Query<Paging>,
) -> Answer<Json<Page<ApiKey>>> {
    let store = caller.store();
    let (after, limit) = (paging.after()?, paging.limit()?);
    let rows = store
        .list_api_keys(caller.tenant(), after, limit.rows())
        .await?;
    let page = Page::new(rows, limit, |row| (row.created_at, row.id))?;
    Ok(Json(page.map(|row| ApiKey::new(row, None))))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct NewApiKey {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    #[schema(min_items = 1)]
    scopes: Vec<Scope>,
    #[schema(minimum = 1, maximum = 1000000)]
    requests_per_minute: Option<i32>,
    expires_at: Option<DateTime<Utc>>,
    /// Binds the key to these collections. Allowed scopes are then `documents:read`, `documents:write`, `search` and
    /// `chat`.
    #[schema(min_items = 1, max_items = 50)]
    collection_ids: Option<Vec<CollectionId>>,
}

impl From<NewApiKey> for keys::NewKey {
    fn from(body: NewApiKey) -> Self {
        Self {
            name: body.name,
            scopes: body.scopes,
            requests_per_minute: body.requests_per_minute,
            expires_at: body.expires_at,
            collections: body.collection_ids,
        }
    }
}

/// Creates a key with at most the caller's permissions.
pub(crate) async fn create(
    caller: Caller<AdminTenant>,
    Json(body): Json<NewApiKey>,
) -> Answer<ShownOnce<Created<ApiKey>>> {
    let (row, text) = keys::create(&caller, body.into()).await?;
    Ok(ShownOnce(Created(ApiKey::new(row, Some(text)))))
}

/// Revokes a key: it is rejected from now on.
pub(crate) async fn delete(
    caller: Caller<AdminTenant>,
    Path(id): Path<ApiKeyId>,
) -> Answer<NoContent> {
    caller
        .store()
        .revoke_api_key(caller.tenant(), caller.principal.into(), id)
        .await?;
    Ok(NoContent)
}
