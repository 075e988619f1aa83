//! Generated mains, as processes: signals, exit codes, command line.

#![allow(clippy::unwrap_used)]

use std::{
    io::{BufRead, BufReader, Read},
    process::{Command, Output, Stdio},
};

const THOUSAND: &str = env!("CARGO_BIN_EXE_thousand");

fn run(arguments: &[&str]) -> Output {
    Command::new(THOUSAND).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_signal_with_a_thousand_events_in_flight_loses_nothing() {
    for signal in ["TERM", "INT"] {
        let mut program =
            Command::new(THOUSAND).env("SOORMA_LOG", "warn").stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(program.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        assert_eq!(line, "in flight\n");
        let killed =
            Command::new("kill").args([&format!("-{signal}"), &program.id().to_string()]).status().unwrap();
        assert!(killed.success());
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        assert_eq!(program.wait().unwrap().code(), Some(0), "SIG{signal}");
        assert_eq!(rest, "started 1000 finished 1000 outputs 1000 left 500 in hand 0\n", "SIG{signal}");
    }
}

#[test]
fn a_handler_that_outlasts_the_grace_period_is_told_by_the_exit_code() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_overrun"))
        .env("SOORMA_LOG", "warn")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "in flight\n");
    assert!(Command::new("kill").args(["-TERM", &program.id().to_string()]).status().unwrap().success());
    assert_eq!(program.wait().unwrap().code(), Some(3));
}

#[test]
fn help_and_version_are_printed_and_end_well() {
    let help = run(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    let help = text(&help.stdout);
    assert!(help.starts_with("thousand 0.1.0\nTakes a thousand events in hand"), "{help}");
    for argument in ["--broker URL", "--store URL", "--agent NAME", "--help", "--version"] {
        assert!(help.contains(argument), "{help}");
    }
    let version = run(&["--version"]);
    assert_eq!((version.status.code(), text(&version.stdout)), (Some(0), "thousand 0.1.0\n".to_owned()));
}

#[test]
fn a_command_line_that_makes_no_sense_and_an_app_that_does_not_start_say_so() {
    let unknown = run(&["--brocker", "x"]);
    assert_eq!(unknown.status.code(), Some(2));
    let error = text(&unknown.stderr);
    assert!(
        error.contains("thousand: no argument `--brocker`; there are --broker, --store, --agent"),
        "{error}"
    );
    let agent = run(&["--agent", "million"]);
    assert_eq!(agent.status.code(), Some(1));
    assert_eq!(text(&agent.stderr), "thousand: no agent `million`; the agents are `thousand`\n");
    let log = Command::new(THOUSAND).env("SOORMA_LOG", "soorma=loud").output().unwrap();
    assert_eq!(log.status.code(), Some(2));
}

#[test]
fn the_handlers_are_described_without_running_any() {
    let table = run(&["describe"]);
    assert_eq!(table.status.code(), Some(0));
    let expected = "\
AGENT     ATTRIBUTE    TOPIC           EVENT TYPE      PUBLISHES    OPTIONS           HANDLER
thousand  on_event     business-facts  thing.happened  thing.noted  concurrency=1000  thousand::take_a_while
thousand  on_startup   -               -               -            -                 thousand::publish
thousand  on_shutdown  -               -               -            -                 thousand::report
";
    assert_eq!(text(&table.stdout), expected);
    assert_eq!(text(&table.stderr), "");
    let json = run(&["describe", "--format", "json", "--broker", "nowhere://is.not.asked"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["agents"][0]["handlers"][0]["concurrency"], 1_000);
    let refused = run(&["describe", "--agent", "million"]);
    assert_eq!(refused.status.code(), Some(1));
}

#[test]
fn a_program_that_names_a_crate_in_vain_says_which() {
    let output = Command::new(env!("CARGO_BIN_EXE_in_vain")).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        text(&output.stderr),
        "in-vain: no handlers found, though `handlers_in` names `soorma_tests`, `soorma_tests::brokers`. Are they in \
         another crate, or behind a feature that is off? A handler is an `async fn` with `#[on_event]`, \
         `#[on_task]`, `#[on_result]`, `#[on_startup]` or `#[on_shutdown]`\n"
    );
}
