//! Access and refresh tokens: HS256 with the customer's own secrets.
//!
//! Before a token is verified, only the customer's UUID is read from it, to look up the secret. Secrets
//! are cached in memory for five minutes; customers without secrets are cached as unknown, so that each
//! made-up id costs one lookup and no KMS call. If no cached secret verifies a signature, the secrets
//! are read again, because they may have been rotated: a forgery costs the database as much as an honest
//! request. `admit()` checks whether the secret is still valid.

use std::{sync::Arc, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use dynrag_cloud::{Vault, vault::Purpose};
use dynrag_domain::{CustomerId, Error, Result, SessionId, UserId, identity::Role};
use dynrag_store::{Store, TokenClaims, Verified};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use moka::future::Cache;
use rand::distr::{Alphanumeric, SampleString};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How long an access token is valid.
pub const ACCESS_TIME: Duration = Duration::from_secs(24 * 3600);
/// How long a refresh token is valid.
pub const REFRESH_TIME: Duration = Duration::from_secs(7 * 24 * 3600);
/// Characters of a token secret.
pub const SECRET_CHARACTERS: usize = 128;

/// How long the access token of an OAuth client is valid, and its refresh token.
pub const CLIENT_ACCESS_TIME: Duration = Duration::from_secs(3600);
const CLIENT_REFRESH_TIME: Duration = Duration::from_secs(30 * 24 * 3600);

const API: &str = "dynamic-rag-api";
const CACHE_TIME: Duration = Duration::from_secs(300);
const MAX_TOKEN_BYTES: usize = 4096;

/// The claims of a token.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    /// User.
    sub: UserId,
    /// Customer.
    cid: CustomerId,
    /// The user's email address, for display.
    email: String,
    /// The user's role when the token was issued; `admit()` returns the present one.
    role: Role,
    /// Issued at, seconds since 1970.
    iat: i64,
    /// Expires at, seconds since 1970.
    exp: i64,
    /// Session.
    sid: SessionId,
    /// Id of the token.
    jti: Uuid,
    /// `access` or `refresh`.
    typ: String,
    /// Issuer: the deployment.
    iss: String,
    /// Audience.
    aud: String,
}

impl Claims {
    /// Returns the token whose signature this version of the secret has verified.
    ///
    /// # Errors
    /// `unauthenticated` for a time of issue out of range.
    #[expect(
        clippy::disallowed_methods,
        reason = "the only place where tokens are verified"
    )]
    fn signed(&self, secret_version: i32) -> Result<Verified> {
        let issued_at = DateTime::from_timestamp(self.iat, 0)
            .ok_or_else(|| Error::unauthenticated("iat out of range"))?;
        let claims = TokenClaims {
            id: self.jti,
            customer: self.cid,
            user: self.sub,
            session: self.sid,
            issued_at,
        };
        Ok(Verified::signed(claims, secret_version))
    }
}

/// Where a token is accepted, and nowhere else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Audience<'a> {
    /// Our API, for tokens of a login.
    Api,
    /// A resource, by its URL, for tokens of an OAuth client (RFC 8707).
    Resource(&'a str),
}

impl<'a> Audience<'a> {
    const fn as_str(self) -> &'a str {
        match self {
            Self::Api => API,
            Self::Resource(url) => url,
        }
    }
}

/// The subject of a token.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// Where it is accepted.
    pub audience: Audience<'a>,
    /// Customer.
    pub customer_id: CustomerId,
    /// User.
    pub user_id: UserId,
    /// Session.
    pub session_id: SessionId,
    /// Email address.
    pub email: &'a str,
    /// Role.
    pub role: Role,
}

/// The kind of a token.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TokenKind {
    /// Sent with requests.
    Access,
    /// Exchanged for new tokens.
    Refresh,
}

