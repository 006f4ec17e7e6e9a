//! Bad files affect only themselves, and slow ones delay no others.

use dynrag_testing::openai::Reply;
use futures::{StreamExt, stream};

use crate::support::{
    files, size,
    stack::{Stack, Tenant, eventually, tenant::file_part, word},
};

const BAD: usize = 20;

#[tokio::test]
async fn bad_files_do_not_affect_good_ones() {
    let stack = Stack::load();
    let tenant = stack.signup().await;
    let all = BAD + size(60, 200);
    let (good, bad) = (word(), word());
    stack.reply_to(&bad, Reply::Rejected).await;
    let sound = files::pdf(&["A page that is cut."]);
    let bad_file = |n: usize| {
        let mark = format!("{n}");
        let pdf = |bytes: &[u8]| ("a.pdf", "application/pdf", files::made_unique(bytes, &mark));
        let (file, code) = match n % 5 {
            0 => (pdf(files::PASSWORD_PDF), "password_protected"),
            1 => (pdf(&files::scanned_pdf()), "no_text_layer"),
            2 => (pdf(&sound[..sound.len() / 4]), "corrupt_file"),
            3 => (
                (
                    "a.json",
                    "application/json",
                    format!("{{\"cut\": {n}").into_bytes(),
                ),
                "corrupt_file",
            ),
            _ => (
                ("a.txt", "text/plain", format!("{bad} {n}").into_bytes()),
                "embedding_rejected",
            ),
        };
        (file, code)
    };
    // Every fourth file is bad, so that batches are mixed.
    let added: Vec<(String, Option<&str>)> = stream::iter(0..all)
        .map(|n| {
            let (tenant, good) = (&tenant, &good);
            async move {
                if n % 4 == 3 && n / 4 < BAD {
                    let ((name, media_type, bytes), code) = bad_file(n / 4);
                    let accepted = tenant
                        .upload(file_part(name, media_type, &bytes))
                        .await
                        .ok(202);
                    (accepted["docId"].as_str().unwrap().to_owned(), Some(code))
                } else {
                    (
                        tenant
                            .add("Good", &format!("Good text {good} number {n}."))
                            .await,
                        None,
                    )
                }
            }
        })
        .buffer_unordered(4)
        .collect()
        .await;
    for (id, code) in &added {
        let status = tenant.settled(id).await;
        match code {
            None => assert_eq!(status["status"], "completed", "{status}"),
            Some(code) => assert_eq!(status["code"], *code, "{status}"),
        }
    }
    assert_eq!(added.iter().filter(|(_, code)| code.is_some()).count(), BAD);
    // No bad file is found.
    assert_eq!(tenant.search("text", &bad).await.len(), 0);
    // Nothing is left to do.
    for open in [
        "SELECT count(*) FROM outbox WHERE customer_id = $1",
        "SELECT count(*) FROM documents WHERE customer_id = $1 AND resend_at IS NOT NULL",
        "SELECT count(*) FROM staged_embeddings s WHERE customer_id = $1",
    ] {
        eventually(open, async || (tenant.count(open).await == 0).then_some(())).await;
    }
    let rows = "SELECT row_count FROM index_versions WHERE customer_id = $1";
    assert_eq!(tenant.count(rows).await, (all - BAD) as i64);
    // A bad file can be retried, and ends the same way.
    let (id, code) = added.iter().find(|(_, code)| code.is_some()).unwrap();
    let retry = format!("/api/documents/{id}/retry");
    tenant.post(&retry, &serde_json::json!({})).await.ok(202);
    let status = tenant.settled(id).await;
    assert_eq!(status["code"], code.unwrap(), "{status}");
}

/// Pages of a PDF that is too slow for the quick lanes, with enough words on each.
const SLOW: usize = 1_000;

/// Pages of a PDF that is too slow for every lane, with as many words on each.
const ENDLESS: usize = 9_000;

/// Adds a PDF that is too slow for the quick lanes of this machine, however fast it is. Returns its id and the words of a page.
async fn add_slow(tenant: &Tenant) -> (String, usize) {
    const SETTLED: &str = "SELECT count(*) FROM documents WHERE customer_id = $1 AND status = 'completed' AND NOT slow";
    const IN_SLOW_LANE: &str = "SELECT count(*) FROM documents WHERE customer_id = $1 AND slow";
    for before in 0..8 {
        let words = 2_000 << before;
        let pdf = files::made_unique(&files::slow_pdf(SLOW, words), &word());
        let id = tenant.add_file("slow.pdf", "application/pdf", &pdf).await;
        let is_slow = eventually("it is read, or too slow", async || {
            match tenant.count(IN_SLOW_LANE).await == 1 {
                true => Some(true),
                false => (tenant.count(SETTLED).await > before).then_some(false),
            }
        });
        if is_slow.await {
            return (id, words);
        }
    }
    panic!("no file is too slow for this machine");
}

#[tokio::test]
async fn slow_files_of_one_customer_do_not_delay_others() {
    const OPEN: &str = "SELECT count(*) FROM documents
        WHERE customer_id = $1 AND slow AND status IN ('queued', 'processing')";
    const TRIES: &str =
        "SELECT coalesce(max(attempts), 0)::bigint FROM documents WHERE customer_id = $1";
    let stack = Stack::load();
    let (noisy, quiet) = tokio::join!(stack.signup(), stack.signup());
    let (slow, words) = add_slow(&noisy).await;
    let endless = files::slow_pdf(ENDLESS, words);
    let endless: Vec<String> = stream::iter(0..8)
        .map(async |_| {
            let pdf = files::made_unique(&endless, &word());
            noisy.add_file("endless.pdf", "application/pdf", &pdf).await
        })
        .buffered(4)
        .collect()
        .await;
    eventually("the slow lane has them", async || {
        (noisy.count(OPEN).await >= 8).then_some(())
    })
    .await;

    // Other customers are not delayed, nor are small texts of the same one.
    for tenant in [&quiet, &noisy] {
        let word = word();
        let text = tenant.add("Quick", &format!("A short text {word}.")).await;
        tenant.completed(&text).await;
        assert_eq!(tenant.search("text", &word).await.len(), 1);
    }
    let open = noisy.count(OPEN).await;
    assert!(open >= 4, "{open} slow files are still open");

    // A slow file is read in the slow lane, and the handover did not count as an attempt.
    noisy.completed(&slow).await;
    assert_eq!(noisy.count(TRIES).await, 1);
    for id in &endless {
        noisy.delete(id).await.ok(202);
    }
    eventually("they are gone", async || {
        (noisy.count(OPEN).await == 0).then_some(())
    })
    .await;
}
