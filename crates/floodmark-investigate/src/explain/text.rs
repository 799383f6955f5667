//! Numbers and sentences for people.

use floodmark_who::ports;

use crate::explain::answer::{Contributor, Direction, Explanation, Verdict};

/// How many contributors the sentences name.
const NAMED_MAX: usize = 3;

/// A number as people read it: thousands set apart, and three digits where it is small.
pub fn number(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude >= 100.0 || (value.fract() == 0.0 && magnitude < 1e15) {
        let digits = format!("{magnitude:.0}");
        let mut text = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        return format!("{}{text}", if value < 0.0 { "-" } else { "" });
    }
    let decimals = if magnitude >= 10.0 {
        1
    } else if magnitude >= 1.0 {
        2
    } else {
        3
    };
    format!("{value:.decimals$}")
}

/// A value with its unit: bytes as `1.2 GB`, times as `6 min 58 s`.
pub fn amount(value: f64, unit: &str) -> String {
    match unit {
        "bytes" => bytes(value),
        "ms" => duration(value / 1000.0),
        "s" => duration(value),
        "" => number(value),
        unit => format!("{} {unit}", number(value)),
    }
}

/// A factor: `×3.0`.
pub fn factor(ratio: Option<f64>) -> String {
    match ratio {
        None => "new".to_owned(),
        Some(ratio) if ratio >= 100.0 => format!("×{}", number(ratio.round())),
        Some(ratio) if ratio >= 10.0 => format!("×{ratio:.0}"),
        Some(ratio) if ratio < 0.1 && ratio > 0.0 => format!("×{ratio:.3}"),
        Some(ratio) => format!("×{ratio:.2}"),
    }
}

/// A share as percent.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent.abs() >= 10.0 || percent == 0.0 {
        format!("{percent:.0} %")
    } else {
        format!("{percent:.1} %")
    }
}

fn bytes(value: f64) -> String {
    let mut size = value;
    let mut unit = "B";
    for next in ["kB", "MB", "GB", "TB", "PB"] {
        if size.abs() < 1000.0 {
            break;
        }
        size /= 1000.0;
        unit = next;
    }
    if unit == "B" { format!("{size:.0} B") } else { format!("{size:.1} {unit}") }
}

fn duration(seconds: f64) -> String {
    let magnitude = seconds.abs();
    if magnitude < 0.001 {
        return format!("{:.0} µs", seconds * 1e6);
    }
    if magnitude < 1.0 {
        return format!("{:.0} ms", seconds * 1e3);
    }
    if magnitude < 60.0 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as i64;
    if whole.abs() < 3_600 {
        format!("{} min {} s", whole / 60, whole % 60)
    } else if whole.abs() < 172_800 {
        format!("{} h {} min", whole / 3_600, whole % 3_600 / 60)
    } else {
        format!("{} days", number((seconds / 86_400.0).round()))
    }
}

/// A contributor in a few words: `client_ip 203.0.113.7`, or `4 addresses (client_ip 192.0.2.66, …)`.
pub fn subject(contributor: &Contributor) -> String {
    /// How many values are named.
    const VALUES: usize = 4;
    let conditions = contributor.conditions.iter().map(|condition| {
        let column = &condition.column;
        let values: Vec<String> = match condition.kind {
            "port" => condition.values.iter().map(|port| with_service(port)).collect(),
            _ => condition.values.iter().map(|value| short(value)).collect(),
        };
        if let [only] = values.as_slice() {
            return format!("{column} {only}");
        }
        let noun = match condition.kind {
            "address" if values.iter().all(|value| value.contains('/')) => "networks",
            "address" => "addresses",
            "domain" => "domains",
            "path" => "paths",
            "port" => "ports",
            "HTTP status" => "statuses",
            "user agent" => "user agents",
            _ => "values",
        };
        let named = values[..values.len().min(VALUES)].join(", ");
        let more = if values.len() > VALUES { ", …" } else { "" };
        format!("{} {noun} ({column} {named}{more})", values.len())
    });
    conditions.collect::<Vec<_>>().join(" with ")
}

