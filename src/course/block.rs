//! A TOML table inside a lesson, read key by key: every value knows its place in the lesson's file, and every
//! fault is reported there.

use std::{borrow::Cow, str::FromStr};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

pub(super) use super::report::At;
use super::{
    fault::instead,
    report::{Report, is_foreign},
    text_budget::TextKind,
};
use crate::model::{Size, limits::LIST_ITEMS};

pub(super) fn values<T>(items: Vec<At<T>>) -> Vec<T> {
    items.into_iter().map(|item| item.value).collect()
}

/// A table whose keys are taken out one by one; [`Block::finish`] reports the keys that nobody took.
pub(super) struct Block<'i> {
    /// What it is called in messages: `quiz`, `option`.
    name: &'static str,
    /// Where it starts in the file: what is missing from it is reported here.
    pub offset: usize,
    /// The offset in the file of the TOML text that its spans count from.
    base: usize,
    pub report: &'i Report<'i>,
    entries: Vec<(At<String>, At<DeValue<'i>>)>,
    known: Vec<&'static str>,
}

impl<'i> Block<'i> {
    /// Reads a fenced block's text, `base` bytes into the file; its fence stands at `offset`. Errors of the
    /// TOML itself are reported; with them the block is of no more use, and there is none.
    pub(super) fn parse(
        report: &'i Report<'i>,
        name: &'static str,
        offset: usize,
        base: usize,
        text: &'i str,
    ) -> Option<Block<'i>> {
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let at = error.span().map_or(text.len(), |span| span.start);
            let what = format!("the {name} is no valid TOML");
            report.fault(base + at, what, error.message());
        }
        let table = errors.is_empty().then(|| table.into_inner())?;
        Some(Block::of(report, name, offset, base, table))
    }

    fn of(
        report: &'i Report<'i>,
        name: &'static str,
        offset: usize,
        base: usize,
        table: DeTable<'i>,
    ) -> Block<'i> {
        let owned = |key| placed(key, base).map(Cow::into_owned);
        let entries = table.into_iter();
        let entries = entries.map(|(key, value)| (owned(key), placed(value, base)));
        let mut entries: Vec<(At<String>, At<DeValue>)> = entries.collect();
        entries.sort_by_key(|(key, _)| key.offset);
        Block {
            name,
            offset,
            base,
            report,
            entries,
            known: Vec::new(),
        }
    }

    fn take(&mut self, key: &'static str) -> Option<At<DeValue<'i>>> {
        self.known.push(key);
        let mut entries = self.entries.iter();
        let index = entries.position(|(known, _)| known.value == key)?;
        Some(self.entries.remove(index).1)
    }

    /// Reports a fault of the table as a whole.
    pub(super) fn fault(&self, what: impl Into<String>, advice: impl Into<String>) {
        self.report.fault(self.offset, what, advice);
    }

    /// Reports that `key` is missing; always `None`.
    pub(super) fn missing<T>(&self, key: &str, example: &str) -> Option<T> {
        let name = self.name;
        self.fault(format!("the {name} has no {key}"), format!("add {example}"));
        None
    }

    /// A key that does not stand in it is reported.
    pub(super) fn need(&self, key: &str, example: &str) {
        if !self.has(key) {
            self.missing::<()>(key, example);
        }
    }

    fn wrong_type(&self, key: &str, value: &At<DeValue>, wanted: &str) {
        let what = format!("{key} is of the type {}", value.value.type_str());
        let advice = format!("write {wanted}");
        self.report.fault(value.offset, what, advice);
    }

    /// A text that must not be empty. None where it is missing or wrong, which is reported if it is wrong.
    pub(super) fn text(&mut self, key: &'static str) -> Option<At<String>> {
        let value = self.take(key)?;
        self.text_of(key, value)
    }

    pub(super) fn need_text(&mut self, key: &'static str) -> Option<At<String>> {
        self.need(key, &format!("{key} = \"...\""));
        self.text(key)
    }

    /// A text that must be there, and fit the screen.
    pub(super) fn need_shown(&mut self, key: &'static str, kind: TextKind) -> Option<At<String>> {
        let text = self.need_text(key)?;
        self.report.text(kind, &text);
        Some(text)
    }

    /// An identity: small letters, digits and hyphens.
    pub(super) fn need_id(&mut self, key: &'static str) -> Option<At<String>> {
        let id = self.need_text(key)?;
        if !is_id(&id.value) {
            self.report.fault(
                id.offset,
                format!("'{}' is not an id", id.value),
                "write small letters, digits and hyphens, as in count-calls",
            );
        }
        Some(id)
    }

    /// A word that `FromStr` understands; its message is reported otherwise.
    pub(super) fn word<T: FromStr<Err = String>>(&mut self, key: &'static str) -> Option<At<T>> {
        let text = self.text(key)?;
        self.parsed(text)
    }

    /// The same, where it must be there; `example` is what to write.
    pub(super) fn need_word<T: FromStr<Err = String>>(
        &mut self,
        key: &'static str,
        example: &str,
    ) -> Option<At<T>> {
        self.need(key, example);
        self.word(key)
    }

    /// A size: a text such as `64KiB`, or a whole number of bytes.
    pub(super) fn size(&mut self, key: &'static str) -> Option<At<Size>> {
        let mut value = self.take(key)?;
        if let DeValue::Integer(number) = &value.value {
            value.value = DeValue::String(number.to_string().into());
        }
        let text = self.text_of(key, value)?;
        self.parsed(text)
    }

    pub(super) fn number(&mut self, key: &'static str) -> Option<At<f64>> {
        let value = self.take(key)?;
        self.number_of(key, value)
    }

    pub(super) fn need_number(&mut self, key: &'static str, example: &str) -> Option<At<f64>> {
        self.need(key, example);
        self.number(key)
    }

    /// What a key has, as `read` takes it. The outer none: it is at fault; the inner one: it is not there.
    pub(super) fn optional<T>(
        &mut self,
        key: &'static str,
        read: fn(&mut Self, &'static str) -> Option<At<T>>,
    ) -> Option<Option<At<T>>> {
        let has = self.has(key);
        let value = read(self, key);
        (value.is_some() || !has).then_some(value)
    }

    /// A switch; false where it is missing.
    pub(super) fn switch(&mut self, key: &'static str) -> bool {
        let Some(value) = self.take(key) else {
            return false;
        };
        value.value.as_bool().unwrap_or_else(|| {
            self.wrong_type(key, &value, "true or false");
            false
        })
    }

    fn list(&mut self, key: &'static str, wanted: &str) -> Option<At<Vec<At<DeValue<'i>>>>> {
        let value = self.take(key)?;
        let DeValue::Array(items) = value.value else {
            self.wrong_type(key, &value, wanted);
            return None;
        };
        if items.len() > LIST_ITEMS {
            let what = format!("{key} has {} items", items.len());
            let advice = format!("leave at most {LIST_ITEMS}");
            self.report.fault(value.offset, what, advice);
        }
        let items = items.into_iter().take(LIST_ITEMS);
        let items = items.map(|item| placed(item, self.base));
        Some(At {
            value: items.collect(),
            offset: value.offset,
        })
    }

    fn number_of(&self, key: &str, value: At<DeValue>) -> Option<At<f64>> {
        let number = number_of(&value.value);
        if number.is_none() {
            self.wrong_type(key, &value, "a number");
        }
        number.map(|number| value.map(|_| number))
    }

    /// The items of a list that can be read; empty where it is missing.
    fn items<T>(
        &mut self,
        key: &'static str,
        wanted: &str,
        read: impl Fn(&Self, At<DeValue<'i>>) -> Option<T>,
    ) -> Vec<T> {
        let items = self.list(key, wanted).map(|items| items.value);
        let items = items.into_iter().flatten();
        items.filter_map(|item| read(self, item)).collect()
    }

    pub(super) fn texts(&mut self, key: &'static str) -> Vec<At<String>> {
        let wanted = "a list of texts: [\"...\", \"...\"]";
        self.items(key, wanted, |block, item| block.text_of(key, item))
    }

    /// A list of texts, or one text instead of it; empty where it is missing.
    pub(super) fn one_or_more(&mut self, key: &'static str) -> Vec<At<String>> {
        let is_one = |(known, value): &(At<String>, At<DeValue>)| {
            known.value == key && matches!(value.value, DeValue::String(_))
        };
        match self.entries.iter().any(is_one) {
            true => self.text(key).into_iter().collect(),
            false => self.texts(key),
        }
    }

    /// A list of texts each of which must fit the screen.
    pub(super) fn shown(&mut self, key: &'static str, kind: TextKind) -> Vec<At<String>> {
        let texts = self.texts(key);
        for text in &texts {
            self.report.text(kind, text);
        }
        texts
    }

    /// A list of lines of code, indented as they are written; empty where it is missing.
    pub(super) fn code(&mut self, key: &'static str) -> Vec<At<String>> {
        let wanted = "a list of lines: [\"...\", \"...\"]";
        self.items(key, wanted, |block, item| {
            let indented = item.value.as_str().map(|text| text.trim_end().to_owned());
            let text = block.text_of(key, item)?;
            Some(text.map(|text| indented.unwrap_or(text)))
        })
    }

    pub(super) fn numbers(&mut self, key: &'static str) -> Option<At<Vec<f64>>> {
        let items = self.list(key, "a list of numbers: [0, 64]")?;
        let number = |item| self.number_of(key, item);
        let numbers = |items: Vec<_>| values(items.into_iter().filter_map(number).collect());
        Some(items.map(numbers))
    }

    /// Every key that is left, each with its list of numbers; none where one of them has no such list.
    pub(super) fn all_numbers(&mut self) -> Option<Vec<(At<String>, Vec<f64>)>> {
        let before = self.report.faults();
        let mut lists = Vec::new();
        for (key, value) in std::mem::take(&mut self.entries) {
            let DeValue::Array(items) = &value.value else {
                self.wrong_type(&key.value, &value, "a list of numbers: [16, 64]");
                continue;
            };
            if lists.len() == LIST_ITEMS {
                let what = format!("more than {LIST_ITEMS} values are drawn");
                self.report.fault(key.offset, what, "take some out");
                return None;
            }
            let numbers = items.iter().map(|item| number_of(item.get_ref()));
            match numbers.collect::<Option<Vec<f64>>>() {
                Some(numbers) if !numbers.is_empty() => lists.push((key, numbers)),
                _ => self.report.fault(
                    value.offset,
                    format!("{} is no list of numbers", key.value),
                    "write the values that it can have, as in [16, 64]",
                ),
            }
        }
        (self.report.faults() == before).then_some(lists)
    }

    /// A list of tables, each called `name` in messages; empty where it is missing.
    pub(super) fn tables(&mut self, key: &'static str, name: &'static str) -> Vec<Block<'i>> {
        let wanted = "a list of tables: [ { ... }, { ... } ]";
        self.items(key, wanted, |block, item| block.table_of(key, item, name))
    }

    pub(super) fn table(&mut self, key: &'static str, name: &'static str) -> Option<Block<'i>> {
        let value = self.take(key)?;
        self.table_of(key, value, name)
    }

    /// Whether a key stands in it and has not been taken.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(known, _)| known.value == key)
    }

    pub(super) fn finish(self) {
        let (name, known) = (self.name, self.known);
        for (key, _) in self.entries {
            let advice = instead(&key.value, known.iter().copied(), || {
                format!("a {name} has {}", known.join(", "))
            });
            let what = format!("unknown key '{}' in the {name}", key.value);
            self.report.fault(key.offset, what, advice);
        }
    }

    fn text_of(&self, key: &str, value: At<DeValue>) -> Option<At<String>> {
        let DeValue::String(text) = &value.value else {
            self.wrong_type(key, &value, "a text in quotes");
            return None;
        };
        if let Some(found) = text.chars().find(|c| is_foreign(*c)) {
            let found = u32::from(found);
            let what = format!("the character U+{found:04X} in {key} would steer the terminal");
            self.report.fault(value.offset, what, "take it out");
        }
        let text = text.trim().to_owned();
        if text.is_empty() {
            let what = format!("{key} is empty");
            self.report.fault(value.offset, what, "write a text");
            return None;
        }
        Some(value.map(|_| text))
    }

    fn parsed<T: FromStr<Err = String>>(&self, text: At<String>) -> Option<At<T>> {
        let parsed: Result<T, String> = text.value.parse();
        if let Err(message) = &parsed {
            self.report.refused(text.offset, message);
        }
        parsed.ok().map(|value| text.map(|_| value))
    }

    fn table_of(&self, key: &str, value: At<DeValue<'i>>, name: &'static str) -> Option<Block<'i>> {
        let At { value, offset } = value;
        match value {
            DeValue::Table(table) => Some(Block::of(self.report, name, offset, self.base, table)),
            value => {
                self.wrong_type(key, &At { value, offset }, "a table: { ... }");
                None
            }
        }
    }
}

/// A value of a text that stands `base` bytes into the file.
fn placed<T>(value: Spanned<T>, base: usize) -> At<T> {
    At {
        offset: base + value.span().start,
        value: value.into_inner(),
    }
}

/// A finite number.
fn number_of(value: &DeValue) -> Option<f64> {
    let number = match value {
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .ok()
            .map(|number| number as f64),
        DeValue::Float(number) => number.as_str().parse().ok(),
        _ => None,
    };
    number.filter(|number: &f64| number.is_finite())
}

/// Small letters, digits and single hyphens, beginning with a letter or digit.
pub(super) fn is_id(text: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_part = |part: &str| !part.is_empty() && part.chars().all(is_inner);
    text.split('-').all(is_part)
}
