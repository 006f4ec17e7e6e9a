//! `POST /api/customers/api-key`: another default key in the place of the old one.

use dynrag_api::{
    Answer, Caller,
    answers::{Created, Secret},
    scopes::AdminTenant,
};
use dynrag_domain::{
    ApiKeyId,
    api_keys::{self, ApiKey},
};

use crate::keys::KeyBody;

/// Replaces the default key. The old one is refused from here on.
pub(crate) async fn replace(caller: Caller<AdminTenant>) -> Answer<Secret<Created<KeyBody>>> {
    let text = api_keys::generate();
    let key = ApiKey::parse(&text)?;
    let row = caller
        .store()
        .replace_default_key(
            &caller,
            ApiKeyId::generate(),
            key.public_id,
            &key.secret_hash(),
        )
        .await?;
    Ok(Secret(Created(KeyBody::new(row, Some(text)))))
}
