//! Values between separators: the load balancers', the flow logs', CloudFront's and S3's lines.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memmem, memrchr};
use serde_json::value::RawValue;

use crate::account::{Account, Reason};
use crate::decode::batch::Batch;
use crate::decode::delimiters::{STEP, between, chunk, places};
use crate::decode::row::{Row, Written, has_shape};
use crate::decode::{Line, Request, line_at, without_return};
use crate::limits::{LINE_BYTES_MAX, LINE_FIELDS_MAX, UNKNOWN_NAME_BYTES_MAX};
use crate::log_type::{Header, Quotes, Quoting};
use crate::table::Table;

/// What is known of how one object's lines are written.
#[derive(Debug)]
pub(crate) struct Words {
    separators: &'static [u8],
    /// The one of the separators that this object uses, once a line has told.
    separator: Option<u8>,
    quotes: Quotes,
    header: Header,
    layout: Layout,
    /// Where the fields of the line at hand end.
    ends: Vec<u32>,
}

/// Which value of a line is which field.
#[derive(Debug)]
struct Layout {
    /// For each field of the declaration its place in the line.
    places: Vec<Option<u8>>,
    /// How many values of a line are known; what follows is trailing.
    known: usize,
    /// How many values a line has at least.
    least: usize,
    /// The values of a header line that the declaration does not know: their names and places.
    unknown: Vec<(String, usize)>,
    /// Whether a header line told the order.
    told: bool,
}

impl Layout {
    /// The order of the declaration.
    ///
    /// Where the owner chooses the fields, a line without a header is in the default format, and what follows its fields may
    /// be anything, so it is trailing.
    fn declared(table: &Table, header: Header) -> Self {
        let log_type = table.log_type;
        let fields = log_type.fields.len();
        let known = if header == Header::NamesOfChoice { log_type.fields_min } else { fields };
        let place = |place| u8::try_from(place).ok().filter(|_| place < known);
        Self {
            places: (0..fields).map(place).collect(),
            known,
            least: log_type.fields_min,
            unknown: Vec::new(),
            told: false,
        }
    }

    /// The order of a header line.
    fn told<'a>(table: &Table, names: impl Iterator<Item = &'a str>) -> Self {
        let mut places = vec![None; table.log_type.fields.len()];
        let mut unknown = Vec::new();
        let mut known = 0;
        for (place, name) in names.enumerate().take(LINE_FIELDS_MAX) {
            known = place + 1;
            match table.field_named(name) {
                Some(field) => places[field] = u8::try_from(place).ok(),
                None => {
                    let kept = name.floor_char_boundary(UNKNOWN_NAME_BYTES_MAX);
                    unknown.push((name[..kept].to_owned(), place));
                }
            }
        }
        let least = known.min(table.log_type.fields_min);
        Self { places, known, least, unknown, told: true }
    }
}

impl Words {
    pub(crate) fn new(
        table: &Table,
        separators: &'static [u8],
        quotes: Quotes,
        header: Header,
    ) -> Self {
        Self {
            separators,
            separator: if let [only] = separators { Some(*only) } else { None },
            quotes,
            header,
            layout: Layout::declared(table, header),
            ends: Vec::with_capacity(LINE_FIELDS_MAX + STEP + 1),
        }
    }

    pub(crate) fn header_told(&self) -> bool {
        self.layout.told
    }

    pub(crate) fn names_unknown(&self) -> usize {
        self.layout.unknown.len()
    }

    /// Reads the line at `start`, and says where the next one begins.
    #[inline]
    pub(crate) fn read(
        &mut self,
        request: &Request,
        bytes: &[u8],
        start: usize,
        number: u64,
        account: &mut Account,
        batch: &mut Batch<'_>,
    ) -> (Line, usize) {
        if self.header != Header::None
            && let Some(next) = self.read_header(&request.table, bytes, start)
        {
            return (Line::Header, next);
        }
        let Some(separator) = self.separator else {
            return self.read_first(request, bytes, start, number, account, batch);
        };
        let (end, next) = self.split(bytes, start, separator);
        if let Some(reason) = self.refuse(request, bytes, start, end) {
            return (Line::Rejected(reason), next);
        }
        let row =
            WordsRow { words: self, bytes, start, end, separator, number, table: &request.table };
        if let Some((field, value)) = request.plan.hole
            && row.written(field).is_some_and(|written| written.bytes(bytes) == value)
        {
            account.holes += 1;
        }
        if request.plan.passes(&row) {
            batch.push(&row);
        }
        (Line::Row, next)
    }

