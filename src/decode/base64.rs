//! Base64 as Go's `encoding/base64` `StdEncoding` reads it, down to the byte its errors name.
//!
//! Apart because `[]byte` fields need the same position that the API server prints, which no other decoder gives.

/// Checks standard, padded base64; `\r` and `\n` are skipped wherever they stand.
///
/// Gives the number of bytes it stands for.
///
/// # Errors
///
/// The byte offset of `illegal base64 data at input byte N` (Go 1.26 `encoding/base64/base64.go`, `decodeQuantum`).
pub fn decoded_length(text: &str) -> Result<usize, usize> {
    let source = text.as_bytes();
    let mut at = 0;
    let mut length = 0;
    loop {
        // One quantum: four letters of the alphabet, or fewer and padding at the very end.
        let mut taken = 0;
        while taken < 4 {
            let Some(&byte) = source.get(at) else {
                // The offset counts letters back from the end and forgets line breaks between them, as Go does.
                return if taken == 0 { Ok(length) } else { Err(at - taken) };
            };
            at += 1;
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => taken += 1,
                b'\n' | b'\r' => {}
                b'=' => return padded(source, at, taken).map(|()| length + taken - 1),
                _ => return Err(at - 1),
            }
        }
        length += 3;
    }
}

/// Checks what follows the first `=` of a quantum that has `taken` letters; `at` is behind that `=`.
fn padded(source: &[u8], mut at: usize, taken: usize) -> Result<(), usize> {
    let skip_line_breaks = |mut at: usize| {
        while matches!(source.get(at), Some(b'\n' | b'\r')) {
            at += 1;
        }
        at
    };
    if taken < 2 {
        return Err(at - 1);
    }
    if taken == 2 {
        at = skip_line_breaks(at);
        match source.get(at) {
            None => return Err(source.len()),
            Some(b'=') => at += 1,
            Some(_) => return Err(at - 1),
        }
    }
    at = skip_line_breaks(at);
    if at < source.len() { Err(at) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::decoded_length;

    #[test]
    fn accepts_what_go_accepts() {
        for (text, length) in [
            ("", 0),
            ("QQ==", 1),
            ("QUI=", 2),
            ("QUJD", 3),
            ("QUJDRA==", 4),
            ("QU\nJD\r\n", 3),
            ("QQ=\n=\n", 1),
            ("/+==", 1),
            ("\n", 0),
        ] {
            assert_eq!(decoded_length(text), Ok(length), "{text:?}");
        }
    }

    #[test]
    fn names_the_byte_that_go_names() {
        for (text, at) in [
            ("Q", 0),
            ("QQ", 0),
            ("QUJDQ", 4),
            ("QQ=", 3),
            ("QQ=x", 2),
            ("=", 0),
            ("Q===", 1),
            ("QQ==QQ==", 4),
            ("QUI=\nx", 5),
            ("not base64!", 3),
            ("a-b_", 1),
            ("QUJD é", 4),
        ] {
            assert_eq!(decoded_length(text), Err(at), "{text:?}");
        }
    }

    #[test]
    fn length_is_that_of_the_bytes_encoded() {
        // Every residue of the length modulo three, with letters whose unused bits are not zero.
        for bytes in 0..50_usize {
            let letters = bytes.div_ceil(3) * 4;
            let padding = (3 - bytes % 3) % 3;
            let text = format!("{}{}", "Z".repeat(letters - padding), "=".repeat(padding));
            assert_eq!(decoded_length(&text), Ok(bytes));
        }
    }
}
