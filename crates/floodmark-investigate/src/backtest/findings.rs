//! What is to be blocked by an answer of `explain` in its JSON form.
//!
//! A contributor is rows that meet all of its conditions; a rule matches whatever one of its targets names. So of each contributor
//! one condition becomes targets, and what that leaves out is said.

use floodmark_block::rule::Direction;
use floodmark_block::target::{Place, Target, Targets, TextMatch};
use floodmark_block::way::{Way, WayFacts};
use floodmark_engine::dialect::literal;
use floodmark_engine::{Error, ErrorKind, Result};
use floodmark_formats::kind::Kind;
use floodmark_formats::observation::Observation;
use floodmark_formats::{Table, table};
use ipnet::IpNet;
use serde::Deserialize;

use crate::backtest::columns::{
    COUNTRIES, DESTINATIONS, is_percent_encoded, name_of_kind, shows_decoded_paths,
};
use crate::backtest::protected::private_part;
use crate::limits::FINDINGS_BYTES_MAX;
use crate::window::Window;

/// What `explain` found.
#[derive(Clone, Debug)]
pub struct Findings {
    /// The log that was explained.
    pub log: String,
    /// When the attack was.
    pub during: Window,
    /// What it was compared with.
    pub before: Vec<Window>,
    /// What the attack is, as a condition in SQL.
    pub attack: String,
    table: &'static Table,
    causes: Vec<Contributor>,
    notes: Vec<String>,
}

/// What a way can block of what was found.
#[derive(Clone, Debug, Default)]
pub struct Chosen {
    /// What is to be blocked.
    pub targets: Targets,
    /// In which directions, of packets.
    pub directions: Vec<Direction>,
    /// What cannot be blocked so, and what is blocked besides, a sentence each.
    pub notes: Vec<String>,
}

/// What is read of an answer. Unknown parts are passed over.
#[derive(Debug, Deserialize)]
struct Explained {
    log: String,
    condition: Option<String>,
    during: Option<Span>,
    #[serde(default)]
    before: Vec<Span>,
    #[serde(default)]
    contributors: Vec<Contributor>,
}

