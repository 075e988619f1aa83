//! The endpoint as its client sees it: played by a server of a few lines, in every way that one may fail.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

use serde_json::Value;
use soorma::{handlers, prelude::*, testing::TestApp};

use super::*;
use crate::{
    billing, router, script,
    tickets::{Outcome, TicketHandled, TicketOpened},
};

/// What the server does with a request, whose head and body it is given.
type Play = dyn Fn(&str, &str, &mut TcpStream) + Send;

/// Starts a server that plays the endpoint for as long as the test runs; gives its URL.
fn endpoint(play: impl Fn(&str, &str, &mut TcpStream) + Send + 'static) -> String {
    let play: Box<Play> = Box::new(play);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1/chat/completions", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (head, body) = request(&stream);
            play(&head, &body, &mut stream);
        }
    });
    url
}

fn request(stream: &TcpStream) -> (String, String) {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).unwrap(), 0, "the head of a request is cut: {head}");
    }
    let head = head.to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    (head, String::from_utf8(body).unwrap())
}

fn respond(stream: &mut TcpStream, status: &str, body: &str) {
    let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    // A client that has seen enough may have gone.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
}

fn completion(text: &str) -> String {
    json!({ "choices": [{ "message": { "role": "assistant", "content": text } }] }).to_string()
}

fn prompt() -> Prompt {
    let messages = vec![Message::User("a".into()), Message::Assistant("b".into()), Message::User("c".into())];
    Prompt { system: "s".into(), messages }
}

/// What comes of a call, with a key, and with a patience of half a second.
async fn call(url: &str) -> Result<String, ModelError> {
    let key = Some("the-key".to_owned());
    let provider = Provider::patient(url, "m-1".into(), key, Duration::from_millis(500)).unwrap();
    provider.complete(&prompt()).await
}

#[tokio::test]
async fn a_prompt_goes_out_in_the_shape_of_chat_completions_and_the_text_of_the_first_choice_comes_back() {
    let url = endpoint(|head, body, stream| {
        assert!(head.starts_with("post /v1/chat/completions "), "{head}");
        assert!(head.contains("\r\nauthorization: bearer the-key\r\n"), "{head}");
        assert!(head.contains("\r\ncontent-type: application/json\r\n"), "{head}");
        let expected = json!({
            "model": "m-1",
            "temperature": 0,
            "messages": [
                { "role": "system", "content": "s" },
                { "role": "user", "content": "a" },
                { "role": "assistant", "content": "b" },
                { "role": "user", "content": "c" },
            ],
        });
        assert_eq!(serde_json::from_str::<Value>(body).unwrap(), expected);
        respond(stream, "200 OK", &completion("größe"));
    });
    assert_eq!(call(&url).await.unwrap(), "größe");
}

#[tokio::test]
async fn a_call_that_has_not_begun_does_not_count() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let urls = [
        (format!("http://{nobody}/v1"), "cannot be reached: io: "),
        (endpoint(|_, _, stream| respond(stream, "429 Too Many Requests", "slow down")), "busy: HTTP 429"),
        (endpoint(|_, _, stream| respond(stream, "503 Service Unavailable", "")), "busy: HTTP 503"),
    ];
    for (url, expected) in urls {
        let error = call(&url).await.unwrap_err();
        let ModelError::NotTaken(source) = &error else { panic!("{error:?}") };
        assert!(source.to_string().contains(expected), "{source}");
    }
}

#[tokio::test]
async fn whatever_else_goes_wrong_counts_and_says_what_it_was_and_never_the_key() {
    let endpoints = [
        (
            endpoint(|_, _, stream| respond(stream, "500 Oops", "the\nGPU is on fire")),
            "HTTP 500: the GPU is on fire",
        ),
        (endpoint(|_, _, stream| respond(stream, "401 Unauthorized", "no key")), "HTTP 401: no key"),
        (
            endpoint(|_, _, stream| respond(stream, "302 Found\r\nlocation: http://127.0.0.1:9/", "")),
            "HTTP 302",
        ),
        (
            endpoint(|_, _, stream| respond(stream, "200 OK", "<html>")),
            "no chat completion: expected value at line 1 column 1; it said: <html>",
        ),
        (
            endpoint(|_, _, stream| {
                respond(stream, "200 OK", r#"{"choices":[{"message":{"content":null}}]}"#)
            }),
            "no chat completion: invalid type: null",
        ),
        (endpoint(|_, _, stream| respond(stream, "200 OK", r#"{"choices":[]}"#)), "without a choice"),
        (endpoint(|_, _, stream| respond(stream, "200 OK", &"x".repeat(LONGEST as usize + 1))), "broke off"),
        (endpoint(|_, _, stream| drop(stream.write_all(b"SSH-2.0-x\r\n\r\n"))), "broke off"),
        (endpoint(|_, _, _| ()), "broke off"),
        // Never answers: waits until the client goes.
        (endpoint(|_, _, stream| drop(stream.read_to_end(&mut Vec::new()))), "broke off: timeout"),
    ];
    for (url, expected) in endpoints {
        let error = call(&url).await.unwrap_err();
        let ModelError::Failed(source) = &error else { panic!("{expected}: {error:?}") };
        assert!(source.to_string().contains(expected), "{expected}: {source}");
        assert!(!format!("{error:?}").contains("the-key"), "{error:?}");
    }
}

#[test]
fn a_url_that_cannot_be_asked_is_refused_with_what_to_write() {
    for url in ["", "model", "https://model.example/v1", "http://", "ftp://model.example/"] {
        let Err(error) = Provider::new(url, "m".into(), None) else { panic!("{url}") };
        let told = error.to_string();
        assert!(told.contains("http://127.0.0.1:8080/v1/chat/completions") && told.contains(url), "{told}");
    }
}

/// The rules of the script behind the endpoint.
fn play_script(_: &str, body: &str, stream: &mut TcpStream) {
    let body: Value = serde_json::from_str(body).unwrap();
    let mut said = body["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["content"].as_str().unwrap().to_owned());
    let system = said.next().unwrap();
    let prompt = Prompt { system, messages: said.map(Message::User).collect() };
    respond(stream, "200 OK", &completion(&script::answer(&prompt)));
}

#[tokio::test]
async fn the_router_works_with_it_and_what_was_wrong_is_told_over_http() {
    let provider = Provider::new(&endpoint(play_script), "m".into(), None).unwrap();
    let model: Box<dyn Model> = Box::new(provider);
    let app = App::builder("router")
        .handlers(handlers![router::route, router::answered, billing::refund])
        .state(model);
    let app = TestApp::start(app).await.unwrap();
    let text = "You charged me twice for order o-1001, 18.90 please.".to_owned();
    app.publish(TicketOpened { number: 1, text }).await.unwrap();
    app.settle().await.unwrap();
    let handled = app.published::<TicketHandled>();
    assert!(
        matches!(&handled[..], [TicketHandled { outcome: Outcome::Answered { .. }, not_taken, .. }] if not_taken.len() == 1),
        "{handled:?}"
    );
}
