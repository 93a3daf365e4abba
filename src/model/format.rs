//! Figures as they are shown.

/// A number in groups of three, parted by no-break spaces: `65 536`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 2);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{a0}');
        }
        out.push(digit);
    }
    out
}

/// A time with three figures that count: `412 µs`, `1.31 ms`, the unit apart by a no-break space.
pub fn duration(ns: u64) -> String {
    let (number, unit) = in_unit(ns);
    let decimals = match number {
        _ if unit == "ns" => 0,
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    };
    format!("{number:.decimals$}\u{a0}{unit}")
}

/// A time in a sentence: `31 µs`, `1.2 ms`.
pub fn short_duration(ns: u64) -> String {
    match in_unit(ns) {
        (number, unit @ ("ns" | "µs")) => format!("{}\u{a0}{unit}", number as u64),
        (number, unit) => format!("{number:.1}\u{a0}{unit}"),
    }
}

fn in_unit(ns: u64) -> (f64, &'static str) {
    match ns {
        0..1_000 => (ns as f64, "ns"),
        1_000..1_000_000 => (ns as f64 / 1e3, "µs"),
        1_000_000..1_000_000_000 => (ns as f64 / 1e6, "ms"),
        _ => (ns as f64 / 1e9, "s"),
    }
}

/// A share of a whole: `25 %`.
pub fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// How many times as much, with two figures that count: `1.04`, `1.4`, `19`.
pub fn ratio(ratio: f64) -> String {
    match ratio {
        ..1.1 => format!("{ratio:.2}"),
        ..9.95 => format!("{ratio:.1}"),
        _ => format!("{ratio:.0}"),
    }
}