#[derive(Debug, Deserialize)]
struct Span {
    start: String,
    end: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Contributor {
    conditions: Vec<Told>,
    direction: String,
    #[serde(default)]
    also: Vec<Also>,
    condition: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Told {
    column: String,
    values: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Also {
    column: String,
    values: Vec<String>,
    coverage: f64,
}

/// What a column of a log is to a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Sender,
    Receiver,
    Country,
    Path,
    UserAgent,
    Other,
}

/// How many of a contributor's rows must have a value so that it stands for them.
const COVERAGE_MIN: f64 = 0.99;

impl Findings {
    /// Reads an answer of `explain --format json`.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` for what is none, `NotFound` if nothing was found, `LimitReached` for more than 16 MiB.
    pub fn read(json: &str) -> Result<Self> {
        if json.len() > FINDINGS_BYTES_MAX {
            let message = format!("the findings have more than {FINDINGS_BYTES_MAX} bytes");
            return Err(Error::new(ErrorKind::LimitReached, message));
        }
        let explained: Explained = serde_json::from_str(json).map_err(|error| {
            Error::invalid_query("this is no answer of `explain` in JSON")
                .hint("`floodmark explain logs/ --format json` writes it")
                .because(error)
        })?;
        let nothing = || {
            Error::not_found("`explain` found nothing that rose, so that there is nothing to block")
                .hint("name what is to be blocked, such as `192.0.2.0/24`")
        };
        let during = explained.during.ok_or_else(nothing)?;
        let table = table::find(&explained.log).ok_or_else(|| {
            Error::not_found(format!("there is no log of the name `{}`", explained.log))
        })?;
        let window = |span: &Span| Window::parse(&format!("{}/{}", span.start, span.end));
        let (causes, fell): (Vec<_>, Vec<_>) = (explained.contributors.into_iter())
            .partition(|contributor| contributor.direction == "up");
        if causes.is_empty() {
            return Err(nothing());
        }
        let mut notes = Vec::new();
        if !fell.is_empty() {
            notes.push(format!("{} of the findings fell, and are not blocked.", fell.len()));
        }
        let any: Vec<_> = causes.iter().map(|cause| format!("({})", cause.condition)).collect();
        let mut attack = any.join(" OR ");
        // Of flow logs it is how packets are counted once, which a rule does not look at.
        let is_events = matches!(table.log_type.observation, Observation::Event);
        if let Some(condition) = explained.condition.filter(|_| is_events) {
            attack = format!("({condition}) AND ({attack})");
        }
        Ok(Self {
            log: explained.log,
            during: window(&during)?,
            before: explained.before.iter().map(window).collect::<Result<_>>()?,
            attack,
            table,
            causes,
            notes,
        })
    }

    /// What a way can block of it. Without a direction it is the one in which the attack goes.
    ///
    /// # Errors
    ///
    /// `NotSupported` if it can block none of it.
    pub fn choose(&self, way: Way, directions: &[Direction]) -> Result<Chosen> {
        let mut chosen = Chosen { notes: self.notes.clone(), ..Chosen::default() };
        for (at, cause) in self.causes.iter().enumerate() {
            let name = format!("finding {} ({})", at + 1, cause.subject());
            let found = self.target(cause, way.facts(), directions);
            let Some((targets, told, direction)) = found else {
                chosen
                    .notes
                    .push(format!("`{way}` cannot block {name}{}.", self.others(cause, way)));
                continue;
            };
            let left: Vec<_> = (cause.conditions.iter())
                .filter(|condition| condition.column != told)
                .map(|condition| format!("`{}`", condition.column))
                .collect();
            if !left.is_empty() {
                chosen.notes.push(format!(
                    "The rule is broader than {name}: it looks at `{told}` only, not at {}.",
                    left.join(" and ")
                ));
            } else if !cause.conditions.iter().any(|condition| condition.column == told) {
                chosen.notes.push(format!(
                    "What the rule blocks stands for {name} by `{told}`, which nearly all of its rows have in common."
                ));
            }
            targets.into_iter().for_each(|target| chosen.targets.add(target));
            for direction in direction {
                if !chosen.directions.contains(&direction) {
                    chosen.directions.push(direction);
                }
            }
        }
        if chosen.targets.is_empty() {
            let message = format!("`{way}` can block nothing of what was found");
            return Err(Error::new(ErrorKind::NotSupported, message).hint(chosen.notes.join(" ")));
        }
        chosen.directions.sort_by_key(|direction| *direction == Direction::Outbound);
        Ok(chosen)
    }

    /// What of a contributor a way can look at: the targets, the column that tells them, and the directions.
    fn target(
        &self,
        cause: &Contributor,
        facts: &WayFacts,
        asked: &[Direction],
    ) -> Option<(Vec<Target>, String, Vec<Direction>)> {
        let also = (cause.also.iter())
            .filter(|also| also.coverage >= COVERAGE_MIN)
            .map(|also| (&also.column, &also.values));
        let all = (cause.conditions.iter()).map(|told| (&told.column, &told.values)).chain(also);
        let mut found: Vec<_> = all
            .filter_map(|(column, values)| {
                let part = self.part(column);
                let directions = self.directions(part, asked)?;
                let is_looked_at = match part {
                    Part::Sender | Part::Receiver => facts.networks,
                    Part::Country => facts.countries,
                    Part::Path | Part::UserAgent => facts.texts,
                    Part::Other => false,
                };
                let targets = is_looked_at.then(|| self.targets(part, values, &cause.condition));
                Some((targets??, column.clone(), directions))
            })
            .collect();
        // Who is inside is no target, if it can be told by whom it talks with.
        let is_inside = |targets: &[Target]| {
            targets
                .iter()
                .any(|target| matches!(target, Target::Network(network) if private_part(network).is_some()))
        };
        found.sort_by_key(|(targets, ..)| is_inside(targets));
        found.into_iter().next()
    }

    /// The directions in which a part of a packet is looked at; None if those that were asked for do not.
    fn directions(&self, part: Part, asked: &[Direction]) -> Option<Vec<Direction>> {
        let own = match part {
            Part::Receiver => Direction::Outbound,
            _ => Direction::Inbound,
        };
        match asked {
            [] => Some(vec![own]),
            [only] => (*only == own).then(|| vec![own]),
            several => Some(several.to_vec()),
        }
    }

    fn part(&self, column: &str) -> Part {
        let log = self.table.log_type;
        if let Observation::Interfaces(interfaces) = log.observation {
            if [interfaces.source, interfaces.packet_source].contains(&column) {
                return Part::Sender;
            }
            if [interfaces.destination, interfaces.packet_destination].contains(&column) {
                return Part::Receiver;
            }
        }
        let sql = (log.dimensions.iter())
            .find(|dimension| dimension.name == column)
            .map_or(column, |dimension| dimension.sql);
        if log.client == Some(sql) {
            Part::Sender
        } else if DESTINATIONS.contains(&column) {
            Part::Receiver
        } else if COUNTRIES.contains(&column) || column.starts_with("country(") {
            Part::Country
        } else if name_of_kind(self.table, Kind::Path) == Some(column) {
            Part::Path
        } else if name_of_kind(self.table, Kind::UserAgent) == Some(column) {
            Part::UserAgent
        } else {
            Part::Other
        }
    }

    /// The targets that values name; None if one of them cannot be looked at.
    fn targets(&self, part: Part, values: &[String], condition: &str) -> Option<Vec<Target>> {
        values
            .iter()
            .map(|value| match part {
                Part::Sender | Part::Receiver => network(value).map(Target::Network),
                Part::Country => value.parse().ok().map(Target::Country),
                Part::Path => {
                    let matched = self.text(value, condition)?;
                    if !shows_decoded_paths(self.table) {
                        return Some(Target::Path(matched));
                    }
                    let sent = path_as_sent(&matched.text)?;
                    TextMatch::new(sent, matched.place).ok().map(Target::Path)
                }
                Part::UserAgent => self.text(value, condition).map(Target::UserAgent),
                Part::Other => None,
            })
            .collect()
    }

    /// The text that a shown value stands for, by the condition in SQL that it was shown for.
    fn text(&self, value: &str, condition: &str) -> Option<TextMatch> {
        let is_argument = |function: &str, text: &str| {
            condition.contains(function) && condition.contains(&format!(", {})", literal(text)))
        };
        let (text, place) = if let Some(start) =
            value.strip_suffix(['*', '…']).filter(|start| is_argument("starts_with(", start))
        {
            (start.to_owned(), Place::StartsWith)
        } else if is_argument("starts_with(", &format!("{value}/")) {
            (format!("{value}/"), Place::StartsWith)
        } else if condition.contains(&literal(value)) || !condition.contains("strpos(") {
            (value.to_owned(), Place::Exactly)
        } else {
            // The name of a family is a text that others must not have, if it is a browser's.
            let mark = ["compatible; ", "compatible;%20"]
                .map(|mark| format!("{mark}{value}/"))
                .into_iter()
                .find(|mark| is_argument("strpos(", mark))?;
            (mark, Place::Contains)
        };
        let is_encoded = is_percent_encoded(self.table.log_type);
        let text = if is_encoded { percent_decoded(&text) } else { text };
        TextMatch::new(text, place).ok()
    }

    /// What else would block a contributor, for a sentence.
    fn others(&self, cause: &Contributor, way: Way) -> String {
        let ways: Vec<_> = floodmark_block::way::WAYS
            .iter()
            .filter(|facts| facts.way != way && self.target(cause, facts, &[]).is_some())
            .map(|facts| format!("`{}`", facts.name))
            .collect();
        if ways.is_empty() { String::new() } else { format!("; {} can", ways.join(" or ")) }
    }
}

impl Contributor {
    fn subject(&self) -> String {
        /// How many values are named.
        const NAMED_MAX: usize = 3;
        let conditions = self.conditions.iter().map(|told| {
            let named: Vec<_> = told.values.iter().take(NAMED_MAX).map(String::as_str).collect();
            let more = told.values.len() - named.len();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("{} {}{more}", told.column, named.join(", "))
        });
        conditions.collect::<Vec<_>>().join(", ")
    }
}

fn network(value: &str) -> Option<IpNet> {
    match Target::parse(value).ok()? {
        Target::Network(network) => Some(network),
        _ => None,
    }
}

/// A decoded path as clients send it: what cannot stand in a path for itself is percent-encoded, in capitals.
///
/// RFC 3986 (3.3 and 2.1). Who encodes more than that is not matched, and the test on the logs tells how many do. None for what
/// was no UTF-8, because that cannot be told any more.
fn path_as_sent(path: &str) -> Option<String> {
    if path.contains(char::REPLACEMENT_CHARACTER) {
        return None;
    }
    let stands_for_itself =
        |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@".contains(&byte);
    let mut sent = String::with_capacity(path.len());
    for byte in path.bytes() {
        if stands_for_itself(byte) {
            sent.push(char::from(byte));
        } else {
            sent.push_str(&format!("%{byte:02X}"));
        }
    }
    Some(sent)
}

/// The text before it was percent-encoded; as it stands if that is no UTF-8.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, others @ ..] = rest {
        let digits = (*first == b'%').then(|| others.get(..2)).flatten();
        let byte = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &others[2..] } else { others };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn findings(log: &str, contributors: &serde_json::Value) -> Result<Findings> {
        let span = json!({"start": "2024-10-05T02:00:00Z", "end": "2024-10-05T03:00:00Z"});
        let before = json!([{"start": "2024-10-05T01:00:00Z", "end": "2024-10-05T02:00:00Z"}]);
        let answer = json!({
            "log": log, "condition": null, "during": span, "before": before, "contributors": contributors,
        });
        Findings::read(&answer.to_string())
    }

