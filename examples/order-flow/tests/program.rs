//! The program as its users run it.

#![allow(clippy::unwrap_used)]

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

/// Runs the program with `input` on standard input.
fn run(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_order-flow"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_owned()).unwrap()
}

fn order(number: u32) -> String {
    format!(
        r#"{{"order_id":"o-{number}","customer":"c-1","sku":"mug","quantity":10,"unit_price_cents":500}}"#
    )
}

#[test]
fn the_sample_runs_through() {
    let output = run(&[], "");
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{out}\n{err}");
    assert!(out.starts_with("1,000 orders in "), "{out}");
    assert!(out.contains("0 dead letters"), "{out}");
    assert!(out.contains("└─ inventory.answered"), "{out}");
    assert!(out.ends_with("every order has one outcome; stock and money add up\n"), "{out}");
}

#[test]
fn one_order_at_a_time_follows_the_file() {
    let input = [1, 2, 3].map(order).join("\n");
    let output = run(&["--orders", "-", "--in-flight=1"], &input);
    let out = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{out}");
    // 25 pieces are enough for two of three.
    assert!(out.contains("25 pieces = 5 left + 20 sold"), "{out}");
    assert!(out.contains("1,000.00 = 900.00 left + 100.00 charged"), "{out}");
}

#[test]
fn a_line_that_is_no_order_is_reported_and_the_others_go_through() {
    let input = format!("{}\nnothing\n\n{}\n{}\n", order(1), order(1), order(2));
    let output = run(&["--orders", "-"], &input);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{out}\n{err}");
    assert!(out.starts_with("2 orders in "), "{out}");
    assert!(err.contains("line 2 is no order: expected ident at column 2; expected {\"order_id\""), "{err}");
    assert!(err.contains("line 4 is no order: `o-1` was placed before"), "{err}");
    assert!(err.contains("2 lines are no orders"), "{err}");
}

#[test]
fn what_cannot_be_read_is_an_error_at_start_up() {
    let output = run(&["--orders", "no/such/file"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("cannot read the orders in no/such/file"));
    let output = run(&["--in-flight", "none"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("`--in-flight` takes a number from 1 to 100000, not `none`"));
}
