//! Bars and page cells.

/// A bar of `■`, its length in proportion to `value` of `most`; a thing that is there has at least one cell.
pub fn bar(value: f64, most: f64, width: usize) -> String {
    if width == 0 {
        return String::new();
    }
    if value <= 0.0 || most <= 0.0 {
        return "·".to_owned();
    }
    let cells = (value / most * width as f64).round().max(1.0) as usize;
    "■".repeat(cells.min(width))
}

/// `done` of `total` as a gauge of `width` cells.
pub fn gauge(done: u64, total: u64, width: usize) -> String {
    let share = if total == 0 {
        1.0
    } else {
        done as f64 / total as f64
    };
    let full = (share.clamp(0.0, 1.0) * width as f64) as usize;
    "■".repeat(full) + &"·".repeat(width - full)
}