    fn contributor(column: &str, values: &[&str], condition: &str) -> serde_json::Value {
        json!({
            "conditions": [{"column": column, "kind": "", "values": values}],
            "direction": "up", "also": [], "condition": condition,
        })
    }

    fn check(log: &str, told: (&str, &[&str], &str), way: Way, expect: &[&str]) {
        let (column, values, condition) = told;
        let found = findings(log, &json!([contributor(column, values, condition)])).unwrap();
        let chosen = found.choose(way, &[]).unwrap();
        let expect: Targets = expect.iter().map(|text| Target::parse(text).unwrap()).collect();
        assert_eq!(chosen.targets, expect);
    }

    #[test]
    fn values_become_targets() {
        let addresses = ("client_ip", &["192.0.2.7", "198.51.100.0/24"][..], "…");
        check("nlb", addresses, Way::Nacl, &["192.0.2.7", "198.51.100.0/24"]);
        let path = ("cs_uri_stem", &["/search/*"][..], "starts_with(\"cs_uri_stem\", '/search/')");
        check("cloudfront", path, Way::WafMatch, &["/search/*"]);
        let exact = ("path", &["/a*"][..], "url_extract_path(request_url) = '/a*'");
        check("alb", exact, Way::WafMatch, &["/a\\*"]);
        let decoded =
            ("path", &["/a b|ü/*"][..], "starts_with(url_extract_path(request_url), '/a b|ü/')");
        check("alb", decoded, Way::WafMatch, &["/a%20b%7C%C3%BC/*"]);
        let family = ("user_agent", &["okhttp"][..], "starts_with(\"user_agent\", 'okhttp/')");
        check("alb", family, Way::WafMatch, &["user-agent:okhttp/*"]);
        let bot = (
            "cs_user_agent",
            &["Probe"][..],
            "strpos(\"cs_user_agent\", 'compatible;%20Probe/') > 0",
        );
        check("cloudfront", bot, Way::WafMatch, &["user-agent:*compatible; Probe/*"]);
    }

