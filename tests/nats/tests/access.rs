//! Who is let in: tokens, nkeys, credentials, certificates.

#![allow(clippy::unwrap_used)]

use std::{path::Path, process::Command};

use data_encoding::BASE64URL_NOPAD;
use nkeys::KeyPair;
use serde_json::{Value, json};
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

/// A token as NATS has it: what `issuer` says of `subject`.
fn token(issuer: &KeyPair, subject: &KeyPair, says: Value) -> String {
    let encoded = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let header = json!({"typ": "JWT", "alg": "ed25519-nkey"});
    let (iss, sub) = (issuer.public_key(), subject.public_key());
    let claims =
        json!({"jti": sub, "iat": 1_700_000_000, "iss": iss, "sub": sub, "name": "tests", "nats": says});
    let text = format!("{}.{}", encoded(&header), encoded(&claims));
    let signature = issuer.sign(text.as_bytes()).unwrap();
    format!("{text}.{}", BASE64URL_NOPAD.encode(&signature))
}

/// A file as `nsc generate creds` writes it.
fn credentials(account: &KeyPair) -> String {
    let user = KeyPair::new_user();
    let says = json!({"type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1});
    format!(
        "-----BEGIN NATS USER JWT-----\n{}\n------END NATS USER JWT------\n\n\
         -----BEGIN USER NKEY SEED-----\n{}\n------END USER NKEY SEED------\n",
        token(account, &user, says),
        user.seed().unwrap()
    )
}

#[tokio::test]
async fn a_file_of_credentials_opens_the_door_and_that_of_another_account_does_not() {
    let (operator, system, account) =
        (KeyPair::new_operator(), KeyPair::new_account(), KeyPair::new_account());
    let of_operator = json!({"type": "operator", "version": 2, "system_account": system.public_key()});
    let limits = json!({
        "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true, "conn": -1,
        "leaf": -1, "mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1
    });
    let of_account = json!({"type": "account", "version": 2, "limits": limits});
    let of_system = json!({"type": "account", "version": 2, "limits": {"subs": -1, "data": -1, "payload": -1,
        "imports": -1, "exports": -1, "wildcards": true, "conn": -1, "leaf": -1}});
    let server = server(format!(
        "operator: \"{}\"\nsystem_account: {}\nresolver: MEMORY\nresolver_preload: {{ {}: \"{}\", {}: \"{}\" }}\n",
        token(&operator, &operator, of_operator),
        system.public_key(),
        system.public_key(),
        token(&operator, &system, of_system),
        account.public_key(),
        token(&operator, &account, of_account),
    ));
    let file = server.directory().join("user.creds");
    let url = server.url_with(&format!("creds={}", file.display()));
    std::fs::write(&file, credentials(&account)).unwrap();
    is_let_in(&url).await.unwrap();
    std::fs::write(&file, credentials(&KeyPair::new_account())).unwrap();
    for wrong in [url, server.url()] {
        assert!(matches!(is_let_in(&wrong).await, Err(ConnectError::Unreachable { .. })));
    }
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
