//! The program as its users run it.

#![allow(clippy::unwrap_used)]

use std::{
    fs,
    net::TcpListener,
    process::{Command, Output},
};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ticket-router")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_owned()).unwrap()
}

/// Runs it with what is wrong, and gives what it says.
fn refused(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    text(&output.stderr)
}

#[test]
fn the_sample_runs_through_and_the_program_ends_by_itself() {
    let output = run(&[]);
    let out = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{out}\n{}", text(&output.stderr));
    for expected in [
        "ticket 1 of c-7: You charged me twice",
        "             /ordr: an unknown key; expected `order`, which is required; did you mean `order`?",
        "  chosen     refund.request {\"cents\":1890,\"order\":\"o-1001\",\"reason\":\"duplicate-charge\"}",
        "  not taken  no event `account.delete` is offered",
        "12 tickets\n  answered                    8\n",
    ] {
        assert!(out.contains(expected), "{out}");
    }
}

#[test]
fn what_is_wrong_with_arguments_and_tickets_is_said_at_start_up() {
    let folder = folder();
    let file = |name: &str, content: &str| {
        let path = format!("{folder}/{name}");
        fs::write(&path, content).unwrap();
        path
    };
    let ticket = r#"{"number": 1, "customer": "c-1", "text": "hello"}"#;
    let wrong = file("wrong", &format!("{ticket}\n\n{{\"numbr\": 2}}\n"));
    let twice = file("twice", &format!("{ticket}\n{ticket}\n"));
    let empty = file("empty", "\n");
    let cases: [(&[&str], &str); 7] = [
        (&["--tickets", "no/such/file"], "cannot read the tickets in no/such/file"),
        (&["--tickets", &wrong], "line 3 is no ticket; expected {\"number\""),
        (&["--tickets", &twice], "line 2: there is a ticket 1 before"),
        (&["--tickets", &empty], "there are no tickets"),
        (&["--model-url", "http://127.0.0.1:9/"], "`--model-url` needs `--model-name`"),
        (&["--model-name", "m"], "`--model-name` needs `--model-url`"),
        (&["--model-url", "https://model.example/", "--model-name", "m"], "this example has no TLS"),
    ];
    for (arguments, expected) in cases {
        let told = refused(arguments);
        assert!(told.contains(expected), "{told}");
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_model_that_cannot_be_reached_is_the_outcome_of_every_ticket_and_an_error_of_the_program() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = run(&["--model-url", &format!("http://{nobody}/v1/chat/completions"), "--model-name", "m"]);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{out}\n{err}");
    assert!(out.contains("model gave no answer       12") && out.contains("cannot be reached"), "{out}");
    assert!(err.contains("the model could not be asked for 12 tickets"), "{err}");
}

fn folder() -> String {
    let folder = std::env::temp_dir().join(format!("ticket-router-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder.into_os_string().into_string().unwrap()
}
