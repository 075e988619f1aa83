//! The program of a user who forbids and denies whatever can be runs, and ends by itself.

use std::process::Command;

#[test]
fn the_program_runs() {
    let output = Command::new(env!("CARGO_BIN_EXE_users-strict")).args(["--left", "3"]).output().unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{log}");
    assert!(log.contains(" handlers=5\n"), "{log}");
}
