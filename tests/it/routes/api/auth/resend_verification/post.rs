//! `POST /api/auth/resend-verification`.

use reqwest::Method;

use crate::support::stack::{Answer, Stack};

#[tokio::test]
async fn a_verification_link_is_resent_at_most_once_a_minute() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let path = "/api/auth/resend-verification";
    let resend = || {
        let request = stack.http.request(Method::POST, stack.url(path));
        Answer::of(request.bearer_auth(&a.access))
    };
    assert_eq!(resend().await.status, 202);
    resend().await.problem(429, "too_many_attempts");
    // A key is not a user.
    Answer::of(a.call(Method::POST, path))
        .await
        .problem(403, "user_required");
}
