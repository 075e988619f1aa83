//! The program as its users run it, in one process.

#![allow(clippy::unwrap_used)]

use std::{
    fs,
    process::{Command, Output},
};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_worker-delegation")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_owned()).unwrap()
}

#[test]
fn every_order_of_the_sample_is_answered_and_the_program_ends_by_itself() {
    for form in ["awaiting", "split"] {
        let ledger = std::env::temp_dir().join(format!("worker-delegation-{form}-{}", std::process::id()));
        let output = run(&["--form", form, "--bank", "0", "--ledger", ledger.to_str().unwrap()]);
        let out = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{out}\n{}", text(&output.stderr));
        let mut told: Vec<_> =
            out.lines().map(|line| line.split([' ', '{']).take(2).collect::<String>()).collect();
        told.sort();
        assert_eq!(told, ["o-1:Sent", "o-2:Refused", "o-3:Refused", "o-4:Refused"], "{out}");
        assert_eq!(fs::read_to_string(&ledger).unwrap().lines().count(), 4);
        fs::remove_file(ledger).unwrap();
    }
}

#[test]
fn what_is_wrong_with_arguments_is_said_at_start_up() {
    let cases: [(&[&str], &str); 3] = [
        (&["--orders", "few"], "`--orders` takes a whole number, not `few`"),
        (&["--bank", "-1"], "`--bank` takes a whole number, not `-1`"),
        (&["--form", "spilt"], "`--form` takes `awaiting` or `split`, not `spilt`"),
    ];
    for (arguments, expected) in cases {
        let output = run(arguments);
        let err = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{err}");
        assert!(err.contains(expected), "{err}");
    }
}