impl TokenKind {
    const fn typ(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
        }
    }

    /// The vault's purpose of the secrets that sign it.
    pub const fn purpose(self) -> Purpose {
        match self {
            Self::Access => Purpose::AccessToken,
            Self::Refresh => Purpose::RefreshToken,
        }
    }

    /// How long a token of this kind is valid.
    pub const fn time(self, audience: Audience<'_>) -> Duration {
        match (self, audience) {
            (Self::Access, Audience::Api) => ACCESS_TIME,
            (Self::Refresh, Audience::Api) => REFRESH_TIME,
            (Self::Access, Audience::Resource(_)) => CLIENT_ACCESS_TIME,
            (Self::Refresh, Audience::Resource(_)) => CLIENT_REFRESH_TIME,
        }
    }
}

/// Generates a signing secret: characters of `0-9A-Za-z`, 5.95 bits each.
pub fn generate_secret() -> SecretString {
    SecretString::from(Alphanumeric.sample_string(&mut rand::rng(), SECRET_CHARACTERS))
}

/// A live secret.
struct Secret {
    version: i32,
    text: SecretString,
}

/// Live secrets, newest first; empty for an unknown customer.
type Secrets = Arc<Vec<Secret>>;

/// Issues and verifies tokens.
pub struct Tokens {
    issuer: String,
    secrets: Cache<(CustomerId, TokenKind), Secrets>,
}

impl Tokens {
    /// Returns the issuer of one deployment.
    pub fn new(issuer: String) -> Self {
        Self {
            issuer,
            secrets: Cache::builder()
                .max_capacity(10_000)
                .time_to_live(CACHE_TIME)
                .build(),
        }
    }

