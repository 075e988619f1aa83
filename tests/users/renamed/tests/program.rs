//! The program that knows soorma by another name has its handlers, and ends by itself.

use std::process::Command;

#[test]
fn the_program_runs() {
    let output = Command::new(env!("CARGO_BIN_EXE_users-renamed")).output().expect("it starts");
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{log}");
    assert!(log.contains(" handlers=5\n"), "{log}");
}
