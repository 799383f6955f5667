//! Bots, told by what they say of themselves: a kept list of patterns with classes.
//!
//! What a client says of itself proves nothing: [`crate::dns::verify`] asks whether an address belongs to the bot's operator.

mod decode;
mod patterns;

use std::sync::LazyLock;

use serde::Deserialize;

pub use decode::decoded;

use crate::bots::patterns::Patterns;
use crate::limits::USER_AGENT_BYTES_MAX;

/// A kind of client that is no person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bot {
    /// Its name, as its pattern says it, such as `Googlebot`.
    pub name: String,
    /// What it is for.
    pub class: Class,
    /// The regular expression that its user agents match.
    pub pattern: String,
    /// A page about it, where there is one.
    pub url: Option<String>,
}

/// What a bot is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Collects texts for language models, or answers by one.
    AiCrawler,
    /// Fills the index of a search engine.
    SearchEngine,
    /// Looks for open services and for holes in them.
    Scanner,
    /// Asks whether a site is up and how fast it is.
    Monitor,
    /// Shows what a link leads to.
    SocialPreview,
    /// Reads news feeds.
    Feed,
    /// Keeps copies of pages.
    Archiver,
    /// Looks at pages for advertisements.
    Advertising,
    /// Rates sites for those who optimise them.
    Seo,
    /// Does research.
    Academic,
    /// A browser that a program drives.
    Automation,
    /// A library or a tool that sends requests for any program.
    Library,
    /// Anything else.
    Other,
}

/// The tags of the list with their classes, the most telling first: an entry with several tags is of the first of them, and of
/// several patterns that match, one of an earlier class counts before automation, libraries and the rest.
const CLASSES: [(&str, Class, &str); 12] = [
    ("ai-crawler", Class::AiCrawler, "AI crawler"),
    ("search-engine", Class::SearchEngine, "search engine"),
    ("scanner", Class::Scanner, "scanner"),
    ("monitoring", Class::Monitor, "monitor"),
    ("social-preview", Class::SocialPreview, "social preview"),
    ("feed-reader", Class::Feed, "feed reader"),
    ("archiver", Class::Archiver, "archiver"),
    ("advertising", Class::Advertising, "advertising"),
    ("seo", Class::Seo, "SEO"),
    ("academic", Class::Academic, "academic"),
    ("browser-automation", Class::Automation, "automation"),
    ("http-library", Class::Library, "library"),
];

impl Class {
    /// The class in words, such as `search engine`.
    pub fn words(self) -> &'static str {
        let known = CLASSES.iter().find(|(_, class, _)| *class == self);
        known.map_or("other", |(_, _, words)| *words)
    }

    /// Whether the class says only by what means something asks, and not who it is.
    fn is_means(self) -> bool {
        self >= Self::Automation
    }
}

/// The bot of a user agent as it stands in a log, percent-encoded or not; nothing if no pattern matches, as for a browser.
///
/// Of several patterns that match, the longest counts, and one that says who asks before one that says by what means. It costs some
/// microseconds, and the first time some milliseconds: ask it of distinct values.
pub fn find(user_agent: &str) -> Option<&'static Bot> {
    let user_agent = decoded(cut(user_agent));
    best(&user_agent).or_else(|| {
        // Some writers put `+` for a space.
        let has_spaces = user_agent.contains(' ') || !user_agent.contains('+');
        if has_spaces { None } else { best(&user_agent.replace('+', " ")) }
    })
}

/// All bots that are known, in the order of the kept lists.
pub fn all() -> &'static [Bot] {
    &LIST.bots
}

/// The kept lists, read when they are first needed.
static LIST: LazyLock<List> = LazyLock::new(List::read);

struct List {
    bots: Vec<Bot>,
    patterns: Patterns,
}

#[derive(Deserialize)]
struct Entry {
    pattern: String,
    #[serde(default)]
    tags: Vec<String>,
    url: Option<String>,
}

impl List {
    fn read() -> Self {
        let lists = [include_str!("crawler-user-agents.json"), include_str!("own.json")];
        let entries: Vec<Entry> = lists
            .into_iter()
            .flat_map(|list| {
                serde_json::from_str::<Vec<Entry>>(list).expect("the kept lists are JSON")
            })
            .collect();
        let patterns = Patterns::new(entries.iter().map(|entry| entry.pattern.as_str()));
        let bots = entries.into_iter().map(|entry| {
            let class = CLASSES.iter().find(|(tag, _, _)| entry.tags.iter().any(|own| own == tag));
            Bot {
                name: name(&entry.pattern),
                class: class.map_or(Class::Other, |(_, class, _)| *class),
                pattern: entry.pattern,
                url: entry.url,
            }
        });
        Self { bots: bots.collect(), patterns }
    }
}

/// The bot whose pattern tells most about a decoded user agent.
fn best(user_agent: &str) -> Option<&'static Bot> {
    let bots = LIST.patterns.matches(user_agent).filter_map(|number| LIST.bots.get(number));
    bots.max_by_key(|bot| (!bot.class.is_means(), bot.pattern.len()))
}

/// The beginning of a user agent that is looked at.
fn cut(user_agent: &str) -> &str {
    &user_agent[..user_agent.floor_char_boundary(USER_AGENT_BYTES_MAX)]
}

/// A name to read, from a pattern: its first alternative, without the signs of regular expressions.
fn name(pattern: &str) -> String {
    let mut name = String::with_capacity(pattern.len());
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('d') => name.push('0'),
                // `[\s\S]*` stands for anything.
                Some('s' | 'S') => {}
                Some(escaped) => name.push(escaped),
                None => {}
            },
            '[' => {
                // The capital of `[gG]`, for names begin with one; nothing of `[^-]`.
                let set: Vec<char> = letters.by_ref().take_while(|letter| *letter != ']').collect();
                match set.as_slice() {
                    ['^', ..] | ['\\', ..] => name.push(' '),
                    set => {
                        let lower = set.iter().find(|letter| letter.is_lowercase());
                        let upper = set.iter().find(|letter| letter.is_uppercase());
                        let is_first = name.is_empty();
                        let chosen = if is_first { upper.or(lower) } else { lower.or(upper) };
                        name.extend(chosen);
                    }
                }
            }
            // The second alternative.
            '|' if !name.trim().is_empty() => {
                while letters.next_if(|letter| *letter != ')').is_some() {}
            }
            '^' | '$' | '(' | ')' | '|' | '*' | '+' | '?' => {}
            letter => name.push(letter),
        }
    }
    let trimmed = name.trim_matches(|letter: char| " /.".contains(letter));
    let words: Vec<&str> = trimmed.split_whitespace().collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_have_names() {
        let expected = [
            ("Googlebot\\/", "Googlebot"),
            ("AdsBot-Google([^-]|$)", "AdsBot-Google"),
            ("[wW]get", "Wget"),
            ("(sistrix|SISTRIX) [cC]rawler", "sistrix crawler"),
            ("Ahrefs(Bot|SiteAudit)", "AhrefsBot"),
            ("S[eE][mM]rushBot", "SemrushBot"),
            ("(^| )sentry\\/", "sentry"),
            ("Chirp|gotosocial", "Chirp"),
            ("Spider[\\s\\S]*spider\\.com", "Spider spider.com"),
            ("[cC]laude[bB]ot", "Claudebot"),
            ("BlogTraffic\\/\\d\\.\\d+ Feed-Fetcher", "BlogTraffic/0.0 Feed-Fetcher"),
        ];
        for (pattern, expected) in expected {
            assert_eq!(name(pattern), expected);
        }
        assert!(all().iter().all(|bot| !bot.name.is_empty()));
    }
}