/// A value that fits into a sentence.
fn short(value: &str) -> String {
    /// How many characters are shown.
    const CHARACTERS: usize = 80;
    match value.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

/// A port with the service that is known to use it: `443 (https)`. The names are IANA's, or those that people say.
fn with_service(port: &str) -> String {
    match port.parse().ok().and_then(ports::name) {
        Some(service) => format!("{port} ({service})"),
        None => port.to_owned(),
    }
}

/// The answer in a sentence or a few.
pub(crate) fn sentence(answer: &Explanation) -> String {
    let measure = &answer.measure;
    let title = &measure.title;
    let value =
        |value: Option<f64>| value.map_or("none".to_owned(), |value| amount(value, &measure.unit));
    // Amounts of windows of different length say nothing side by side.
    let is_rate = (answer.total.before - answer.total.before_scaled).abs() > 0.5;
    let an_hour = if is_rate {
        format!(
            " ({} and {} an hour)",
            amount(answer.total.before_per_hour, &measure.unit),
            amount(answer.total.during_per_hour, &measure.unit)
        )
    } else {
        String::new()
    };
    let head = match answer.verdict {
        Verdict::Nothing | Verdict::Mix => format!(
            "{title}: as before, {} and {}{an_hour}.",
            value(measure.before),
            value(measure.during)
        ),
        _ => {
            let rose = answer.total.difference >= 0.0;
            format!(
                "{title} {}{}, from {} to {}{an_hour}.",
                if rose { "rose" } else { "fell" },
                measure.ratio.map_or_else(String::new, |ratio| format!(" {}", factor(Some(ratio)))),
                value(measure.before),
                value(measure.during),
            )
        }
    };
    let mut sentences = vec![head];
    match answer.verdict {
        Verdict::Nothing => sentences.push(
            "No part of the traffic changed by more than it does by itself.".to_owned(),
        ),
        Verdict::Everywhere => sentences.push(
            "It changed everywhere alike: no address, name, path or other value carries it by itself."
                .to_owned(),
        ),
        Verdict::Mix => sentences.push("But its parts changed against each other.".to_owned()),
        Verdict::Contributors => {}
    }
    for contributor in answer.contributors.iter().take(NAMED_MAX) {
        sentences.push(of_contributor(contributor, answer));
    }
    if answer.contributors.len() > NAMED_MAX {
        sentences.push(format!("{} more are listed.", answer.contributors.len() - NAMED_MAX));
    }
    if let [first, ..] = answer.unchanged.as_slice() {
        sentences.push(format!(
            "{} {} is as before ({} and {}).",
            first.column,
            first.value,
            amount(first.change.before_scaled, &answer.amount_unit),
            amount(first.change.during, &answer.amount_unit),
        ));
    }
    if !answer.contributors.is_empty() && answer.rest.ratio.is_some() {
        sentences.push(format!("All the rest: {}.", factor(answer.rest.ratio)));
    }
    sentences.join(" ")
}

fn of_contributor(contributor: &Contributor, answer: &Explanation) -> String {
    let rose = contributor.direction == Direction::Up;
    let change = &contributor.change;
    let unit = &answer.amount_unit;
    let mut text = match contributor.share {
        Some(share) if share >= 0.0 => format!(
            "{} of the {} comes from {}",
            percent(share),
            if answer.total.difference >= 0.0 { "rise" } else { "fall" },
            subject(contributor)
        ),
        _ => format!("{} {}", subject(contributor), if rose { "rose" } else { "fell" }),
    };
    text.push_str(&format!(
        " ({} to {})",
        amount(change.before, unit),
        amount(change.during, unit)
    ));
    if !contributor.also.is_empty() {
        let all = contributor
            .also
            .iter()
            .take(3)
            .map(|common| format!("{} {}", common.column, short(&common.values.join(" or "))));
        let are_all = contributor.also.iter().take(3).all(|common| common.coverage >= 1.0);
        let all_or_nearly = if are_all { "all" } else { "nearly all" };
        let all = all.collect::<Vec<_>>().join(", ");
        text.push_str(&format!(", {all_or_nearly} with {all}"));
    }
    for peculiar in contributor.peculiar.iter().take(2) {
        text.push_str(&format!(
            ", {} {} against {}",
            peculiar.title.to_lowercase(),
            amount(peculiar.value, &peculiar.unit),
            amount(peculiar.others, &peculiar.unit),
        ));
    }
    if let Some(clients) = &contributor.clients
        && rose
    {
        if clients.during > 1 && clients.new == clients.during {
            text.push_str(&format!(
                ", {} clients of which none was there before",
                number(clients.during as f64)
            ));
        } else if clients.during == 1 && clients.new == 1 {
            text.push_str(", not there before");
        }
    }
    text.push('.');
    text
}
