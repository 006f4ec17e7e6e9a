//! Rate limits: buckets stay correct under concurrent callers, and a refusal by one takes nothing from the others.
//!
//! The clock of a bucket is that of the transaction. It stands still within a transaction, and a bucket counted in the
//! future does not refill, so no test depends on its own speed.

use std::{fs, time::Duration};

use dynrag_domain::{Kind, identity::Class};
use dynrag_store::{
    Store,
    admission::{Admission, Endpoint, Refused},
    rate_limits::{Policy, RateLimit},
};
use tokio_postgres::Client;

use crate::support::{
    database::{ClusterLock, Database, Role, connect},
    known::checkout,
    seed::{self, Customer},
    size,
};

async fn admit(
    store: &Store,
    customer: &Customer,
    class: Class,
    key: bool,
) -> Result<Admission, Refused> {
    let name = "documents-get";
    let endpoint = Endpoint { name, class };
    if key {
        store
            .admit_api_key(&customer.key_public_id, &customer.key_hash, endpoint)
            .await
    } else {
        store.admit_user(customer.verified(), endpoint).await
    }
}

async fn set(superuser: &Client, table: &str, change: &str, customer: &Customer) {
    let sql = format!("UPDATE {table} SET {change} WHERE customer_id = $1");
    let changed = superuser.execute(&sql, &[&customer.id.as_uuid()]).await;
    assert_eq!(changed.unwrap(), 1);
}

/// Fills all buckets of a customer, counted an hour ahead, so that they do not refill.
async fn freeze(superuser: &Client, customer: &Customer) {
    let classes = Class::ALL.map(|class| format!("class:{}", class.as_str()));
    let mut buckets = vec!["reads".to_owned(), "requests".to_owned()];
    buckets.push(format!("key:{}", customer.key.as_uuid()));
    buckets.extend(classes);
    let insert = "INSERT INTO request_buckets (customer_id, subject, taken, counted_at)
                  SELECT $1, subject, 0, now() + interval '1 hour' FROM unnest($2::text[]) AS subject";
    let customer = customer.id.as_uuid();
    superuser
        .execute(insert, &[&customer, &buckets])
        .await
        .unwrap();
}

/// Returns the amounts taken from each used bucket, and from the day.
async fn taken(superuser: &Client, customer: &Customer) -> Vec<(String, i64)> {
    let taken = "SELECT split_part(subject, ':', 1) AS bucket, taken::bigint FROM request_buckets
                 WHERE customer_id = $1 AND taken > 0
                 UNION ALL SELECT 'day', count FROM rate_limit_tracker WHERE customer_id = $1
                 ORDER BY bucket";
    let rows = superuser.query(taken, &[&customer.id.as_uuid()]).await;
    let rows = rows.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

fn named(taken: &[(&str, i64)]) -> Vec<(String, i64)> {
    let named = taken.iter().map(|(name, n)| ((*name).to_owned(), *n));
    named.collect()
}

struct Flood {
    admitted: usize,
    refused: Vec<Refused>,
}

/// Sends 400 (or 4,800) requests of one customer from eight pools, as from eight processes.
async fn flood(database: &Database, customer: &Customer, key: bool) -> Flood {
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (store, customer) = (database.store(1), customer.clone());
            tokio::spawn(async move {
                let mut answers = Vec::new();
                for _ in 0..size(50, 600) {
                    answers.push(admit(&store, &customer, Class::Read, key).await);
                }
                answers
            })
        })
        .collect();
    let mut flood = Flood {
        admitted: 0,
        refused: Vec::new(),
    };
    for task in tasks {
        for answer in task.await.unwrap() {
            match answer {
                Ok(_) => flood.admitted += 1,
                Err(refused) => flood.refused.push(refused),
            }
        }
    }
    flood
}

