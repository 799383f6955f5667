//! Charts of amounts over time.

use floodmark_formats::time::{DAY, Micros};

use crate::render::aligned::{Aligned, is_unicode};
use crate::render::{figures, table};

/// How many buckets have a line each; of more, a chart of columns is drawn.
const LINES_MAX: usize = 24;
/// How high the chart of columns is, in lines.
const HEIGHT: usize = 8;
/// How wide a chart is without a terminal, in characters.
const WIDTH: usize = 100;

/// Amounts in buckets of equal length.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Buckets<'a> {
    pub(crate) start: Micros,
    pub(crate) bucket: Micros,
    pub(crate) amounts: &'a [Option<f64>],
    pub(crate) unit: &'a str,
}

impl Buckets<'_> {
    fn moment(&self, at: usize) -> Micros {
        self.start + self.bucket * i64::try_from(at).unwrap_or(0)
    }

    /// The time of day, or the day, at which a bucket starts.
    fn label(&self, at: usize) -> String {
        let moment = self.moment(at);
        if self.bucket >= DAY {
            figures::moment(moment).get(..10).unwrap_or_default().to_owned()
        } else {
            figures::clock(moment)
        }
    }
}

/// Draws buckets: a bar a line if they are few, else columns. Those for which `marked` holds are marked.
pub(crate) fn chart(buckets: &Buckets<'_>, marked: impl Fn(usize) -> bool) -> String {
    if buckets.amounts.len() <= LINES_MAX {
        lines(buckets, marked)
    } else {
        columns(buckets, marked)
    }
}

fn most(amounts: &[Option<f64>]) -> f64 {
    amounts.iter().flatten().copied().fold(0.0, f64::max)
}

fn lines(buckets: &Buckets<'_>, marked: impl Fn(usize) -> bool) -> String {
    let most = most(buckets.amounts);
    let mut aligned = Aligned::new(2, vec![String::new(); 3]);
    for (at, amount) in buckets.amounts.iter().enumerate() {
        let mark = match (marked(at), is_unicode()) {
            (false, _) => "",
            (true, true) => "▶",
            (true, false) => ">",
        };
        let values =
            vec![mark.to_owned(), buckets.label(at), figures::amount(*amount, buckets.unit)];
        aligned.line(values, amount.filter(|_| most > 0.0).map(|amount| amount / most));
    }
    // The names of these columns say nothing.
    aligned.text().trim_start_matches('\n').to_owned()
}

fn columns(buckets: &Buckets<'_>, marked: impl Fn(usize) -> bool) -> String {
    let top = most(buckets.amounts);
    let half = if top >= 10.0 { (top / 2.0).round() } else { top / 2.0 };
    let axis = [top, half].map(|amount| figures::amount(Some(amount), buckets.unit));
    let margin = axis.iter().map(String::len).max().unwrap_or(0).max(1);
    let width = width().saturating_sub(margin + 3).max(20);
    let count = buckets.amounts.len();
    let each = count.div_ceil(width);
    let groups: Vec<&[Option<f64>]> = buckets.amounts.chunks(each).collect();
    let vertical = if is_unicode() { "│" } else { "|" };
    let mut text = String::new();
    for line in (0..HEIGHT).rev() {
        let label = match line {
            _ if line + 1 == HEIGHT => axis[0].as_str(),
            _ if line + 1 == HEIGHT / 2 => axis[1].as_str(),
            0 => "0",
            _ => "",
        };
        let cells: String =
            groups.iter().map(|group| cell(most(group), top, line, HEIGHT)).collect();
        text.push_str(&format!("{label:>margin$} {vertical}{}\n", cells.trim_end()));
    }
    let marks: String = (0..groups.len())
        .map(|at| if (at * each..((at + 1) * each).min(count)).any(&marked) { '^' } else { ' ' })
        .collect();
    if !marks.trim().is_empty() {
        text.push_str(&format!("{:margin$}  {}\n", "", marks.trim_end()));
    }
    text.push_str(&format!("{:margin$}  {}\n", "", labels(buckets, each, groups.len())));
    if each > 1 {
        text.push_str(&format!("{:margin$}  each column is the largest of {each} buckets\n", ""));
    }
    text
}

/// What stands in one line of a column.
fn cell(amount: f64, top: f64, line: usize, height: usize) -> char {
    if top <= 0.0 || amount <= 0.0 {
        return ' ';
    }
    if !is_unicode() {
        let lines = (amount / top * height as f64).round().max(1.0) as usize;
        return if lines > line { '#' } else { ' ' };
    }
    // Something is never shown as nothing.
    let eighths = ((amount / top * (height * 8) as f64).round() as usize).max(1);
    EIGHTHS[eighths.saturating_sub(line * 8).min(8)]
}

const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The times below the columns, as many as there is room for.
fn labels(buckets: &Buckets<'_>, each: usize, columns: usize) -> String {
    let length = buckets.label(0).chars().count() + 4;
    let step = [10, 15, 20, 30, 60].into_iter().find(|step| *step >= length).unwrap_or(length);
    let mut text = String::new();
    for column in (0..columns).step_by(step) {
        let label = buckets.label(column * each);
        if column + label.len() <= columns.max(label.len()) {
            let blanks = column.saturating_sub(text.chars().count());
            text.push_str(&format!("{}{label}", " ".repeat(blanks)));
        }
    }
    text
}

/// A line of characters whose height says the amount; each line has its own scale.
pub(crate) fn sparkline(amounts: &[Option<f64>], width: usize) -> String {
    let top = most(amounts);
    let each = amounts.len().div_ceil(width.max(1)).max(1);
    let groups = amounts.chunks(each).map(most);
    if is_unicode() {
        return groups.map(|amount| cell(amount, top, 0, 1)).collect();
    }
    let steps = [' ', '.', ':', '-', '=', '+', '*', '#'];
    groups
        .map(|amount| {
            if top <= 0.0 || amount <= 0.0 {
                return ' ';
            }
            steps[((amount / top * 7.0).round() as usize).clamp(1, 7)]
        })
        .collect()
}

/// How wide a chart may be, in characters.
pub(crate) fn width() -> usize {
    table::terminal_width().map_or(WIDTH, usize::from)
}