    /// Reads a line before the separator is known: the first one with which it is a line of this log.
    #[cold]
    fn read_first(
        &mut self,
        request: &Request,
        bytes: &[u8],
        start: usize,
        number: u64,
        account: &mut Account,
        batch: &mut Batch<'_>,
    ) -> (Line, usize) {
        let mut first = None;
        for separator in self.separators {
            let (end, next) = self.split(bytes, start, *separator);
            let refused = self.refuse(request, bytes, start, end);
            match refused {
                None => {
                    self.separator = Some(*separator);
                    return self.read(request, bytes, start, number, account, batch);
                }
                Some(reason) => {
                    first.get_or_insert((Line::Rejected(reason), next));
                }
            }
        }
        first.expect("every log type has at least one separator")
    }

    /// Why the line is not a row of this log.
    #[inline]
    fn refuse(&self, request: &Request, bytes: &[u8], start: usize, end: usize) -> Option<Reason> {
        if start == end {
            return Some(Reason::Empty);
        }
        if end - start > LINE_BYTES_MAX {
            return Some(Reason::TooLong);
        }
        for (field, shape) in &request.plan.marks {
            let shaped = match self.layout.places[*field] {
                Some(place) => match self.range(start, usize::from(place)) {
                    Some(range) => {
                        let text = self.unquoted(bytes, range, Quoting::Bare);
                        has_shape(*shape, &bytes[text])
                    }
                    // A line too short for a mark is too short, unless its era had no such field.
                    None => usize::from(place) >= self.layout.least,
                },
                None => true,
            };
            if !shaped {
                let guessed = self.header == Header::NamesOfChoice && !self.layout.told;
                let digit = bytes[start].is_ascii_digit();
                return Some(if guessed && digit { Reason::UnknownOrder } else { Reason::Foreign });
            }
        }
        (self.ends.len() < self.layout.least).then_some(Reason::TooFewFields)
    }

    /// Takes a header line, if there is one at `start`.
    fn read_header(&mut self, table: &Table, bytes: &[u8], start: usize) -> Option<usize> {
        match self.header {
            Header::None => None,
            Header::Directives => {
                if bytes[start] != b'#' {
                    return None;
                }
                let (line, next) = line_at(bytes, start);
                if bytes[line.clone()].starts_with(b"#Version:") {
                    return Some(next);
                }
                // Any other line that begins so is another file's comment.
                let names = std::str::from_utf8(bytes[line].strip_prefix(b"#Fields:")?).ok()?;
                self.layout = Layout::told(table, names.split_whitespace());
                self.choose_separator_again();
                Some(next)
            }
            Header::Names | Header::NamesOfChoice => {
                if !bytes[start].is_ascii_lowercase() {
                    return None;
                }
                let (line, next) = line_at(bytes, start);
                let names = std::str::from_utf8(&bytes[line]).ok()?;
                let mut names_known = 0;
                let mut names_all = 0;
                for name in names.split_ascii_whitespace() {
                    let known = table.field_named(name).is_some();
                    if names_all == 0 && !known {
                        return None;
                    }
                    names_all += 1;
                    names_known += usize::from(known);
                }
                // AWS adds fields; a line of which most words are names of fields is a header all the same.
                if 2 * names_known < names_all {
                    return None;
                }
                self.layout = Layout::told(table, names.split_ascii_whitespace());
                Some(next)
            }
        }
    }

    fn choose_separator_again(&mut self) {
        if self.separators.len() > 1 {
            self.separator = None;
        }
    }

    /// Finds the ends of the fields of the line at `start`: its end, and where the next one begins.
    #[inline]
    fn split(&mut self, bytes: &[u8], start: usize, separator: u8) -> (usize, usize) {
        self.ends.clear();
        let (end, next) = match self.quotes {
            Quotes::None => self.split_plain(bytes, start, separator),
            Quotes::Double => self.split_quoted(bytes, start, separator),
            Quotes::Stray => {
                let (line, next) = line_at(bytes, start);
                self.split_stray(bytes, line.clone(), separator);
                (line.end, next)
            }
        };
        let end = without_return(bytes, start, end);
        if self.ends.len() > LINE_FIELDS_MAX {
            self.ends.truncate(LINE_FIELDS_MAX);
        }
        self.ends.push(end as u32);
        (end, next)
    }

