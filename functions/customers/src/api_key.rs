//! `POST /api/customers/api-key`: replaces the default key.

use dynrag_api::{
    Answer, Caller,
    responses::{Created, ShownOnce},
    scopes::AdminTenant,
};
use dynrag_app::keys;

use crate::keys::ApiKey;

/// Replaces the default key. The old one is rejected from now on.
pub(crate) async fn replace(caller: Caller<AdminTenant>) -> Answer<ShownOnce<Created<ApiKey>>> {
    let (row, text) = keys::replace_default(&caller).await?;
    Ok(ShownOnce(Created(ApiKey::new(row, Some(text)))))
}
