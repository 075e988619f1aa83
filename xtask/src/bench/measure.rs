//! Running programs and measuring them.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use anyhow::{Context, ensure};

/// The folder of the workspace.
pub(super) fn root() -> anyhow::Result<PathBuf> {
    Ok(Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in no workspace")?.to_owned())
}

/// Runs a program to its end; what it prints is returned, and shown where it fails.
pub(super) fn output(command: &mut Command) -> anyhow::Result<Output> {
    let output = command.stdin(Stdio::null()).output().with_context(|| {
        format!("`{}` could not be started; is it installed?", command.get_program().to_string_lossy())
    })?;
    ensure!(
        output.status.success(),
        "`{}` failed:\n{}",
        command.get_program().to_string_lossy(),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(output)
}

/// The seconds of CPU, user and system, of all children that have ended.
pub(super) fn children_cpu() -> anyhow::Result<f64> {
    // Fields 16 and 17 of proc_pid_stat(5), in ticks of 10 ms; the name in field 2 may contain spaces.
    let stat = std::fs::read_to_string("/proc/self/stat").context("this needs Linux")?;
    let after_name = stat.rsplit_once(')').context("/proc/self/stat has changed")?.1;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |n: usize| -> anyhow::Result<f64> { Ok(fields.get(n).context("too few fields")?.parse()?) };
    Ok((ticks(13)? + ticks(14)?) / 100.0)
}

/// The middle of some figures.
pub(super) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The least and the most of some figures.
pub(super) fn ends(figures: &[f64]) -> (f64, f64) {
    figures.iter().fold((f64::MAX, f64::MIN), |(least, most), figure| (least.min(*figure), most.max(*figure)))
}

/// A figure with thousands set apart.
pub(super) fn grouped(figure: f64) -> String {
    let digits = format!("{figure:.0}");
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
