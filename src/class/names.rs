//! Codes, seats and tokens: made from random bytes that are given, and kept as hashes.

use sha2::{Digest, Sha256};

/// Letters and digits that nobody takes for one another when a code is read aloud or from a projector.
const LETTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// Characters of a room's code: a thousand million codes.
const CODE: usize = 6;
/// Characters of a seat's name.
const SEAT: usize = 4;
/// Characters of a personal code.
const PERSONAL: usize = 8;
/// Bytes of a token.
pub const TOKEN_BYTES: usize = 16;

/// The code of a room.
pub fn code(random: impl FnMut() -> u8) -> String {
    letters(CODE, random)
}

/// The name of a seat.
pub fn seat(random: impl FnMut() -> u8) -> String {
    letters(SEAT, random)
}

/// A personal code.
pub fn personal(random: impl FnMut() -> u8) -> String {
    letters(PERSONAL, random)
}

/// Each as likely as the others: 256 is a multiple of 32.
fn letters(count: usize, mut random: impl FnMut() -> u8) -> String {
    let letter = |_| char::from(LETTERS[usize::from(random()) % LETTERS.len()]);
    (0..count).map(letter).collect()
}

/// A token of 128 bits, in hexadecimal.
pub fn token(random: [u8; TOKEN_BYTES]) -> String {
    hex(&random)
}

/// What is kept of a secret: its SHA-256, in hexadecimal. A personal code is the same in small letters.
pub fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

/// A personal code as it is hashed.
pub fn hash_of_personal(code: &str) -> String {
    hash(&code.trim().to_ascii_uppercase())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_that_of_sha256sum() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash("abc"), expected);
        assert_eq!(hash_of_personal(" ab c"), hash("AB C"));
    }
}
