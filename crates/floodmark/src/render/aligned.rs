//! Rows for people in columns that line up, with bars.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr;

use crate::render::{safe, table};

/// How wide a value is shown at most, in characters.
const VALUE_WIDTH_MAX: usize = 60;
/// How wide a line of text is at most: longer ones are hard to read.
const LINE_WIDTH_MAX: usize = 100;
/// How wide the longest bar is.
const BAR_WIDTHS: std::ops::RangeInclusive<usize> = 8..=40;

/// Lines of columns.
#[derive(Debug)]
pub(crate) struct Aligned {
    /// How many columns, from the first, stand to the left; the others stand to the right.
    left: usize,
    lines: Vec<Vec<String>>,
    /// The length of the bar behind each line, from 0 to 1.
    bars: Vec<Option<f64>>,
}

impl Aligned {
    /// Begins with the names of the columns, of which the first `left` stand to the left.
    pub(crate) fn new(left: usize, names: Vec<String>) -> Self {
        let mut aligned = Self { left, lines: Vec::new(), bars: Vec::new() };
        aligned.line(names, None);
        aligned
    }

    /// Adds a line, and the bar behind it. Values need not be safe.
    pub(crate) fn line(&mut self, values: Vec<String>, bar: Option<f64>) {
        self.lines.push(values.into_iter().map(|value| short(&value)).collect());
        self.bars.push(bar);
    }

    /// All lines as text.
    pub(crate) fn text(&self) -> String {
        let columns = self.lines.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let values = self.lines.iter().filter_map(|line| line.get(column));
            values.map(|value| value.width()).max().unwrap_or(0)
        };
        let widths: Vec<_> = (0..columns).map(width).collect();
        let taken: usize = widths.iter().map(|width| width + 2).sum();
        let bar_width = table::terminal_width()
            .map_or(24, |width| usize::from(width).saturating_sub(taken + 1))
            .clamp(*BAR_WIDTHS.start(), *BAR_WIDTHS.end());
        let mut text = String::new();
        for (line, share) in self.lines.iter().zip(&self.bars) {
            let mut shown = String::new();
            for (column, width) in widths.iter().enumerate() {
                let value = line.get(column).map_or("", String::as_str);
                let blanks = " ".repeat(width - value.width());
                if column < self.left {
                    shown.push_str(&format!("{value}{blanks}  "));
                } else {
                    shown.push_str(&format!("{blanks}{value}  "));
                }
            }
            if let Some(share) = share {
                shown.push_str(&bar(*share, bar_width));
            }
            text.push_str(shown.trim_end());
            text.push('\n');
        }
        text
    }
}

/// A bar of eighths of a character, so long a share of the width.
pub(crate) fn bar(share: f64, width: usize) -> String {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    if !is_unicode() {
        return "#".repeat((share * width as f64).round() as usize);
    }
    let eighths = (share * width as f64 * 8.0).round() as usize;
    let mut bar = "█".repeat(eighths / 8);
    bar.push_str(["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]);
    bar
}

/// Whether the terminal shows more than ASCII, as the locale says.
pub(crate) fn is_unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    locale.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// A value with its controls visible, and no longer than can be read.
pub(crate) fn short(value: &str) -> String {
    let shown: Cow<'_, str> = safe(value);
    match shown.char_indices().nth(VALUE_WIDTH_MAX) {
        Some(_) => {
            let ellipsis = if is_unicode() { "…" } else { "..." };
            let kept: String = shown.chars().take(VALUE_WIDTH_MAX - 3).collect();
            format!("{kept}{ellipsis}")
        }
        None => shown.into_owned(),
    }
}

/// A text in lines that fit the terminal; those after the first begin with so many blanks. Controls are made visible.
pub(crate) fn wrapped(text: &str, indent: usize) -> String {
    let width = table::terminal_width().map_or(LINE_WIDTH_MAX, usize::from);
    let width = width.clamp(40, LINE_WIDTH_MAX);
    let mut lines = String::new();
    let mut column = 0;
    let leading: String = text.chars().take_while(|character| *character == ' ').collect();
    lines.push_str(&leading);
    column += leading.len();
    for (at, word) in text.split_whitespace().enumerate() {
        let word = safe(word);
        let length = unicode_width::UnicodeWidthStr::width(word.as_ref());
        if at > 0 && column + 1 + length > width {
            lines.push('\n');
            lines.push_str(&" ".repeat(indent));
            column = indent;
        } else if at > 0 {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(&word);
        column += length;
    }
    lines
}
