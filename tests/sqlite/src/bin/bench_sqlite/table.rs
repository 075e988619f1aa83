//! Figures as text.

use std::fs;

/// The middle of some figures.
pub(crate) fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let figures = sorted(figures);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The middle, and the ends.
pub(crate) fn spread(figures: impl IntoIterator<Item = f64>) -> String {
    let figures = sorted(figures);
    let end = |figure: Option<&f64>| round(figure.copied().unwrap_or(f64::NAN));
    format!("{} ({} to {})", round(median(figures.clone())), end(figures.first()), end(figures.last()))
}

fn sorted(figures: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut figures: Vec<f64> = figures.into_iter().collect();
    figures.sort_by(f64::total_cmp);
    figures
}

/// Three digits or so.
pub(crate) fn round(figure: f64) -> String {
    match figure.abs() {
        ..10.0 => format!("{figure:.2}"),
        10.0..100.0 => format!("{figure:.1}"),
        _ => format!("{figure:.0}"),
    }
}

/// How busy the machine is.
pub(crate) fn machine() -> anyhow::Result<String> {
    let load = fs::read_to_string("/proc/loadavg")?;
    let load = load.split_whitespace().take(2).collect::<Vec<_>>().join(", ");
    let cores = std::thread::available_parallelism()?;
    Ok(format!("load {load} (1 and 5 minutes), {cores} cores"))
}
