//! `GET POST /oauth/authorize`: a user is asked, and answers.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, App, SourceAddress, responses::Either};
use dynrag_app::oauth::{self, Asked, ConsentRequest, Rejected};
use dynrag_domain::{
    Error, Result,
    oauth::{error, is_loopback},
};
use secrecy::SecretString;

use crate::{
    consent,
    metadata::{issuer, mcp},
    page::{Page, SeeOther},
    parameters::{InForm, InQuery, Parameters},
};

type Shown = Either<Page, SeeOther>;

/// Asks the user.
pub(crate) async fn ask(
    address: SourceAddress,
    State(app): State<Arc<App>>,
    InQuery { parameters, csrf }: InQuery,
) -> Answer<Shown> {
    match checked(&app, &address, &parameters).await {
        Ok((asked, request)) => Ok(Either::Left(consent::page(&asked, &request, csrf, None)?)),
        Err(refused) => Ok(refused?),
    }
}

/// Takes the user's answer.
pub(crate) async fn answer(
    address: SourceAddress,
    State(app): State<Arc<App>>,
    form: InForm,
) -> Answer<Shown> {
    let parameters = match form.own() {
        Ok(parameters) => parameters,
        Err(error) => return Ok(Either::Left(consent::refused(error)?)),
    };
    let (asked, request) = match checked(&app, &address, &parameters).await {
        Ok(checked) => checked,
        Err(refused) => return Ok(refused?),
    };
    if parameters.get("decision") != Some("allow") {
        let denied = error("access_denied", "The user did not allow it.");
        return Ok(Either::Right(back(&asked, &denied)?));
    }
    let email = parameters.get("email").unwrap_or_default();
    let password = SecretString::from(parameters.get("password").unwrap_or_default().to_owned());
    let allowed = parameters.allowed();
    let (issuer, resource) = (issuer().to_string(), mcp().to_string());
    let approved = oauth::approve(
        &app,
        (&asked, &request),
        (&issuer, &resource),
        (address.bytes(), email, password),
        &allowed,
    );
    Ok(match approved.await {
        Ok(uri) => Either::Right(SeeOther(uri)),
        Err(error) => Either::Left(consent::page(
            &asked,
            &request,
            parameters.get("csrf").map(str::to_owned),
            Some((error, email, &allowed)),
        )?),
    })
}

/// Checks a request; in place of an error, what the user gets to see.
async fn checked<'p>(
    app: &App,
    address: &SourceAddress,
    parameters: &'p Parameters,
) -> Result<(Asked<'p>, ConsentRequest), Result<Shown>> {
    let here = |error: Error| consent::refused(error).map(Either::Left);
    let asked = parameters.asked().map_err(here)?;
    let request = oauth::ask(app, address.bytes(), &asked, &mcp().to_string()).await;
    let request = request.map_err(|rejected| match rejected {
        Rejected::Here(error) => here(error),
        Rejected::Back(error) => told(&asked, error),
    })?;
    Ok((asked, request))
}

/// Tells the client of an error. Anybody may register a client: a link to us must not lead on to its site, or open its app, without the
/// user. On this computer it may.
fn told(asked: &Asked<'_>, error: Error) -> Result<Shown> {
    let back = back(asked, &error)?;
    match is_loopback(asked.redirect_uri) {
        true => Ok(Either::Right(back)),
        false => consent::refused_by(error, &back.0).map(Either::Left),
    }
}

fn back(asked: &Asked<'_>, error: &Error) -> Result<SeeOther> {
    oauth::back_with_error(asked, &issuer().to_string(), error).map(SeeOther)
}
