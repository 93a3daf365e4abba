//! A TOML table inside a lesson, read key by key: every value knows its place in the lesson's file, and every
//! fault is reported there.

use std::str::FromStr;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::fault::{Reporter, nearest};

/// A value and its byte offset in the file.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    pub value: T,
    pub offset: usize,
}

/// A table whose keys are taken out one by one; [`Block::finish`] reports the keys that nobody took.
pub(super) struct Block<'i> {
    /// What it is called in messages: `quiz`, `option`.
    name: &'static str,
    /// Where it starts in the file: what is missing from it is reported here.
    pub offset: usize,
    /// The offset in the file of the TOML text that its spans count from.
    base: usize,
    entries: Vec<Entry<'i>>,
    known: Vec<&'static str>,
}

struct Entry<'i> {
    key: String,
    key_offset: usize,
    value: Spanned<DeValue<'i>>,
}

impl<'i> Block<'i> {
    /// Reads a fenced block's text, `base` bytes into the file; its fence stands at `offset`. Errors of the
    /// TOML itself are reported; with them the block is of no more use, and there is none.
    pub(super) fn parse(
        report: &mut Reporter,
        name: &'static str,
        offset: usize,
        base: usize,
        text: &'i str,
    ) -> Option<Block<'i>> {
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let at = error.span().map_or(text.len(), |span| span.start);
            report.fault(
                base + at,
                format!("the {name} is no valid TOML"),
                error.message(),
            );
        }
        errors
            .is_empty()
            .then(|| Block::of(name, offset, base, table.into_inner()))
    }

    fn of(name: &'static str, offset: usize, base: usize, table: DeTable<'i>) -> Block<'i> {
        let entries = table.into_iter().map(|(key, value)| Entry {
            key_offset: base + key.span().start,
            key: key.into_inner().into_owned(),
            value,
        });
        let mut entries: Vec<_> = entries.collect();
        entries.sort_by_key(|entry| entry.key_offset);
        Block {
            name,
            offset,
            base,
            entries,
            known: Vec::new(),
        }
    }

    fn take(&mut self, key: &'static str) -> Option<At<DeValue<'i>>> {
        self.known.push(key);
        let index = self.entries.iter().position(|entry| entry.key == key)?;
        let value = self.entries.remove(index).value;
        Some(At {
            offset: self.base + value.span().start,
            value: value.into_inner(),
        })
    }

    /// Reports that `key` is missing; always `None`.
    pub(super) fn missing<T>(
        &self,
        report: &mut Reporter,
        key: &str,
        example: &str,
    ) -> Option<At<T>> {
        let name = self.name;
        report.fault(
            self.offset,
            format!("the {name} has no {key}"),
            format!("add {example}"),
        );
        None
    }

    fn wrong_type(report: &mut Reporter, key: &str, value: &At<DeValue>, wanted: &str) {
        let found = value.value.type_str();
        report.fault(
            value.offset,
            format!("{key} is of the type {found}"),
            format!("write {wanted}"),
        );
    }

    /// A text that must not be empty. None where it is missing or wrong, which is reported if it is wrong.
    pub(super) fn text(&mut self, report: &mut Reporter, key: &'static str) -> Option<At<String>> {
        let value = self.take(key)?;
        text_of(report, key, value)
    }

    /// A text that must be there.
    pub(super) fn need_text(
        &mut self,
        report: &mut Reporter,
        key: &'static str,
    ) -> Option<At<String>> {
        if !self.has(key) {
            self.known.push(key);
            return self.missing(report, key, &format!("{key} = \"...\""));
        }
        self.text(report, key)
    }

    /// An identity: small letters, digits and hyphens.
    pub(super) fn need_id(
        &mut self,
        report: &mut Reporter,
        key: &'static str,
    ) -> Option<At<String>> {
        let id = self.need_text(report, key)?;
        if !is_id(&id.value) {
            report.fault(
                id.offset,
                format!("'{}' is not an id", id.value),
                "write small letters, digits and hyphens, as in count-calls",
            );
        }
        Some(id)
    }

    /// A word that `FromStr` understands; its message is reported otherwise.
    pub(super) fn word<T: FromStr<Err = String>>(
        &mut self,
        report: &mut Reporter,
        key: &'static str,
    ) -> Option<At<T>> {
        let text = self.text(report, key)?;
        parsed(report, text)
    }

    /// The same, where it must be there; `example` is what to write.
    pub(super) fn need_word<T: FromStr<Err = String>>(
        &mut self,
        report: &mut Reporter,
        key: &'static str,
        example: &str,
    ) -> Option<At<T>> {
        if !self.has(key) {
            self.known.push(key);
            return self.missing(report, key, example);
        }
        self.word(report, key)
    }

    /// A size: a text such as `64KiB`, or a whole number of bytes.
    pub(super) fn size(
        &mut self,
        report: &mut Reporter,
        key: &'static str,
    ) -> Option<At<crate::model::Size>> {
        let mut value = self.take(key)?;
        if let DeValue::Integer(number) = &value.value {
            value.value = DeValue::String(number.to_string().into());
        }
        let text = text_of(report, key, value)?;
        parsed(report, text)
    }

    /// A number, whole or not.
    pub(super) fn number(&mut self, report: &mut Reporter, key: &'static str) -> Option<At<f64>> {
        let value = self.take(key)?;
        let offset = value.offset;
        let number = number_of(&value.value);
        if number.is_none() {
            Block::wrong_type(report, key, &value, "a number");
        }
        number.map(|value| At { value, offset })
    }

    /// A switch; false where it is missing.
    pub(super) fn switch(&mut self, report: &mut Reporter, key: &'static str) -> bool {
        let Some(value) = self.take(key) else {
            return false;
        };
        let switch = value.value.as_bool();
        if switch.is_none() {
            Block::wrong_type(report, key, &value, "true or false");
        }
        switch.unwrap_or_default()
    }

    /// A list, if it is there.
    fn list(
        &mut self,
        report: &mut Reporter,
        key: &'static str,
        wanted: &str,
    ) -> Option<At<Vec<At<DeValue<'i>>>>> {
        let value = self.take(key)?;
        let DeValue::Array(items) = value.value else {
            Block::wrong_type(report, key, &value, wanted);
            return None;
        };
        let items = items.into_iter().map(|item| At {
            offset: self.base + item.span().start,
            value: item.into_inner(),
        });
        Some(At {
            value: items.collect(),
            offset: value.offset,
        })
    }

    /// A list of texts; empty where it is missing.
    pub(super) fn texts(&mut self, report: &mut Reporter, key: &'static str) -> Vec<At<String>> {
        let items = self.list(report, key, "a list of texts: [\"...\", \"...\"]");
        items
            .into_iter()
            .flat_map(|items| items.value)
            .filter_map(|item| text_of(report, key, item))
            .collect()
    }

    /// A list of lines of code, indented as they are written; empty where it is missing.
    pub(super) fn code(&mut self, report: &mut Reporter, key: &'static str) -> Vec<At<String>> {
        let items = self.list(report, key, "a list of lines: [\"...\", \"...\"]");
        let read = |item: At<DeValue>| {
            let indented = item.value.as_str().map(|text| text.trim_end().to_owned());
            let text = text_of(report, key, item)?;
            Some(At {
                value: indented.unwrap_or(text.value),
                offset: text.offset,
            })
        };
        items
            .into_iter()
            .flat_map(|items| items.value)
            .filter_map(read)
            .collect()
    }

    /// A list of numbers; none where it is missing.
    pub(super) fn numbers(
        &mut self,
        report: &mut Reporter,
        key: &'static str,
    ) -> Option<At<Vec<f64>>> {
        let items = self.list(report, key, "a list of numbers: [0, 64]")?;
        let mut numbers = Vec::new();
        for item in items.value {
            match number_of(&item.value) {
                Some(number) => numbers.push(number),
                None => Block::wrong_type(report, key, &item, "a number"),
            }
        }
        Some(At {
            value: numbers,
            offset: items.offset,
        })
    }

    /// Every key that is left, each with its list of numbers; none where one of them has no such list.
    pub(super) fn all_numbers(
        &mut self,
        report: &mut Reporter,
    ) -> Option<Vec<(At<String>, Vec<f64>)>> {
        let before = report.faults.len();
        let mut lists = Vec::new();
        for entry in std::mem::take(&mut self.entries) {
            let key = At {
                value: entry.key,
                offset: entry.key_offset,
            };
            let value = At {
                offset: self.base + entry.value.span().start,
                value: entry.value.into_inner(),
            };
            let DeValue::Array(items) = &value.value else {
                Block::wrong_type(report, &key.value, &value, "a list of numbers: [16, 64]");
                continue;
            };
            let numbers: Vec<_> = items.iter().map(|item| number_of(item.get_ref())).collect();
            match numbers.iter().copied().collect::<Option<Vec<f64>>>() {
                Some(numbers) if !numbers.is_empty() => lists.push((key, numbers)),
                _ => report.fault(
                    value.offset,
                    format!("{} is no list of numbers", key.value),
                    "write the values that it can have, as in [16, 64]",
                ),
            }
        }
        (report.faults.len() == before).then_some(lists)
    }

    /// A list of tables, each called `name` in messages; empty where it is missing.
    pub(super) fn tables(
        &mut self,
        report: &mut Reporter,
        key: &'static str,
        name: &'static str,
    ) -> Vec<Block<'i>> {
        let items = self.list(report, key, "a list of tables: [ { ... }, { ... } ]");
        let base = self.base;
        items
            .into_iter()
            .flat_map(|items| items.value)
            .filter_map(|item| table_of(report, key, item, base, name))
            .collect()
    }

    /// A table called `name` in messages, if it is there.
    pub(super) fn table(
        &mut self,
        report: &mut Reporter,
        key: &'static str,
        name: &'static str,
    ) -> Option<Block<'i>> {
        let value = self.take(key)?;
        table_of(report, key, value, self.base, name)
    }

    /// Whether a key stands in it and has not been taken.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == key)
    }

    /// Reports every key that was not taken.
    pub(super) fn finish(self, report: &mut Reporter) {
        let Block {
            name,
            entries,
            known,
            ..
        } = self;
        for Entry {
            key, key_offset, ..
        } in entries
        {
            let advice = match nearest(&key, known.iter().copied()) {
                Some(meant) => format!("did you mean {meant}?"),
                None => format!("a {name} has {}", known.join(", ")),
            };
            report.fault(
                key_offset,
                format!("unknown key '{key}' in the {name}"),
                advice,
            );
        }
    }
}

