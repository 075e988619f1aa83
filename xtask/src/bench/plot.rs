//! A plot with logarithmic axes, as SVG. Knows nothing of what it shows; reads well on white and on black.

use std::fmt::Write;

use super::measure::grouped;

/// What is shown.
pub(super) struct Plot<'a> {
    pub(super) title: &'a str,
    pub(super) x: &'a str,
    pub(super) y: &'a str,
    pub(super) lines: Vec<Line<'a>>,
}

/// One line; all its numbers are above zero.
pub(super) struct Line<'a> {
    pub(super) name: &'a str,
    pub(super) points: Vec<(f64, f64)>,
}

/// As wide and high as this; the axes leave room for what is written beside them.
const SIZE: (f64, f64) = (760.0, 400.0);
const LEFT: f64 = 90.0;
const RIGHT: f64 = 220.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 55.0;

/// Seen on white as well as on black.
const COLOURS: [&str; 4] = ["#3d85c6", "#d9822b", "#3f9c5a", "#b05fc0"];

const STYLE: &str = "text{font:13px sans-serif;fill:#333}.grid{stroke:#888;stroke-opacity:.3}\
    @media(prefers-color-scheme:dark){text{fill:#ddd}}";

impl Plot<'_> {
    pub(super) fn svg(&self) -> String {
        let points = || self.lines.iter().flat_map(|line| line.points.iter().copied());
        let (x, y) =
            (Axis::around(points().map(|point| point.0)), Axis::around(points().map(|point| point.1)));
        let across = |value: f64| LEFT + x.place(value) * (SIZE.0 - LEFT - RIGHT);
        let up = |value: f64| SIZE.1 - BOTTOM - y.place(value) * (SIZE.1 - TOP - BOTTOM);
        let (right, bottom) = (SIZE.0 - RIGHT, SIZE.1 - BOTTOM);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" role=\"img\">\n<title>{title}</title>\n\
             <style>{STYLE}</style>\n<text x=\"{LEFT}\" y=\"20\" font-weight=\"bold\">{title}</text>\n",
            SIZE.0,
            SIZE.1,
            title = self.title
        );
        // Writing to a `String` cannot fail.
        for tick in x.ticks() {
            let (at, below) = (across(tick), bottom + 18.0);
            let _ = writeln!(svg, "<path class=\"grid\" d=\"M{at:.1} {TOP}V{bottom}\"/>");
            let _ = writeln!(
                svg,
                "<text x=\"{at:.1}\" y=\"{below}\" text-anchor=\"middle\">{}</text>",
                grouped(tick)
            );
        }
        for tick in y.ticks() {
            let (at, beside) = (up(tick), LEFT - 8.0);
            let _ = writeln!(svg, "<path class=\"grid\" d=\"M{LEFT} {at:.1}H{right}\"/>");
            let _ = writeln!(
                svg,
                "<text x=\"{beside}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                at + 4.0,
                grouped(tick)
            );
        }
        let (middle, centre) = ((LEFT + right) / 2.0, (TOP + bottom) / 2.0);
        let _ = writeln!(
            svg,
            "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            SIZE.1 - 14.0,
            self.x
        );
        let _ = writeln!(
            svg,
            "<text transform=\"translate(16 {centre}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            self.y
        );
        let mut labels: Vec<f64> = Vec::new();
        for (line, colour) in self.lines.iter().zip(COLOURS.iter().cycle()) {
            let steps: Vec<String> =
                line.points.iter().map(|(a, b)| format!("{:.1} {:.1}", across(*a), up(*b))).collect();
            let _ = writeln!(
                svg,
                "<path d=\"M{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
                steps.join("L")
            );
            for (a, b) in &line.points {
                let _ = writeln!(
                    svg,
                    "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3.5\" fill=\"{colour}\"/>",
                    across(*a),
                    up(*b)
                );
            }
            let Some((end, last)) = line.points.last() else { continue };
            // Below each other, where two lines end side by side.
            let mut at = up(*last) + 4.0;
            while let Some(taken) = labels.iter().find(|taken| (**taken - at).abs() < 16.0) {
                at = taken + 16.0;
            }
            labels.push(at);
            let _ = writeln!(
                svg,
                "<text x=\"{}\" y=\"{at:.1}\" style=\"fill:{colour}\">{}</text>",
                across(*end) + 12.0,
                line.name
            );
        }
        svg + "</svg>\n"
    }
}

/// From one power of ten to another.
struct Axis {
    from: f64,
    to: f64,
}

impl Axis {
    fn around(values: impl Iterator<Item = f64>) -> Self {
        let (least, most) = values.fold((f64::MAX, f64::MIN_POSITIVE), |(a, b), v| (a.min(v), b.max(v)));
        let from = least.log10().floor();
        Self { from, to: most.log10().ceil().max(from + 1.0) }
    }

    /// From 0 to 1.
    fn place(&self, value: f64) -> f64 {
        (value.log10() - self.from) / (self.to - self.from)
    }

    fn ticks(&self) -> impl Iterator<Item = f64> {
        (self.from as i32..=self.to as i32).map(|power| 10_f64.powi(power))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenfold_is_as_far_everywhere() {
        let axis = Axis::around([3.0, 700.0].into_iter());
        assert_eq!(axis.ticks().collect::<Vec<_>>(), [1.0, 10.0, 100.0, 1000.0]);
        assert!((axis.place(10.0) - 1.0 / 3.0).abs() < 1e-9);
        assert!((axis.place(1_000.0) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn lines_that_end_together_have_labels_below_each_other() {
        let line = |name| Line { name, points: vec![(1.0, 1.0), (10.0, 10.0)] };
        let svg = Plot { title: "t", x: "x", y: "y", lines: vec![line("one"), line("two")] }.svg();
        let place = |name: &str| {
            let before = svg.split(&format!(">{name}<")).next().unwrap_or_default();
            before.rsplit("y=\"").next().and_then(|at| at.split('"').next()?.parse::<f64>().ok())
        };
        assert_eq!(place("one").zip(place("two")).map(|(one, two)| two - one), Some(16.0));
    }
}