    #[inline]
    fn split_plain(&mut self, bytes: &[u8], start: usize, separator: u8) -> (usize, usize) {
        let mut at = start;
        while at < bytes.len() {
            let chunk = chunk(bytes, at);
            let ends_of_line = places(&chunk, b'\n');
            let mut separators = places(&chunk, separator);
            if ends_of_line != 0 {
                let length = ends_of_line.trailing_zeros();
                separators &= (1 << length) - 1;
                self.note(at, separators);
                let end = at + length as usize;
                return (end, end + 1);
            }
            self.note(at, separators);
            at += STEP;
        }
        (bytes.len(), bytes.len())
    }

    #[inline]
    fn note(&mut self, at: usize, mut separators: u64) {
        if self.ends.len() > LINE_FIELDS_MAX {
            return;
        }
        while separators != 0 {
            self.ends.push((at + separators.trailing_zeros() as usize) as u32);
            separators &= separators - 1;
        }
    }

    #[inline]
    fn split_quoted(&mut self, bytes: &[u8], start: usize, separator: u8) -> (usize, usize) {
        let (end, next, open, escaped) = self.split_between_quotes(bytes, start, separator, true);
        if open && escaped {
            // A client's last backslash is no escape: read the line once more without escapes.
            self.ends.clear();
            self.split_between_quotes(bytes, start, separator, false);
        }
        (end, next)
    }

    /// The line's end, where the next one begins, whether a quote is open at its end, and whether a quote was escaped.
    #[inline]
    fn split_between_quotes(
        &mut self,
        bytes: &[u8],
        start: usize,
        separator: u8,
        escapes: bool,
    ) -> (usize, usize, bool, bool) {
        let mut at = start;
        let mut inside = 0_u64;
        let mut backslash = 0_u64;
        let mut escaped = false;
        while at < bytes.len() {
            let chunk = chunk(bytes, at);
            let ends_of_line = places(&chunk, b'\n');
            let mut quotes = places(&chunk, b'"');
            if escapes {
                let backslashes = places(&chunk, b'\\');
                let after = backslashes << 1 | backslash;
                backslash = backslashes >> (STEP - 1);
                if quotes & after != 0 {
                    let line = ends_of_line.wrapping_sub(1) & !ends_of_line;
                    escaped |= quotes & after & line != 0;
                    quotes &= !after;
                }
            }
            let quoted = between(quotes) ^ inside;
            let mut separators = places(&chunk, separator) & !quoted;
            if ends_of_line != 0 {
                let length = ends_of_line.trailing_zeros();
                separators &= (1 << length) - 1;
                self.note(at, separators);
                let end = at + length as usize;
                let open = quoted >> length & 1 == 1;
                return (end, end + 1, open, escaped);
            }
            self.note(at, separators);
            inside = 0_u64.wrapping_sub(quoted >> (STEP - 1));
            at += STEP;
        }
        (bytes.len(), bytes.len(), inside != 0, escaped)
    }

    /// Splits a line as S3 writes it: the third value stands in brackets, and three are in quotes in which clients' own quotes occur.
    ///
    /// The request line ends at the first quote that a status follows, the referer at the first quote that another quote
    /// or a lone `-` follows, the user agent at the last quote of the line: no value after it has any.
    fn split_stray(&mut self, bytes: &[u8], line: Range<usize>, separator: u8) {
        const TIME: usize = 2;
        const REQUEST: usize = 8;
        const REFERER: usize = 15;
        const USER_AGENT: usize = 16;
        let mut at = line.start;
        while at < line.end && self.ends.len() <= LINE_FIELDS_MAX {
            let rest = &bytes[at..line.end];
            let length = match (self.ends.len(), rest[0]) {
                (TIME, b'[') => memchr(b']', rest).and_then(|close| after(rest, close, separator)),
                (REQUEST, b'"') => memmem::find_iter(rest, b"\" ")
                    .find(|quote| is_status(&rest[quote + 2..]))
                    .map(|quote| quote + 1),
                (REFERER, b'"') => memmem::find_iter(&rest[1..], b"\" ")
                    .map(|quote| quote + 1)
                    .find(|quote| matches!(rest[quote + 2..], [b'"', ..] | [b'-', b' ', ..]))
                    .map(|quote| quote + 1),
                (USER_AGENT, b'"') => memrchr(b'"', rest)
                    .filter(|quote| *quote > 0)
                    .and_then(|quote| after(rest, quote, separator)),
                _ => memchr(separator, rest),
            };
            match length.filter(|length| *length < rest.len()) {
                Some(length) => {
                    self.ends.push((at + length) as u32);
                    at += length + 1;
                }
                None => return,
            }
        }
    }