    #[test]
    fn what_a_way_cannot_block_is_said() {
        let told = contributor("domain_name", &["login.example.com"], "…");
        let found = findings("nlb", &json!([told])).unwrap();
        let error = found.choose(Way::Nacl, &[]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotSupported);
        let browser = contributor(
            "user_agent",
            &["Chrome"],
            "strpos(\"user_agent\", 'Chrome/') > 0 AND strpos(\"user_agent\", 'Edg/') = 0",
        );
        let found = findings("alb", &json!([browser])).unwrap();
        assert!(found.choose(Way::WafMatch, &[]).is_err());
    }

    #[test]
    fn a_sender_inside_is_blocked_by_whom_it_talks_with() {
        let mut told = contributor("srcaddr", &["10.0.2.11"], "…");
        told["also"] = json!([{"column": "dstaddr", "values": ["203.0.113.9"], "coverage": 1.0}]);
        let found = findings("vpc_flow", &json!([told])).unwrap();
        let chosen = found.choose(Way::Nacl, &[]).unwrap();
        assert_eq!(chosen.directions, [Direction::Outbound]);
        assert_eq!(chosen.targets.networks, ["203.0.113.9/32".parse().unwrap()]);
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        assert!(Findings::read("{}").is_err());
        assert!(findings("nlb", &json!([])).is_err());
    }
}
