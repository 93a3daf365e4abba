//! How a file of a spreadsheet is encoded: read as UTF-8, and written as it came.

use anyhow::Context;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// UTF-8, or one of the encodings of a byte a character that have ASCII in them.
    Bytes,
    /// The same behind the mark EF BB BF.
    Marked,
    Utf16Little,
    Utf16Big,
}

impl Encoding {
    const MARK: &[u8] = b"\xef\xbb\xbf";

    /// The encoding, by the mark of the byte order, and the text in UTF-8.
    ///
    /// # Errors
    /// It is marked as UTF-16 and is none.
    pub(super) fn decode(file: &[u8]) -> anyhow::Result<(Encoding, Vec<u8>)> {
        if let Some(rest) = file.strip_prefix(Encoding::MARK) {
            return Ok((Encoding::Marked, rest.to_vec()));
        }
        if let Some(rest) = file.strip_prefix(b"\xff\xfe") {
            return Ok((Encoding::Utf16Little, text(rest, u16::from_le_bytes)?));
        }
        if let Some(rest) = file.strip_prefix(b"\xfe\xff") {
            return Ok((Encoding::Utf16Big, text(rest, u16::from_be_bytes)?));
        }
        Ok((Encoding::Bytes, file.to_vec()))
    }

    /// The text as it was encoded.
    pub(super) fn encode(self, text: Vec<u8>) -> Vec<u8> {
        let units = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            let text = String::from_utf8_lossy(&text);
            let units = std::iter::once(0xfeff).chain(text.encode_utf16());
            units.flat_map(bytes).collect()
        };
        match self {
            Encoding::Bytes => text,
            Encoding::Marked => [Encoding::MARK, &text].concat(),
            Encoding::Utf16Little => units(u16::to_le_bytes),
            Encoding::Utf16Big => units(u16::to_be_bytes),
        }
    }
}

fn text(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> anyhow::Result<Vec<u8>> {
    let (pairs, []) = bytes.as_chunks::<2>() else {
        anyhow::bail!("it is marked as UTF-16, and its length is odd");
    };
    let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    let text = String::from_utf16(&units).context("it is marked as UTF-16, and is none")?;
    Ok(text.into_bytes())
}
