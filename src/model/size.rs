//! Sizes in bytes: how they are typed (`4096`, `64KiB`, `1GiB`) and how they are shown (`64 KiB`).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::grouped;

/// A number of bytes.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Size(pub u64);

const UNITS: [(&str, u64); 4] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
];

impl Size {
    /// One kibibyte.
    pub const KIB: u64 = 1 << 10;
    /// One mebibyte.
    pub const MIB: u64 = 1 << 20;
    /// One gibibyte.
    pub const GIB: u64 = 1 << 30;

    /// The bytes as a number.
    pub fn bytes(self) -> u64 {
        self.0
    }

    /// As it is typed on a command line: `65536` is `64KiB`, `1000` is `1000`.
    pub fn typed(self) -> String {
        match UNITS
            .iter()
            .find(|(_, unit)| self.0 >= *unit && self.0.is_multiple_of(*unit))
        {
            Some((name, unit)) => format!("{}{name}", self.0 / unit),
            None => self.0.to_string(),
        }
    }
}

/// For people: at most one decimal, the unit apart by a no-break space so that a number never parts
/// from it: `64 KiB`, `1.5 MiB`, `512 B`.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((name, unit)) = UNITS.iter().find(|(_, unit)| self.0 >= *unit) else {
            return write!(f, "{}\u{a0}B", self.0);
        };
        if self.0.is_multiple_of(*unit) {
            write!(f, "{}\u{a0}{name}", grouped(self.0 / unit))
        } else {
            write!(f, "{:.1}\u{a0}{name}", self.0 as f64 / *unit as f64)
        }
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = text.split_at(digits);
        let advice = || format!("'{text}' is not a size: write 4096, 64KiB, 1MiB or 1GiB");
        let number: u64 = number.parse().map_err(|_| advice())?;
        let unit = match unit.trim() {
            "" | "B" => 1,
            unit => UNITS
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(unit))
                .map(|(_, bytes)| *bytes)
                .ok_or_else(advice)?,
        };
        number
            .checked_mul(unit)
            .filter(|bytes| *bytes <= i64::MAX as u64)
            .map(Size)
            .ok_or_else(|| format!("'{text}' is larger than any file can be"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_sizes_are_read() {
        for (text, bytes) in [
            ("0", 0),
            ("4096", 4096),
            ("64KiB", 65536),
            ("1mib", 1 << 20),
            ("3GiB", 3 << 30),
        ] {
            assert_eq!(text.parse::<Size>().unwrap().0, bytes);
        }
        for text in ["12parsecs", "", "-1", "1.5MiB", "64KB", "99999999TiB"] {
            assert!(text.parse::<Size>().is_err(), "{text} was taken for a size");
        }
    }

    #[test]
    fn sizes_are_shown_with_their_unit() {
        assert_eq!(Size(65536).to_string(), "64\u{a0}KiB");
        assert_eq!(Size(1536).to_string(), "1.5\u{a0}KiB");
        assert_eq!(Size(7).to_string(), "7\u{a0}B");
        assert_eq!(grouped(1_048_576), "1\u{a0}048\u{a0}576");
        assert_eq!(Size(65536).typed(), "64KiB");
    }
}