    /// Issues a token with a secret. The same arguments give the same token.
    ///
    /// # Errors
    /// `internal_error`.
    pub fn issue(
        &self,
        kind: TokenKind,
        secret: &SecretString,
        subject: Subject<'_>,
        jti: Uuid,
        issued_at: DateTime<Utc>,
    ) -> Result<String> {
        let claims = Claims {
            sub: subject.user_id,
            cid: subject.customer_id,
            email: subject.email.to_owned(),
            role: subject.role,
            iat: issued_at.timestamp(),
            exp: (issued_at + kind.time(subject.audience)).timestamp(),
            sid: subject.session_id,
            jti,
            typ: kind.typ().to_owned(),
            iss: self.issuer.clone(),
            aud: subject.audience.as_str().to_owned(),
        };
        let key = EncodingKey::from_secret(secret.expose_secret().as_bytes());
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)
            .map_err(Error::internal_fault)
    }

    /// Verifies a token of a kind, for an audience, against its customer's live secrets. Nothing else makes a [`Verified`].
    ///
    /// # Errors
    /// `unauthenticated`, the same for every cause; `unavailable` if the secret cannot be read.
    pub async fn verify(
        &self,
        (kind, audience): (TokenKind, Audience<'_>),
        token: &str,
        store: &Store,
        vault: &Vault,
    ) -> Result<Verified> {
        let customer = unverified_customer(token)?;
        let secrets = self.live(kind, customer, store, vault).await?;
        if let Some(verified) = self.signed_by((kind, audience), customer, token, &secrets)? {
            return Ok(verified);
        }
        if !secrets.is_empty() {
            let secrets = self.read(kind, customer, store, vault).await?;
            if let Some(verified) = self.signed_by((kind, audience), customer, token, &secrets)? {
                return Ok(verified);
            }
        }
        Err(Error::unauthenticated(
            "no live secret of the customer verifies this signature",
        ))
    }

    /// Returns the token if one of these secrets signed it.
    fn signed_by(
        &self,
        wanted: (TokenKind, Audience<'_>),
        customer: CustomerId,
        token: &str,
        secrets: &Secrets,
    ) -> Result<Option<Verified>> {
        for secret in secrets.iter() {
            match self.check(wanted, token, &secret.text) {
                Ok(claims) if claims.cid == customer => {
                    return claims.signed(secret.version).map(Some);
                }
                Ok(_) => return Err(Error::unauthenticated("token has two different customers")),
                Err(Rejected::Signature) => {}
                Err(Rejected::Other(why)) => return Err(Error::unauthenticated(why)),
            }
        }
        Ok(None)
    }

    /// Returns the secret to sign tokens of a kind with, bypassing the cache.
    ///
    /// # Errors
    /// `internal_error` for a customer without one; `unavailable`.
    pub async fn signing(
        &self,
        kind: TokenKind,
        customer: CustomerId,
        store: &Store,
        vault: &Vault,
    ) -> Result<SecretString> {
        let secrets = self.read(kind, customer, store, vault).await?;
        secrets
            .first()
            .map(|secret| secret.text.clone())
            .ok_or_else(|| Error::internal_fault("customer has no token secret"))
    }

    /// Reads the live secrets, bypassing the cache.
    async fn read(
        &self,
        kind: TokenKind,
        customer: CustomerId,
        store: &Store,
        vault: &Vault,
    ) -> Result<Secrets> {
        self.secrets.invalidate(&(customer, kind)).await;
        self.live(kind, customer, store, vault).await
    }

    /// Returns a customer's live secrets of a kind, newest first, from the cache.
    async fn live(
        &self,
        kind: TokenKind,
        customer: CustomerId,
        store: &Store,
        vault: &Vault,
    ) -> Result<Secrets> {
        let load = async {
            let purpose = kind.purpose();
            let Some(sealed) = store.read_secrets(customer, purpose.as_str()).await? else {
                return Ok(Secrets::default());
            };
            let key = vault.unwrap_key(customer, &sealed.wrapped_data_key).await?;
            let open = |s: &dynrag_store::secrets::SealedSecret| {
                let plain = key.open(purpose, s.version, &s.nonce, &s.ciphertext)?;
                let text = std::str::from_utf8(&plain).map_err(Error::internal_fault)?;
                Ok(Secret {
                    version: s.version,
                    text: SecretString::from(text.to_owned()),
                })
            };
            let live = sealed.secrets.iter().map(open);
            live.collect::<Result<Vec<_>>>().map(Arc::new)
        };
        self.secrets
            .try_get_with((customer, kind), load)
            .await
            .map_err(|e: Arc<Error>| Error::clone(&e))
    }

    fn check(
        &self,
        (kind, audience): (TokenKind, Audience<'_>),
        token: &str,
        secret: &SecretString,
    ) -> Result<Claims, Rejected> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 5;
        validation.validate_nbf = true;
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[audience.as_str()]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let key = DecodingKey::from_secret(secret.expose_secret().as_bytes());
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation)
            .map_err(|e| match e.kind() {
                jsonwebtoken::errors::ErrorKind::InvalidSignature => Rejected::Signature,
                other => Rejected::Other(format!("{other:?}")),
            })?
            .claims;
        if claims.typ == kind.typ() {
            Ok(claims)
        } else {
            Err(Rejected::Other("token of the other kind".into()))
        }
    }
}

enum Rejected {
    /// The signature may be from another secret.
    Signature,
    Other(String),
}

