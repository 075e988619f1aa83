//! `cargo xtask formats`: what the catalogue gives to language models, read by ajv and by the packages of OpenAI, Anthropic
//! and MCP. They are installed below `target/`, from npm's registry, in the versions of `xtask/formats/package.json`.

use std::{
    fs::{self, File},
    path::Path,
    process::{Command, ExitCode},
};

use anyhow::{Context, bail, ensure};

const USAGE: &str = "\
Exports definitions of every kind of payload type as JSON, prompt and tools, and has them read by tools that are not ours:
every schema is compiled by ajv (draft 2020-12, strict), and takes an example and refuses a wrong value; tools are held
against the types of the packages `openai` and `@anthropic-ai/sdk`, and against the schema of `@modelcontextprotocol/sdk`.
Needs node 20 or newer with npm, and npm's registry once.

Usage: cargo xtask formats
";

/// What is run, and what it needs.
const FILES: [(&str, &str); 2] = [
    ("package.json", include_str!("../formats/package.json")),
    ("check.mjs", include_str!("../formats/check.mjs")),
];

/// Exports and checks.
pub(crate) fn run(args: &[String]) -> anyhow::Result<ExitCode> {
    match args.first().map(String::as_str) {
        None => {}
        Some("--help" | "-h") => {
            print!("{USAGE}");
            return Ok(ExitCode::SUCCESS);
        }
        Some(unknown) => bail!("no option `{unknown}`; `cargo xtask formats --help` says more"),
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in no workspace")?;
    let folder = root.join("target").join("xtask").join("formats");
    install(&folder)?;
    let export = folder.join("export.json");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["run", "--quiet", "--locked", "--package", "soorma-catalogue-tests", "--bin", "export"])
        .current_dir(root);
    let exported = cargo.stdout(File::create(&export)?).status().context("cannot run cargo")?;
    ensure!(exported.success(), "the definitions were not exported");
    let mut node = Command::new("node");
    let status =
        node.arg("check.mjs").arg(&export).current_dir(&folder).status().context("cannot run node")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Installs the packages, if these versions are not there yet.
fn install(folder: &Path) -> anyhow::Result<()> {
    let installed = folder.join("installed.json");
    let (_, wanted) = FILES[0];
    fs::create_dir_all(folder)?;
    for (name, text) in FILES {
        fs::write(folder.join(name), text)?;
    }
    if fs::read_to_string(&installed).is_ok_and(|there| there == wanted) {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.args([
        "install",
        "--no-package-lock",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel",
        "error",
    ]);
    let done = npm.current_dir(folder).status().context("cannot run npm, which comes with node")?;
    ensure!(done.success(), "npm did not install the packages of xtask/formats/package.json");
    fs::write(installed, wanted)?;
    Ok(())
}
