//! Ranges on one scale, as text: `├──●────┤` from the fastest run to the slowest, the median marked.

use crate::model::{Range, duration};

/// Fastest, between, median, slowest, axis, tick.
fn marks(ascii: bool) -> [char; 6] {
    match ascii {
        false => ['├', '─', '●', '┤', '─', '┴'],
        true => ['|', '-', '@', '|', '-', '+'],
    }
}

pub(crate) fn example(ascii: bool) -> String {
    let [left, line, median, right, ..] = marks(ascii);
    [left, line, median, line, right].into_iter().collect()
}

#[derive(Clone, Copy, Debug)]
pub struct Scale {
    low: f64,
    high: f64,
    columns: usize,
    /// Each step multiplies.
    pub(crate) logarithmic: bool,
}

/// What lies further apart than this is drawn on a logarithmic scale: else the small ones would all be at the edge.
const WIDE: f64 = 30.0;

impl Scale {
    /// One on which all of these have room.
    pub(crate) fn over(ranges: impl Iterator<Item = Range> + Clone, columns: usize) -> Scale {
        let low = ranges.clone().map(|range| range.min).min();
        let low = low.unwrap_or(0).max(1) as f64;
        let high = ranges.map(|range| range.max).max().unwrap_or(1).max(1) as f64;
        let logarithmic = high / low > WIDE;
        Scale {
            low: if logarithmic { low } else { 0.0 },
            high: high.max(low + 1.0),
            columns: columns.max(10),
            logarithmic,
        }
    }

    fn column(&self, at: u64) -> usize {
        let (low, high, at) = match self.logarithmic {
            true => (self.low.ln(), self.high.ln(), (at.max(1) as f64).ln()),
            false => (self.low, self.high, at as f64),
        };
        let share = ((at - low) / (high - low)).clamp(0.0, 1.0);
        (share * (self.columns - 1) as f64).round() as usize
    }

    /// One range. As wide as the scale.
    pub(crate) fn draw(&self, range: Range, ascii: bool) -> String {
        let [left, line, median, right, ..] = marks(ascii);
        let mut cells = vec![' '; self.columns];
        let (from, to) = (self.column(range.min), self.column(range.max));
        cells[from..=to].fill(line);
        cells[from] = left;
        cells[to] = right;
        // The median is never hidden by an end.
        cells[self.column(range.median)] = median;
        cells.into_iter().collect()
    }

    /// The axis and its figures: two lines.
    pub(crate) fn axis(&self, ascii: bool) -> [String; 2] {
        let [.., axis, mark] = marks(ascii);
        let mut line = vec![axis; self.columns];
        let mut figures = String::new();
        for at in self.ticks() {
            let column = self.column(at);
            let figure = tick(at);
            let taken = figures.chars().count();
            // The last figures end where the axis does.
            let start = column.min(self.columns.saturating_sub(figure.chars().count()));
            line[column] = mark;
            if taken == 0 || start > taken {
                figures += &" ".repeat(start.saturating_sub(taken));
                figures += &figure;
            }
        }
        [line.into_iter().collect(), figures]
    }

    fn ticks(&self) -> Vec<u64> {
        match self.logarithmic {
            false => {
                let step = round_step(self.high / 4.0);
                let ticks = (0..).map(|n| n * step);
                ticks.take_while(|at| *at as f64 <= self.high).collect()
            }
            true => {
                let decades = (0..20).map(|exponent| 10u64.pow(exponent.min(19)));
                let within = |at: &u64| (self.low..=self.high).contains(&(*at as f64));
                decades.filter(within).collect()
            }
        }
    }
}

/// A round time: `50 ms`, not `50.0 ms`.
fn tick(at: u64) -> String {
    if at == 0 {
        return "0".to_owned();
    }
    let time = duration(at);
    match time.split_once('.') {
        None => time,
        Some((whole, rest)) => {
            let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            let fraction = rest[..rest.len() - digits.len()].trim_end_matches('0');
            let point = if fraction.is_empty() { "" } else { "." };
            format!("{whole}{point}{fraction}{digits}")
        }
    }
}

/// The next of 1, 2, 5, 10, 20, ... that is not less.
fn round_step(least: f64) -> u64 {
    let mut decade = 1u64;
    loop {
        for digit in [1, 2, 5] {
            let step = decade.saturating_mul(digit);
            if step as f64 >= least {
                return step;
            }
        }
        decade = decade.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scale_has_an_axis_of_its_width() {
        for (low, high) in [(1, 1), (1, 9), (5, 100_000_000), (900, 1000), (1, u64::MAX)] {
            let range = Range {
                median: low,
                min: low,
                max: high,
            };
            let scale = Scale::over([range].into_iter(), 40);
            let [axis, figures] = scale.axis(true);
            assert_eq!(axis.chars().count(), 40);
            assert!(axis.is_ascii());
            assert!(figures.chars().count() <= 40, "{figures}");
            assert_eq!(scale.draw(range, true).len(), 40);
        }
    }
}
