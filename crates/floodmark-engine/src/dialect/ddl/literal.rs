//! Texts in quotes: what they stand for, and how Hive writes them.

/// What Hive reads a text for, quotes included. `'it''s'` are two texts side by side, so it is `its`.
///
/// `\n`, `\t`, `\r`, `\b`, `\0` and `\Z` are control characters, `\001` and `\u0041` code points; `\%` and `\_` keep their
/// backslash, and before anything else it goes.
pub(crate) fn hive_text(quoted: &str) -> String {
    let mut text = String::with_capacity(quoted.len());
    let mut quote = None;
    let mut rest = quoted.chars();
    while let Some(character) = rest.next() {
        match quote {
            None => quote = matches!(character, '\'' | '"').then_some(character),
            Some(open) if character == open => quote = None,
            Some(_) if character == '\\' => escape(&mut rest, &mut text),
            Some(_) => text.push(character),
        }
    }
    text
}

/// How Hive writes a text in single quotes, as `SHOW CREATE TABLE` does: in ASCII, with `"`, `'`, `;` and `\` escaped.
pub(crate) fn hive_quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for character in text.chars() {
        match character {
            ' '..='~' | '\t' | '\n' | '\r' | '\u{8}' => plain(character, &mut quoted),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    quoted.push_str(&format!("\\u{unit:04X}"));
                }
            }
        }
    }
    quoted.push('\'');
    quoted
}

/// How a comment is written in single quotes: like any text, but with letters of all languages as they are.
pub(crate) fn hive_comment(text: &str) -> String {
    let mut quoted = String::from("'");
    for character in text.chars() {
        match character {
            '"' | ';' => quoted.push(character),
            _ if character.is_control() && !matches!(character, '\t' | '\n' | '\r' | '\u{8}') => {
                quoted.push_str(&format!("\\u{:04X}", u32::from(character)));
            }
            _ => plain(character, &mut quoted),
        }
    }
    quoted.push('\'');
    quoted
}

/// What Trino reads a text for, quotes included.
pub(crate) fn trino_text(quoted: &str) -> String {
    let inside = quoted.strip_prefix('\'').unwrap_or(quoted);
    inside.strip_suffix('\'').unwrap_or(inside).replace("''", "'")
}

fn plain(character: char, quoted: &mut String) {
    match character {
        '\\' | '\'' | '"' | ';' => quoted.extend(['\\', character]),
        '\t' => quoted.push_str("\\t"),
        '\n' => quoted.push_str("\\n"),
        '\r' => quoted.push_str("\\r"),
        '\u{8}' => quoted.push_str("\\b"),
        _ => quoted.push(character),
    }
}

/// Reads what follows a backslash.
fn escape(rest: &mut std::str::Chars, text: &mut String) {
    let after = rest.as_str();
    if let Some(unit) = unicode(after) {
        *rest = after[5..].chars();
        // Characters beyond the first 65,536 are written as two.
        let low = after[5..].strip_prefix('\\').and_then(unicode);
        let mut decoded = char::decode_utf16([unit].into_iter().chain(low));
        match (decoded.next(), decoded.next()) {
            (Some(Ok(character)), Some(_)) => text.push(character),
            (Some(Ok(character)), None) if low.is_none() => text.push(character),
            (Some(Ok(character)), None) => {
                text.push(character);
                *rest = after[11..].chars();
            }
            _ => text.push(char::REPLACEMENT_CHARACTER),
        }
        return;
    }
    if let Some(character) = octal(after) {
        text.push(character);
        *rest = after[3..].chars();
        return;
    }
    match rest.next() {
        Some('0') => text.push('\0'),
        Some('b') => text.push('\u{8}'),
        Some('n') => text.push('\n'),
        Some('r') => text.push('\r'),
        Some('t') => text.push('\t'),
        Some('Z') => text.push('\u{1a}'),
        Some(kept @ ('%' | '_')) => text.extend(['\\', kept]),
        Some(other) => text.push(other),
        None => text.push('\\'),
    }
}

/// The UTF-16 unit of `u0041`.
fn unicode(after: &str) -> Option<u16> {
    let digits = after.strip_prefix('u')?.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(())?;
    u16::from_str_radix(digits, 16).ok()
}

/// The character of `001`: up to 127, three octal digits.
fn octal(after: &str) -> Option<char> {
    let digits = after.get(..3)?;
    let first = digits.starts_with(['0', '1']);
    (first && digits.bytes().all(|byte| matches!(byte, b'0'..=b'7'))).then_some(())?;
    u8::from_str_radix(digits, 8).ok().map(char::from)
}