/// Reads only the customer's UUID from an unverified token.
fn unverified_customer(token: &str) -> Result<CustomerId> {
    #[derive(Deserialize)]
    struct Unverified {
        cid: CustomerId,
    }
    if token.len() > MAX_TOKEN_BYTES {
        return Err(Error::unauthenticated("token is too long"));
    }
    let mut parts = token.split('.');
    let (Some(_), Some(payload), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Error::unauthenticated("token does not have three parts"));
    };
    let json = BASE64_URL_SAFE_NO_PAD
        .decode(payload)
        .map_err(|_| Error::unauthenticated("token payload is not base64url"))?;
    serde_json::from_slice::<Unverified>(&json)
        .map(|unverified| unverified.cid)
        .map_err(|_| Error::unauthenticated("token payload has no cid"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issued(kind: TokenKind) -> (Tokens, SecretString, String, CustomerId) {
        let tokens = Tokens::new("dynamic-rag/test".into());
        let secret = SecretString::from("s".repeat(SECRET_CHARACTERS));
        let customer_id = CustomerId::generate();
        let subject = Subject {
            audience: Audience::Api,
            customer_id,
            user_id: UserId::generate(),
            session_id: SessionId::generate(),
            email: "a@b.de",
            role: Role::Business,
        };
        let token = tokens
            .issue(kind, &secret, subject, Uuid::now_v7(), Utc::now())
            .unwrap();
        (tokens, secret, token, customer_id)
    }

    fn forged(token: &str, header: &str, change: impl Fn(&mut serde_json::Value)) -> String {
        let parts: Vec<&str> = token.split('.').collect();
        let mut payload: serde_json::Value =
            serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
        change(&mut payload);
        let encode = |text: String| BASE64_URL_SAFE_NO_PAD.encode(text);
        format!(
            "{}.{}.{}",
            encode(header.into()),
            encode(payload.to_string()),
            parts[2]
        )
    }

    #[test]
    fn a_token_is_valid_for_its_kind_secret_and_deployment() {
        let (tokens, secret, token, customer) = issued(TokenKind::Access);
        assert_eq!(
            tokens
                .check((TokenKind::Access, Audience::Api), &token, &secret)
                .ok()
                .unwrap()
                .cid,
            customer
        );
        assert_eq!(unverified_customer(&token).unwrap(), customer);
        assert!(
            tokens
                .check((TokenKind::Refresh, Audience::Api), &token, &secret)
                .is_err()
        );
        assert!(
            tokens
                .check(
                    (TokenKind::Access, Audience::Api),
                    &token,
                    &SecretString::from("t".repeat(128))
                )
                .is_err()
        );
        let resource = Audience::Resource("https://api.example/mcp");
        let other = tokens.check((TokenKind::Access, resource), &token, &secret);
        assert!(other.is_err(), "another audience");
        let elsewhere = Tokens::new("dynamic-rag/prod".into());
        assert!(
            elsewhere
                .check((TokenKind::Access, Audience::Api), &token, &secret)
                .is_err()
        );
    }

    #[test]
    fn forgeries_fail() {
        let (tokens, secret, token, _) = issued(TokenKind::Access);
        let check = |token: &str| {
            tokens
                .check((TokenKind::Access, Audience::Api), token, &secret)
                .is_ok()
        };
        for header in [
            r#"{"alg":"none"}"#,
            r#"{"alg":"HS512","typ":"JWT"}"#,
            r#"{"alg":"RS256","jwk":{}}"#,
            r#"{"typ":"JWT"}"#,
        ] {
            assert!(!check(&forged(&token, header, |_| {})), "{header}");
        }
        let right = r#"{"typ":"JWT","alg":"HS256"}"#;
        assert!(!check(&forged(&token, right, |p| p["role"] = "user".into())));
        assert!(!check(
            &forged(&token, right, |p| p["exp"] = "9999999999".into())
        ));
        let unsigned = &token[..=token.rfind('.').unwrap()];
        assert!(!check(unsigned));
        for position in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
            let mutant = String::from_utf8(bytes).unwrap();
            // The last character of a base64url signature has unused bits.
            if position + 1 < token.len() {
                assert!(!check(&mutant), "byte {position}");
            }
        }
    }

    #[test]
    fn only_a_uuid_is_read_from_an_unverified_token() {
        let encode = |json: &str| BASE64_URL_SAFE_NO_PAD.encode(json);
        for payload in [
            r#"{"cid":"../x"}"#,
            r#"{"cid":1}"#,
            "{}",
            "[]",
            r#"{"cid":"a","cid":"b"}"#,
        ] {
            assert!(
                unverified_customer(&format!("h.{}.s", encode(payload))).is_err(),
                "{payload}"
            );
        }
        for token in ["", ".", "a.b", "a.b.c.d", "a.!.c", &"x".repeat(5000)] {
            assert!(unverified_customer(token).is_err());
        }
    }
}
