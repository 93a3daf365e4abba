//! Ranges on one scale, as text: `├──●────┤` from the fastest run to the slowest, the median marked.

use crate::model::{Range, duration};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    left: char,
    line: char,
    median: char,
    right: char,
    axis: char,
    tick: char,
}

impl Marks {
    pub(crate) fn new(ascii: bool) -> Marks {
        let [left, line, median, right, axis, tick] = match ascii {
            false => ['├', '─', '●', '┤', '─', '┴'],
            true => ['|', '-', 'o', '|', '-', '+'],
        };
        Marks {
            left,
            line,
            median,
            right,
            axis,
            tick,
        }
    }

    pub(crate) fn example(self) -> String {
        [self.left, self.line, self.median, self.line, self.right]
            .into_iter()
            .collect()
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Scale {
    low: f64,
    high: f64,
    columns: usize,
    logarithmic: bool,
}

/// What lies further apart than this is drawn on a logarithmic scale: else the small ones would all be at the edge.
const WIDE: f64 = 30.0;

impl Scale {
    /// One on which all of these have room.
    pub(crate) fn over(ranges: impl Iterator<Item = Range> + Clone, columns: usize) -> Scale {
        let low = ranges
            .clone()
            .map(|range| range.min)
            .min()
            .unwrap_or(0)
            .max(1) as f64;
        let high = ranges.map(|range| range.max).max().unwrap_or(1).max(1) as f64;
        let logarithmic = high / low > WIDE;
        Scale {
            low: if logarithmic { low } else { 0.0 },
            high: high.max(low + 1.0),
            columns: columns.max(10),
            logarithmic,
        }
    }

    pub(crate) fn is_logarithmic(&self) -> bool {
        self.logarithmic
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
    pub(crate) fn draw(&self, range: Range, marks: Marks) -> String {
        let mut cells = vec![' '; self.columns];
        let (from, to) = (self.column(range.min), self.column(range.max));
        cells[from..=to].fill(marks.line);
        cells[from] = marks.left;
        cells[to] = marks.right;
        // The median is never hidden by an end.
        cells[self.column(range.median)] = marks.median;
        cells.into_iter().collect()
    }

    /// The axis and its figures: two lines.
    pub(crate) fn axis(&self, marks: Marks) -> [String; 2] {
        let mut line = vec![marks.axis; self.columns];
        let mut figures = String::new();
        for at in self.ticks() {
            let column = self.column(at);
            let figure = tick(at);
            let taken = figures.chars().count();
            // The last figures end where the axis does.
            let start = column.min(self.columns.saturating_sub(figure.chars().count()));
            line[column] = marks.tick;
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
                (0..)
                    .map(|n| n * step)
                    .take_while(|at| *at as f64 <= self.high)
                    .collect()
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

    fn range(min: u64, median: u64, max: u64) -> Range {
        Range { median, min, max }
    }

    #[test]
    fn a_range_lies_where_its_figures_are() {
        let ranges = [range(0, 50, 100), range(20, 20, 20)];
        let scale = Scale::over(ranges.into_iter(), 11);
        assert!(!scale.is_logarithmic() || scale.low >= 1.0);
        let scale = Scale {
            low: 0.0,
            logarithmic: false,
            ..scale
        };
        assert_eq!(scale.draw(ranges[0], Marks::new(false)), "├────●────┤");
        assert_eq!(scale.draw(ranges[1], Marks::new(true)), "  o        ");
    }

    #[test]
    fn every_scale_has_an_axis_of_its_width() {
        for (low, high) in [(1, 1), (1, 9), (5, 100_000_000), (900, 1000), (1, u64::MAX)] {
            let ranges = [range(low, low, high)];
            let scale = Scale::over(ranges.into_iter(), 40);
            let [axis, figures] = scale.axis(Marks::new(true));
            assert_eq!(axis.chars().count(), 40);
            assert!(axis.is_ascii());
            assert!(figures.chars().count() <= 40, "{figures}");
            assert_eq!(scale.draw(ranges[0], Marks::new(true)).len(), 40);
        }
    }
}
