//! Certificates are checked against the host name, whatever its address.

use std::sync::{Arc, Mutex};

use dynrag_web::{Client, Get, Policy, Settings, WebError};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use crate::server::{Names, client, page, patient};

/// Serves one certificate to all clients and records the requested names.
async fn serve(
    certificate: &rcgen::CertifiedKey<rcgen::KeyPair>,
) -> (u16, Arc<Mutex<Vec<String>>>) {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(
        certificate.signing_key.serialize_der(),
    ));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let names: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&names);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A client that does not like the certificate hangs up.
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let name = stream
                .get_ref()
                .1
                .server_name()
                .unwrap_or_default()
                .to_owned();
            seen.lock().unwrap().push(name);
            let mut head = [0; 4_096];
            if stream.read(&mut head).await.is_ok_and(|read| read > 0) {
                stream.write_all(&page("", b"ok")).await.unwrap();
                stream.shutdown().await.unwrap();
            }
        }
    });
    (port, names)
}

fn pem(certificate: &rcgen::Certificate) -> Vec<u8> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let body = STANDARD.encode(certificate.der());
    let lines: Vec<_> = body
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        lines.join("\n")
    )
    .into_bytes()
}

#[tokio::test]
async fn the_certificate_is_that_of_the_name() {
    let certificate =
        rcgen::generate_simple_self_signed(vec!["good.example.net".to_owned()]).unwrap();
    let (port, names) = serve(&certificate).await;
    let lookup = Names::default()
        .with("good.example.net", &[&["127.0.0.1"]])
        .with("evil.example.net", &[&["127.0.0.1"]]);
    let mut policy = Policy::default().https_only();
    for host in ["good.example.net", "evil.example.net"] {
        policy = policy.with_allowed(&format!("{host}:{port}")).unwrap();
    }
    let settings = |roots| Settings {
        policy: policy.clone(),
        limits: patient(),
        lookup: Arc::new(lookup.clone()),
        roots,
        ..Settings::default()
    };
    let trusting = Client::new(settings(vec![pem(&certificate.cert)])).unwrap();
    let wary = Client::new(settings(Vec::new())).unwrap();
    let url = |host: &str| {
        format!("https://{host}.example.net:{port}/")
            .parse()
            .unwrap()
    };

    let answer = trusting.get(&url("good"), &Get::default()).await.unwrap();
    assert_eq!(answer.body, b"ok");
    assert_eq!(*names.lock().unwrap(), ["good.example.net"]);
    for (client, host) in [(&trusting, "evil"), (&wary, "good")] {
        let error = client
            .get(&url(host), &Get::default())
            .await
            .map(drop)
            .unwrap_err();
        assert!(matches!(error, WebError::Tls(_)), "{host}: {error:?}");
        assert!(!error.retryable());
    }
}

#[tokio::test]
async fn a_server_without_tls_is_said_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.write_all(&page("", b"ok")).await.unwrap();
        }
    });
    let policy = Policy::default().with_allowed(&format!("127.0.0.1:{port}"));
    let client = client(policy.unwrap(), patient(), Names::default());
    let url = format!("https://127.0.0.1:{port}/").parse().unwrap();
    let asked = client.get(&url, &Get::default()).await;
    let error = asked.map(drop).unwrap_err();
    assert!(matches!(error, WebError::Tls(_)), "{error:?}");
}
