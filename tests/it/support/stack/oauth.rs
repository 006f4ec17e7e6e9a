//! OAuth clients of the MCP server, and users who consent.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::{RequestBuilder, Url, redirect::Policy};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::stack::{Answer, Stack, Tenant};

pub const REDIRECT: &str = "https://client.example/callback";
/// A PKCE verifier.
pub const VERIFIER: &str = "a-verifier-of-this-client-0123456789-abcdefghij";

/// What a client sends by name; a test changes some.
pub type Fields = BTreeMap<&'static str, String>;

/// The challenge of a verifier.
pub fn challenge(verifier: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

/// Fields with others in their place; an empty one is left out.
pub fn with(fields: &Fields, changes: &[(&'static str, &str)]) -> Fields {
    let mut fields = fields.clone();
    for (name, value) in changes {
        match value.is_empty() {
            true => drop(fields.remove(name)),
            false => drop(fields.insert(name, (*value).to_owned())),
        }
    }
    fields
}

fn form(request: RequestBuilder, fields: &Fields) -> RequestBuilder {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    let body = body.extend_pairs(fields).finish();
    request
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
}

/// A client that has registered itself.
pub struct Client<'s> {
    pub stack: &'s Stack,
    pub id: String,
}

/// A page with its form.
pub struct Page {
    pub answer: Answer,
    pub html: String,
    /// The cookie that it set: name and value.
    pub cookie: String,
    /// The form's own token.
    pub csrf: String,
}

/// Tokens of a client.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub access: String,
    pub refresh: String,
    pub scope: String,
}

impl Stack {
    /// A request that is not redirected.
    fn browser(&self) -> reqwest::Client {
        let builder = reqwest::Client::builder().redirect(Policy::none());
        builder.build().unwrap()
    }

    /// Registers a client.
    pub async fn client(&self, uris: &[&str]) -> Client<'_> {
        let body = json!({"client_name": "Claude", "redirect_uris": uris});
        let answer = self.register(&body).await.ok(201);
        Client {
            stack: self,
            id: answer["client_id"].as_str().unwrap().to_owned(),
        }
    }

    pub async fn register(&self, body: &Value) -> Answer {
        let request = self.http.post(self.url("/oauth/register")).json(body);
        Answer::of(request).await
    }

    /// Sends a form to an endpoint for clients.
    pub async fn oauth(&self, path: &str, fields: &Fields) -> Answer {
        Answer::of(form(self.http.post(self.url(path)), fields)).await
    }

    /// Asks for consent, as a browser does.
    pub async fn authorize(&self, fields: &Fields) -> Answer {
        let mut url: Url = self.url("/oauth/authorize").parse().unwrap();
        url.query_pairs_mut().extend_pairs(fields);
        Answer::of(self.browser().get(url)).await
    }

    /// The consent form, which must come.
    pub async fn consent_page(&self, fields: &Fields) -> Page {
        let answer = self.authorize(fields).await;
        assert_eq!(answer.status, 200, "{answer}");
        let cookie = answer.header("set-cookie").unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let html = String::from_utf8(answer.body.clone()).unwrap();
        let (_, rest) = html.split_once(r#"name="csrf" value=""#).unwrap();
        let csrf = rest.split('"').next().unwrap().to_owned();
        Page {
            answer,
            html,
            cookie,
            csrf,
        }
    }

    /// A form of the consent page.
    pub fn consent(&self, cookie: &str, fields: &Fields) -> RequestBuilder {
        let request = self.browser().post(self.url("/oauth/authorize"));
        let request = form(request, fields);
        match cookie.is_empty() {
            true => request,
            false => request.header("cookie", cookie),
        }
    }

    /// The parameters of the address to which the user may go back from a page about an error.
    pub fn led_back(answer: &Answer) -> (String, BTreeMap<String, String>) {
        assert_eq!(answer.status, 400, "{answer}");
        let html = String::from_utf8_lossy(&answer.body).into_owned();
        let (_, rest) = html
            .split_once("href=\"")
            .unwrap_or_else(|| panic!("{html}"));
        let href = rest.split('"').next().unwrap().replace("&#38;", "&");
        let url: Url = href.parse().unwrap();
        let parameters = url.query_pairs().into_owned().collect();
        let mut bare = url;
        bare.set_query(None);
        (bare.into(), parameters)
    }

    /// The parameters of the address that a user is sent to.
    pub fn sent_to(answer: &Answer) -> (String, BTreeMap<String, String>) {
        assert_eq!(answer.status, 303, "{answer}");
        let url: Url = answer.header("location").unwrap().parse().unwrap();
        let parameters = url.query_pairs().into_owned().collect();
        let mut bare = url;
        bare.set_query(None);
        (bare.into(), parameters)
    }
}

impl Client<'_> {
    /// A whole authorization request.
    pub fn request(&self, scope: &str) -> Fields {
        let fields = [
            ("response_type", "code"),
            ("client_id", &self.id),
            ("redirect_uri", REDIRECT),
            ("code_challenge", &challenge(VERIFIER)),
            ("code_challenge_method", "S256"),
            ("scope", scope),
            ("state", "s-1"),
            ("resource", &self.stack.url("/mcp")),
        ];
        fields
            .into_iter()
            .map(|(name, value)| (name, value.to_owned()))
            .collect()
    }

    /// The form of a user who allows everything that is asked for.
    pub fn allowing(&self, page: &Page, asked: &Fields, user: (&str, &str)) -> Fields {
        let mut form = asked.clone();
        for (name, value) in [
            ("csrf", page.csrf.as_str()),
            ("email", user.0),
            ("password", user.1),
            ("decision", "allow"),
            ("allow.search", "on"),
            ("allow.documents:read", "on"),
            ("allow.documents:write", "on"),
            ("allow.chat", "on"),
            ("allow.metrics", "on"),
        ] {
            form.insert(name, value.to_owned());
        }
        form
    }

    /// The code that a user's consent gives.
    pub async fn code(&self, asked: &Fields, user: (&str, &str)) -> String {
        let page = self.stack.consent_page(asked).await;
        let form = self.allowing(&page, asked, user);
        let answer = Answer::of(self.stack.consent(&page.cookie, &form)).await;
        let (_, parameters) = Stack::sent_to(&answer);
        parameters
            .get("code")
            .unwrap_or_else(|| panic!("{answer}"))
            .clone()
    }

    /// What a client sends for tokens.
    pub fn exchange(&self, code: &str) -> Fields {
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", &self.id),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
            ("resource", &self.stack.url("/mcp")),
        ];
        fields
            .into_iter()
            .map(|(name, value)| (name, value.to_owned()))
            .collect()
    }

    /// What a client sends for its next tokens.
    pub fn refreshing(&self, token: &str) -> Fields {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", &self.id),
            ("refresh_token", token),
        ];
        fields
            .into_iter()
            .map(|(name, value)| (name, value.to_owned()))
            .collect()
    }

    /// The tokens of a request for tokens.
    pub async fn tokens(&self, fields: &Fields) -> Tokens {
        let answer = self.stack.oauth("/oauth/token", fields).await.ok(200);
        assert_eq!(answer["token_type"], "Bearer");
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        Tokens {
            access: text("access_token"),
            refresh: text("refresh_token"),
            scope: text("scope"),
        }
    }

    /// Tokens for what a user allows.
    pub async fn connect(&self, tenant: &Tenant, scope: &str) -> Tokens {
        let user = (tenant.email.as_str(), tenant.password.as_str());
        let code = self.code(&self.request(scope), user).await;
        self.tokens(&self.exchange(&code)).await
    }
}

/// The error of an endpoint for clients.
#[track_caller]
pub fn refused(answer: &Answer) -> String {
    assert!((400..500).contains(&answer.status), "{answer}");
    answer.json()["error"].as_str().unwrap().to_owned()
}