/// The day of the database's clock.
async fn day(superuser: &Client) -> String {
    let today = "SELECT date_trunc('day', now(), 'UTC')::text";
    superuser.query_one(today, &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_is_exact_across_eight_processes() {
    let database = Database::fresh().await;
    let superuser = database.superuser().await;
    type Case<'a> = (&'a [(&'a str, &'a str)], bool, Policy, &'a [(&'a str, i64)]);
    let cases: [Case<'_>; 4] = [
        (
            &[(
                "customer_config",
                r#"class_limits = '{"read": 40, "write": 5}'"#,
            )],
            false,
            Policy::Class(Class::Read),
            &[("class", 40), ("day", 40), ("reads", 40)],
        ),
        (
            &[("customer_config", "reads_per_minute = 50")],
            true,
            Policy::Reads,
            &[("day", 50), ("reads", 50)],
        ),
        (
            &[(
                "customer_config",
                r#"requests_per_day = 70, class_limits = '{"read": 100}'"#,
            )],
            false,
            Policy::Day,
            &[("class", 70), ("day", 70), ("reads", 70)],
        ),
        (
            &[
                ("customer_config", r#"class_limits = '{"read": 100}'"#),
                ("api_keys", "requests_per_minute = 30"),
            ],
            true,
            Policy::Key,
            &[("class", 30), ("day", 30), ("key", 30), ("reads", 30)],
        ),
    ];
    for (limits, key, policy, expected) in cases {
        let quota = expected[0].1;
        let (customer, flood) = loop {
            let customer = seed::customer(&database.store(1)).await;
            for (table, change) in limits {
                set(&superuser, table, change, &customer).await;
            }
            freeze(&superuser, &customer).await;
            let began = day(&superuser).await;
            let flood = flood(&database, &customer, key).await;
            // If the day ended meanwhile, there was another quota.
            if day(&superuser).await == began {
                break (customer, flood);
            }
        };
        assert_eq!(flood.admitted as i64, quota, "{limits:?}");
        for Refused { error, limits } in &flood.refused {
            assert_eq!(
                (error.kind(), error.code()),
                (Kind::RateLimited, "rate_limited")
            );
            let (first, others) = limits.split_first().unwrap();
            assert_eq!(
                (first.policy, i64::from(first.quota), first.left),
                (policy, quota, 0)
            );
            assert!(others.iter().all(|limit| limit.left > 0), "{others:?}");
            let wait = error.retry_after().unwrap();
            assert_eq!(wait, Duration::from_secs(u64::from(first.reset)));
            assert!((1..=first.window).contains(&first.reset), "{first:?}");
        }
        // Only admitted requests are counted, each against every limit.
        assert_eq!(
            taken(&superuser, &customer).await,
            named(expected),
            "{limits:?}"
        );
        let used = "SELECT sum(requests)::bigint FROM usage_metrics WHERE customer_id = $1 AND operation = 'documents-get'";
        let used = superuser.query_one(used, &[&customer.id.as_uuid()]).await;
        assert_eq!(used.unwrap().get::<_, i64>(0), quota);
        // Other customers are not charged for it.
        let (store, other) = (database.store(1), seed::customer(&database.store(1)).await);
        for key in [true, false] {
            admit(&store, &other, Class::Read, key).await.unwrap();
        }
    }
}

/// Takes all tokens of a bucket, and returns what was left after each.
async fn drain(transaction: &Client, customer: &Customer, quota: i32) -> Vec<f64> {
    let take = "SELECT take_token($1, 'reads', $2)";
    let mut given = Vec::new();
    while let Some(left) = transaction
        .query_one(take, &[&customer.id.as_uuid(), &quota])
        .await
        .unwrap()
        .get::<_, Option<f64>>(0)
    {
        given.push(left);
        assert!(given.len() <= 100, "the bucket is never empty");
    }
    given
}

/// Lets this many seconds pass for a bucket.
async fn pass(transaction: &Client, customer: &Customer, seconds: f64) {
    let back = "UPDATE request_buckets SET counted_at = counted_at - make_interval(secs => $2)
                WHERE customer_id = $1 AND subject = 'reads'";
    transaction
        .execute(back, &[&customer.id.as_uuid(), &seconds])
        .await
        .unwrap();
}

#[tokio::test]
async fn a_bucket_holds_a_minutes_quota_and_refills_continuously() {
    let database = Database::fresh().await;
    let customer = seed::customer(&database.store(1)).await;
    let superuser = database.superuser().await;
    // The clock stands still.
    superuser.batch_execute("BEGIN").await.unwrap();
    assert_eq!(
        drain(&superuser, &customer, 6).await,
        [5.0, 4.0, 3.0, 2.0, 1.0, 0.0]
    );
    for (seconds, tokens) in [
        (9.0, 0),
        // Together with those nine.
        (1.0, 1),
        (25.0, 2),
        (5.0, 1),
        (60.0, 6),
        (86_400.0, 6),
    ] {
        pass(&superuser, &customer, seconds).await;
        let given = drain(&superuser, &customer, 6).await;
        assert_eq!(given.len(), tokens, "after {seconds} s");
    }
    // A caller that takes every token each second for two minutes gets one burst and the refill, wherever the minutes
    // of the clock begin.
    pass(&superuser, &customer, 60.0).await;
    let mut given = drain(&superuser, &customer, 60).await.len();
    assert_eq!(given, 60);
    for _ in 0..120 {
        pass(&superuser, &customer, 1.0).await;
        let now = drain(&superuser, &customer, 60).await.len();
        assert!(now <= 2, "{now} in a second");
        given += now;
    }
    assert!((179..=180).contains(&given), "{given}");
    // A request that began before the last counted one does not refill, and takes nothing back.
    pass(&superuser, &customer, -30.0).await;
    assert_eq!(drain(&superuser, &customer, 60).await, [0.0; 0]);
    // A changed quota applies at once.
    assert_eq!(drain(&superuser, &customer, 100).await.len(), 40);
    assert_eq!(drain(&superuser, &customer, 6).await, [0.0; 0]);
    pass(&superuser, &customer, 40.0).await;
    assert_eq!(drain(&superuser, &customer, 6).await.len(), 1);
    superuser.batch_execute("ROLLBACK").await.unwrap();
}

