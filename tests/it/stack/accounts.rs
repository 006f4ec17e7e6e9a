//! Account emails that never reached the queue.

use crate::support::stack::Stack;

#[tokio::test]
async fn an_email_that_missed_the_queue_is_sent_by_the_sweep() {
    let stack = Stack::load();
    let a = stack.signup().await;
    stack.mail(&a.email, "Verify", 1).await;
    let lost = "INSERT INTO outbox (customer_id, job, next_attempt_at)
                VALUES ($1::uuid, jsonb_build_object('task', 'verifyEmail', 'v', 1, 'customerId', $1::uuid, 'userId', $2::uuid), now())";
    stack
        .sql()
        .await
        .execute(lost, &[&a.id, &a.user])
        .await
        .unwrap();
    stack.sweep().await;
    stack.mail(&a.email, "Verify", 2).await;
    assert_eq!(
        a.count("SELECT count(*) FROM outbox WHERE customer_id = $1")
            .await,
        0
    );
}