    /// Where the value at a place of the line stands, quotes included.
    #[inline]
    fn range(&self, start: usize, place: usize) -> Option<Range<usize>> {
        let end = *self.ends.get(place)? as usize;
        let start = if place == 0 { start } else { self.ends[place - 1] as usize + 1 };
        Some(start.min(end)..end)
    }

    /// The value without the quotes or brackets that its column does not show.
    #[inline]
    fn unquoted(&self, bytes: &[u8], range: Range<usize>, quoting: Quoting) -> Range<usize> {
        let marks = match self.quotes {
            Quotes::None => return range,
            _ if quoting == Quoting::Kept => return range,
            Quotes::Double => [b"\"\"", b"\"\""],
            Quotes::Stray => [b"\"\"", b"[]"],
        };
        let Some(first) = bytes[range.clone()].first() else {
            return range;
        };
        for [open, close] in marks {
            if first == open {
                let closed = range.len() > 1 && bytes[range.end - 1] == *close;
                return range.start + 1..range.end - usize::from(closed);
            }
        }
        range
    }
}

/// Where the first separator after a place stands.
fn after(text: &[u8], place: usize, separator: u8) -> Option<usize> {
    memchr(separator, &text[place..]).map(|length| place + length)
}

/// Whether text begins as what follows the request line in an S3 line: a status of three digits, or `-`, and a blank.
fn is_status(text: &[u8]) -> bool {
    match text {
        [b'-', b' ', ..] => true,
        [a, b, c, b' ', ..] => [a, b, c].iter().all(|byte| byte.is_ascii_digit()),
        _ => false,
    }
}

/// A line whose fields were found.
struct WordsRow<'a> {
    words: &'a Words,
    bytes: &'a [u8],
    start: usize,
    end: usize,
    separator: u8,
    number: u64,
    table: &'a Table,
}

impl Row for WordsRow<'_> {
    fn block(&self) -> &[u8] {
        self.bytes
    }

    #[inline]
    fn written(&self, field: usize) -> Option<Written<'_>> {
        let place = self.words.layout.places[field]?;
        let range = self.words.range(self.start, usize::from(place))?;
        let quoting = self.table.field(field).quoting;
        Some(Written::Part(self.words.unquoted(self.bytes, range, quoting)))
    }

    fn json(&self, _field: usize) -> Option<&RawValue> {
        None
    }

    fn trailing(&self) -> Option<Written<'_>> {
        let words = self.words;
        let rest = words
            .range(self.start, words.layout.known)
            .map(|first| first.start..self.end.max(first.start));
        if words.layout.unknown.is_empty() {
            return rest.map(Written::Part);
        }
        let mut text = String::new();
        let mut add = |name: &str, range: Range<usize>| {
            if !text.is_empty() {
                text.push(char::from(self.separator));
            }
            text.push_str(name);
            text.push_str(&String::from_utf8_lossy(&self.bytes[range]));
        };
        for (name, place) in &words.layout.unknown {
            if let Some(range) = words.range(self.start, *place) {
                add(&format!("{name}="), range);
            }
        }
        if let Some(rest) = rest {
            add("", rest);
        }
        (!text.is_empty()).then_some(Written::Text(Cow::Owned(text)))
    }

    fn range(&self) -> Option<Range<usize>> {
        Some(self.start..self.end)
    }

    fn number(&self) -> u64 {
        self.number
    }
}