fn policies(limits: &[RateLimit]) -> Vec<Policy> {
    limits.iter().map(|limit| limit.policy).collect()
}

#[tokio::test]
async fn a_refused_request_is_not_counted_against_other_limits() {
    let database = Database::fresh().await;
    let (store, superuser) = (database.store(1), database.superuser().await);
    let customer = seed::customer(&store).await;
    let config = r#"class_limits = '{"search": 2}', requests_per_minute = 3, requests_per_day = 7"#;
    set(&superuser, "customer_config", config, &customer).await;
    set(&superuser, "api_keys", "requests_per_minute = 6", &customer).await;
    freeze(&superuser, &customer).await;
    let search = Policy::Class(Class::Search);
    let (key, reads, day) = (Policy::Key, Policy::Reads, Policy::Day);

    let admitted = admit(&store, &customer, Class::Search, true).await.unwrap();
    assert_eq!(policies(&admitted.limits), [key, search, reads, day]);
    admit(&store, &customer, Class::Search, true).await.unwrap();
    // The class limit refuses ten times, which counts against neither the key nor the customer.
    for _ in 0..10 {
        let refused = admit(&store, &customer, Class::Search, true).await;
        let limits = refused.unwrap_err().limits;
        assert_eq!(policies(&limits), [search, key, reads, day]);
        let left: Vec<u32> = limits.iter().map(|limit| limit.left).collect();
        // Half a minute for each of two.
        assert_eq!((limits[0].reset, left), (30, vec![0, 4, 598, 5]));
    }
    let expected = named(&[("class", 2), ("day", 2), ("key", 2), ("reads", 2)]);
    assert_eq!(taken(&superuser, &customer).await, expected);

    // The customer's limit of requests other than reads; reads continue.
    for _ in 0..3 {
        admit(&store, &customer, Class::Write, true).await.unwrap();
    }
    for _ in 0..5 {
        let refused = admit(&store, &customer, Class::Write, true).await;
        assert_eq!(refused.unwrap_err().limits[0].policy, Policy::Requests);
    }
    admit(&store, &customer, Class::Read, true).await.unwrap();
    // The key is limited; a user is not.
    let refused = admit(&store, &customer, Class::Read, true).await;
    assert_eq!(refused.unwrap_err().limits[0].policy, key);
    admit(&store, &customer, Class::Read, false).await.unwrap();
    // The daily limit, which has a longer wait than that of the key.
    for by_key in [false, true] {
        let refused = admit(&store, &customer, Class::Read, by_key).await;
        assert_eq!(refused.unwrap_err().limits[0].policy, day);
    }
    let expected = [
        ("class", 2),
        ("day", 7),
        ("key", 6),
        ("reads", 4),
        ("requests", 3),
    ];
    assert_eq!(taken(&superuser, &customer).await, named(&expected));
}