fn text_of(report: &mut Reporter, key: &str, value: At<DeValue>) -> Option<At<String>> {
    let At { value, offset } = value;
    let DeValue::String(text) = value else {
        Block::wrong_type(report, key, &At { value, offset }, "a text in quotes");
        return None;
    };
    if text.trim().is_empty() {
        report.fault(offset, format!("{key} is empty"), "write a text");
        return None;
    }
    Some(At {
        value: text.trim().to_owned(),
        offset,
    })
}

fn parsed<T: FromStr<Err = String>>(report: &mut Reporter, text: At<String>) -> Option<At<T>> {
    match text.value.parse() {
        Ok(value) => Some(At {
            value,
            offset: text.offset,
        }),
        Err(message) => {
            report.refused(text.offset, &message);
            None
        }
    }
}

fn table_of<'i>(
    report: &mut Reporter,
    key: &str,
    value: At<DeValue<'i>>,
    base: usize,
    name: &'static str,
) -> Option<Block<'i>> {
    let At { value, offset } = value;
    match value {
        DeValue::Table(table) => Some(Block::of(name, offset, base, table)),
        value => {
            Block::wrong_type(report, key, &At { value, offset }, "a table: { ... }");
            None
        }
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
    !text.is_empty()
        && text.split('-').all(|part| {
            !part.is_empty()
                && part
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        })
}
