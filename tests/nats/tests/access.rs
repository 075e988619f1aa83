//! Who is let in: tokens, nkeys, certificates.

#![allow(clippy::unwrap_used)]

use std::{path::Path, process::Command};

use soorma::{Clock, ConnectError};
use soorma_nats_tests::{NatsServer, NatsServerOptions};

fn server(configuration: String) -> NatsServer {
    NatsServer::with(NatsServerOptions { configuration, ..Default::default() }).unwrap()
}

async fn is_let_in(url: &str) -> Result<(), ConnectError> {
    let broker = soorma::connect::broker(url, &Clock::system()).await?;
    broker.health().await.unwrap();
    Ok(())
}

#[tokio::test]
async fn a_token_opens_the_door_and_another_does_not() {
    let server = server("authorization { token: \"s3cr&t\" }".into());
    is_let_in(&server.url_with("token=s3cr%26t")).await.unwrap();
    for wrong in [server.url(), server.url_with("token=other")] {
        assert!(matches!(is_let_in(&wrong).await, Err(ConnectError::Unreachable { .. })));
    }
}

#[tokio::test]
async fn an_nkey_opens_the_door() {
    // From the documentation of NATS: a pair that everybody knows.
    let seed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";
    let public = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";
    let server = server(format!("authorization {{ users: [ {{ nkey: {public} }} ] }}"));
    let file = server.directory().join("user.nk");
    std::fs::write(&file, format!("{seed}\n")).unwrap();
    is_let_in(&server.url_with(&format!("nkey={}", file.display()))).await.unwrap();
    assert!(is_let_in(&server.url()).await.is_err());
}

/// An authority and a certificate for 127.0.0.1, made for this run.
fn certificates(directory: &Path) {
    let script = "openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=tests &&
        openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=server &&
        echo subjectAltName=IP:127.0.0.1 > names &&
        openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 -extfile names";
    let made = Command::new("sh").arg("-c").arg(script).current_dir(directory).output().unwrap();
    assert!(made.status.success(), "openssl: {}", String::from_utf8_lossy(&made.stderr));
}

#[tokio::test]
async fn a_server_with_a_certificate_of_ones_own_authority_is_trusted_when_the_url_says_so() {
    let directory = std::env::temp_dir().join(format!("soorma-certificates-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    certificates(&directory);
    let at = |file: &str| directory.join(file).display().to_string();
    let server =
        server(format!("tls {{ cert_file: \"{}\", key_file: \"{}\" }}", at("server.pem"), at("server.key")));
    is_let_in(&server.url_with(&format!("ca={}", at("ca.pem")))).await.unwrap();
    assert!(
        is_let_in(&server.url_with("tls=true&connect=1s")).await.is_err(),
        "an authority that nobody knows"
    );
    std::fs::remove_dir_all(&directory).unwrap();
    let plain = NatsServer::start().unwrap();
    let asked = is_let_in(&plain.url_with("tls=true&connect=1s")).await;
    assert!(asked.is_err(), "what shall be encrypted is never sent in the clear");
}