#[tokio::test]
async fn tokens_of_a_request_refused_in_a_race_are_returned() {
    let database = Database::fresh().await;
    let (store, superuser) = (database.store(1), database.superuser().await);
    let looker = database.superuser().await;
    let customer = seed::customer(&store).await;
    set(
        &superuser,
        "customer_config",
        "reads_per_minute = 1",
        &customer,
    )
    .await;
    set(&superuser, "api_keys", "requests_per_minute = 5", &customer).await;
    freeze(&superuser, &customer).await;
    // Another request has taken the last token but not committed: this one still sees it, and waits for its row.
    superuser.batch_execute("BEGIN").await.unwrap();
    let last = "UPDATE request_buckets SET taken = 1 WHERE customer_id = $1 AND subject = 'reads'";
    superuser
        .execute(last, &[&customer.id.as_uuid()])
        .await
        .unwrap();
    let (racing, racer) = (store.clone(), customer.clone());
    let request =
        tokio::spawn(async move { admit(&racing, &racer, Class::Read, true).await.map(drop) });
    let waiting = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while looker
        .query_one(waiting, &[])
        .await
        .unwrap()
        .get::<_, i64>(0)
        == 0
    {
        assert!(!request.is_finished(), "it did not wait");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    superuser.batch_execute("COMMIT").await.unwrap();
    let refused = request.await.unwrap().unwrap_err();
    assert_eq!(
        policies(&refused.limits),
        [Policy::Reads, Policy::Key, Policy::Day]
    );
    assert_eq!(refused.limits[1].left, 5);
    assert_eq!(taken(&superuser, &customer).await, named(&[("reads", 1)]));
}

#[tokio::test]
async fn reads_and_searches_are_counted_separately() {
    let database = Database::fresh().await;
    let store = database.store(1);
    let customer = seed::customer(&store).await;
    for class in Class::ALL {
        let admitted = admit(&store, &customer, class, false).await.unwrap();
        let (policy, quota) = if class.reads() {
            (Policy::Reads, 600)
        } else {
            (Policy::Requests, 120)
        };
        let [first, day] = admitted.limits.as_slice() else {
            panic!("{:?}", admitted.limits);
        };
        assert_eq!(
            (first.policy, first.quota, first.window),
            (policy, quota, 60)
        );
        assert_eq!(
            (day.policy, day.quota, day.window),
            (Policy::Day, 50_000, 86_400)
        );
    }
}

#[tokio::test]
async fn unused_buckets_are_removed() {
    let database = Database::fresh().await;
    let (store, superuser) = (database.store(1), database.superuser().await);
    let (old, young) = (seed::customer(&store).await, seed::customer(&store).await);
    for customer in [&old, &young] {
        admit(&store, customer, Class::Read, true).await.unwrap();
    }
    pass(&superuser, &old, 86_401.0).await;
    pass(&superuser, &young, 80_000.0).await;
    assert_eq!(store.sweep_buckets().await.unwrap(), 1);
    assert_eq!(taken(&superuser, &old).await, named(&[("day", 1)]));
    assert_eq!(
        taken(&superuser, &young).await,
        named(&[("day", 1), ("reads", 1)])
    );
}

#[tokio::test]
async fn customers_with_the_old_defaults_get_the_new_ones() {
    let _lock = ClusterLock::take().await;
    let database = Database::without_schema().await;
    let (owner, superuser) = (
        connect(&database.login(Role::Owner)).await,
        database.superuser().await,
    );
    let mut files: Vec<(u32, String)> = fs::read_dir(checkout().join("migrations"))
        .unwrap()
        .filter_map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name()?.to_str()?.strip_prefix('V')?.to_owned();
            let version = name.split_once("__")?.0.parse().unwrap();
            Some((version, fs::read_to_string(path).unwrap()))
        })
        .collect();
    files.sort_unstable();
    let apply = async |sql: &str| {
        let sql = format!("BEGIN; {sql}; COMMIT");
        owner.batch_execute(&sql).await.unwrap();
    };
    let (before, after): (Vec<_>, Vec<_>) = files.into_iter().partition(|(n, _)| *n < 32);
    for (_, sql) in &before {
        apply(sql).await;
    }
    // Requests per minute and day before; reads, requests and requests per day after.
    let cases = [
        ((60, 10_000), (600, 120, 50_000)),
        ((60, 700), (600, 120, 700)),
        ((90, 10_000), (600, 90, 50_000)),
        ((1_000, 90_000), (1_000, 1_000, 90_000)),
        ((5, 100), (5, 5, 100)),
    ];
    let insert = "WITH made AS (INSERT INTO customers (id, company_name) VALUES (gen_random_uuid(), $1) RETURNING id),
                  counted AS (INSERT INTO rate_limit_tracker
                      SELECT id, 'customer', kind, date_trunc(kind, now(), 'UTC'), 7 FROM made, unnest('{minute,day}'::text[]) kind)
                  INSERT INTO customer_config (customer_id, embedding_model, requests_per_minute, requests_per_day)
                  SELECT id, 'm', $2, $3 FROM made";
    for (number, ((minute, day), _)) in cases.iter().enumerate() {
        superuser
            .execute(insert, &[&number.to_string(), minute, day])
            .await
            .unwrap();
    }
    apply(&after[0].1).await;
    let now = "SELECT reads_per_minute, requests_per_minute, requests_per_day FROM customer_config
               JOIN customers ON id = customer_id ORDER BY company_name";
    let rows = superuser.query(now, &[]).await.unwrap();
    let now: Vec<(i32, i32, i32)> = rows
        .iter()
        .map(|row| (row.get(0), row.get(1), row.get(2)))
        .collect();
    assert_eq!(now, cases.map(|(_, expected)| expected));
    // Windows of minutes are gone, the day continues.
    let windows =
        "SELECT window_kind, count(*), sum(count)::bigint FROM rate_limit_tracker GROUP BY 1";
    let rows = superuser.query(windows, &[]).await.unwrap();
    let windows: Vec<(String, i64, i64)> = rows
        .iter()
        .map(|row| (row.get(0), row.get(1), row.get(2)))
        .collect();
    assert_eq!(windows, [("day".to_owned(), 5, 35)]);
}
