//! `POST /api/customers/api-key`: replaces the default key.

use dynrag_api::{
    Answer, Caller,
    responses::{Created, Secret},
    scopes::AdminTenant,
};
use dynrag_app::keys;

use crate::keys::ApiKey;

/// Replaces the default key. The old one is rejected from now on.
pub(crate) async fn replace(caller: Caller<AdminTenant>) -> Answer<Secret<Created<ApiKey>>> {
    let (row, text) = keys::replace_default(&caller).await?;
    Ok(Secret(Created(ApiKey::new(row, Some(text)))))
}
