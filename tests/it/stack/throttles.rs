//! Password guessing is throttled, and its victims are not. The function gets events from many network addresses,
//! which only a gateway could send.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{
    known::checkout,
    runtime::Function,
    size,
    stack::{Stack, Tenant, random, word},
};

/// A login event from a network address.
fn event(address: &str, email: &str, password: &str) -> Value {
    let file = checkout().join("events/http/auth-login.json");
    let mut event: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    event["requestContext"]["http"]["sourceIp"] = json!(address);
    event["body"] = json!(json!({"email": email, "password": password}).to_string());
    event
}

struct Login {
    function: Function,
}

impl Login {
    async fn start(stack: &Stack) -> Self {
        let variables = [("ATTEMPTS_PER_ADDRESS", "20")];
        let function = Function::start_with(stack, "AuthLogin", "dynrag-auth", &variables).await;
        Self { function }
    }

    async fn attempt(&mut self, address: &str, email: &str, password: &str) -> Value {
        let mut answer = self.function.answer(&event(address, email, password)).await;
        let body = answer["body"].as_str().unwrap();
        answer["json"] = serde_json::from_str(body).unwrap();
        answer
    }
}

/// Ends the current windows of this account and these addresses, so that the test does not wait for them.
async fn let_windows_end(stack: &Stack, email: &str, addresses: &[&str]) {
    let end = "UPDATE throttles SET window_end = now()
               WHERE subject = throttle_subject('login|stranger', convert_to($1, 'UTF8'))
                  OR subject IN (SELECT throttle_subject('login|known', convert_to($1, 'UTF8') || a) FROM unnest($2::bytea[]) a)
                  OR subject IN (SELECT throttle_subject('auth-login|minute', a) FROM unnest($2::bytea[]) a)";
    let bytes: Vec<Vec<u8>> = addresses
        .iter()
        .map(|address| {
            let ip: std::net::Ipv4Addr = address.parse().unwrap();
            ip.octets().to_vec()
        })
        .collect();
    stack
        .sql()
        .await
        .execute(end, &[&email, &bytes])
        .await
        .unwrap();
}

/// Returns a network address that no other test uses.
fn network() -> String {
    let [a, b]: [u8; 2] = rand::random();
    format!("10.{a}.{b}")
}

async fn evaluated(login: &mut Login, network: &str, a: &Tenant, guesses: usize) -> usize {
    let mut evaluated = 0;
    for guess in 0..guesses {
        let address = format!("{network}.{}", 1 + guess % 100);
        let answer = login.attempt(&address, &a.email, &random(16)).await;
        match answer["statusCode"].as_u64().unwrap() {
            401 => evaluated += 1,
            429 => {
                assert_eq!(answer["json"]["code"], "too_many_attempts", "{answer}");
                let wait: u64 = answer["headers"]["retry-after"]
                    .as_str()
                    .unwrap()
                    .parse()
                    .unwrap();
                assert!((1..=60).contains(&wait), "{answer}");
            }
            _ => panic!("{answer}"),
        }
    }
    evaluated
}

#[tokio::test]
async fn password_guessing_is_throttled_without_locking_out_the_owner() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let mut login = Login::start(&stack).await;
    let (network, home) = (network(), "192.0.2.77");
    // The owner has logged in from here before.
    let right = a.password.clone();
    assert_eq!(
        login.attempt(home, &a.email, &right).await["statusCode"],
        200
    );
    let guesses = size(500, 1_000);
    let guessed = evaluated(&mut login, &network, &a, guesses).await;
    assert!(
        (1..=100).contains(&guessed),
        "{guessed} of {guesses} were evaluated"
    );
    // From home the owner can log in during the attack; from elsewhere in the next minute.
    assert_eq!(
        login.attempt(home, &a.email, &right).await["statusCode"],
        200
    );
    let abroad = "198.51.100.7";
    assert_eq!(
        login.attempt(abroad, &a.email, &right).await["statusCode"],
        429
    );
    let_windows_end(&stack, &a.email, &[abroad]).await;
    assert_eq!(
        login.attempt(abroad, &a.email, &right).await["statusCode"],
        200
    );
    // Successful logins do not count, however many.
    for _ in 0..30 {
        assert_eq!(
            login.attempt(home, &a.email, &right).await["statusCode"],
            200
        );
    }

    // The control: with the account's window gone, each guess is evaluated.
    let forget = "DELETE FROM throttles WHERE subject = throttle_subject('login|stranger', convert_to($1, 'UTF8'))";
    let mut guessed = 0;
    for _ in 0..5 {
        stack
            .sql()
            .await
            .execute(forget, &[&a.email])
            .await
            .unwrap();
        guessed += evaluated(&mut login, &self::network(), &a, 20).await;
    }
    assert_eq!(guessed, 100);
}

#[tokio::test]
async fn attempts_on_many_accounts_are_limited_per_address() {
    let stack = Stack::load();
    let mut login = Login::start(&stack).await;
    let address = format!("{}.1", network());
    let mut statuses = Vec::new();
    for _ in 0..25 {
        let answer = login
            .attempt(&address, &format!("{}@example.com", word()), "guess")
            .await;
        statuses.push(answer["statusCode"].as_u64().unwrap());
    }
    assert_eq!(statuses, [[401; 20].as_slice(), &[429; 5]].concat());
    // Addresses of one IPv6 network count as one; another network counts separately.
    let [a, b]: [u16; 2] = rand::random();
    let v6 = |net: u16, host: u16| format!("2001:db8:{a:x}:{:x}::{host:x}", b ^ net);
    for host in 0..20 {
        let answer = login
            .attempt(&v6(0, host), &format!("{}@example.com", word()), "guess")
            .await;
        assert_eq!(answer["statusCode"], 401);
    }
    let email = format!("{}@example.com", word());
    assert_eq!(
        login.attempt(&v6(0, 999), &email, "guess").await["statusCode"],
        429
    );
    assert_eq!(
        login.attempt(&v6(1, 999), &email, "guess").await["statusCode"],
        401
    );
}

#[tokio::test]
async fn unknown_accounts_are_throttled_and_timed_like_known_ones() {
    let stack = Stack::load();
    let mut login = Login::start(&stack).await;
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for _ in 0..size(1, 25) {
        let a = stack.signup().await;
        let nobody = format!("{}@example.com", word());
        let network = network();
        for n in 0..20 {
            for (email, times) in [(&a.email, &mut known), (&nobody, &mut unknown)] {
                let began = Instant::now();
                let answer = login
                    .attempt(&format!("{network}.{n}"), email, "guess")
                    .await;
                times.push(began.elapsed());
                assert_eq!(answer["statusCode"], 401, "{answer}");
                assert_eq!(answer["json"]["code"], "invalid_credentials", "{answer}");
            }
        }
        for email in [&a.email, &nobody] {
            let answer = login
                .attempt(&format!("{network}.99"), email, "guess")
                .await;
            assert_eq!(answer["json"]["code"], "too_many_attempts", "{answer}");
        }
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2]
    };
    // This compares the work done, not exact times: a password hash takes much longer than the rest.
    let (known, unknown) = (median(&mut known), median(&mut unknown));
    println!("a known address {known:?}, an unknown one {unknown:?}");
    assert!(
        unknown * 2 > known && known * 2 > unknown,
        "known {known:?}, unknown {unknown:?}"
    );
}
