//! Values between separators, with quotes, as `OpenCSVSerde` reads them.

use memchr::{memchr, memchr2};

use crate::hive::cells::{Cell, Cells};
use crate::hive::serde::{Properties, SerdeError};

/// The signs of a table whose values may stand in quotes.
#[derive(Clone, Copy, Debug)]
pub struct Csv {
    separator: u8,
    quote: u8,
    escape: u8,
}

impl Csv {
    pub(crate) fn of(properties: &Properties) -> Result<Self, SerdeError> {
        let sign =
            |name: &str, default: u8| match properties.get(name).and_then(|v| v.chars().next()) {
                None => Ok(default),
                Some(sign) => u8::try_from(sign).ok().filter(u8::is_ascii).ok_or_else(|| {
                    SerdeError::new(format!("`{name}` is `{sign}`: it must be an ASCII character"))
                }),
            };
        let separator = sign("separatorChar", b',')?;
        let quote = sign("quoteChar", b'"')?;
        // The writer's default escape, a quote, stands for the reader's default.
        let escape = match sign("escapeChar", b'\\')? {
            b'"' => b'\\',
            other => other,
        };
        if separator == 0
            || separator == quote
            || separator == escape
            || (quote == escape && quote != 0)
        {
            return Err(SerdeError::new(
                "`separatorChar`, `quoteChar` and `escapeChar` must be different characters",
            ));
        }
        Ok(Self { separator, quote, escape })
    }

    /// Notes the values of the wanted columns of a line that begins at `start` of its block.
    pub(crate) fn read(&self, line: &str, start: usize, cells: &mut Cells) {
        let Some(last) = cells.wanted().last().copied() else {
            return;
        };
        cells.fill(|_| Cell::Null);
        if line.is_empty() {
            return;
        }
        let bytes = line.as_bytes();
        if memchr2(self.quote, self.escape, bytes).is_some() {
            return self.read_quoted(line, last, cells);
        }
        let mut at = 0;
        for column in 0..=last {
            let end = memchr(self.separator, &bytes[at..]).map(|length| at + length);
            cells.set(column, Cell::part(start + at, start + end.unwrap_or(bytes.len())));
            match end {
                Some(end) => at = end + 1,
                None => return,
            }
        }
    }

    fn read_quoted(&self, line: &str, last: usize, cells: &mut Cells) {
        let [separator, quote, escape] = [self.separator, self.quote, self.escape].map(char::from);
        cells.side.clear();
        let mut value_start = 0;
        let mut column = 0;
        let mut in_quotes = false;
        let mut in_field = false;
        let mut before = '\0';
        let mut position = 0;
        let mut characters = line.chars().peekable();
        while let Some(character) = characters.next() {
            if column > last {
                return;
            }
            let mut current = character;
            if character == escape {
                if (in_quotes || in_field)
                    && let Some(next) = characters.next_if(|next| *next == quote || *next == escape)
                {
                    cells.side.push(next);
                    current = next;
                    position += 1;
                }
            } else if character == quote {
                if (in_quotes || in_field) && characters.next_if_eq(&quote).is_some() {
                    cells.side.push(quote);
                    position += 1;
                } else {
                    // A quote in the middle of a value belongs to it, but not within the first characters of the line.
                    let in_middle = position > 2
                        && before != separator
                        && characters.peek().is_some_and(|next| *next != separator);
                    if in_middle {
                        let value = &cells.side[value_start..];
                        if !value.is_empty() && value.chars().all(char::is_whitespace) {
                            cells.side.truncate(value_start);
                        } else {
                            cells.side.push(quote);
                        }
                    }
                    in_quotes = !in_quotes;
                }
                in_field = !in_field;
            } else if character == separator && !in_quotes {
                let end = cells.side.len();
                cells.set(column, Cell::Side(value_start as u32, end as u32));
                column += 1;
                value_start = end;
                in_field = false;
            } else {
                cells.side.push(character);
                in_field = true;
            }
            before = current;
            position += 1;
        }
        // A last value whose quote is open is none.
        if column <= last && !in_quotes {
            let end = cells.side.len();
            cells.set(column, Cell::Side(value_start as u32, end as u32));
        }
    }
}
