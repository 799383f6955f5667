//! Lists of names: what is chosen of them, and their pages, of which a token says after what the next one begins.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use regex::{Regex, RegexBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::limits::NAME_PATTERN_BYTES_MAX;

/// What is given as a token and is none, or that of another list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MalformedToken(pub(crate) String);

/// The token of a list for the page after an item. The scope names the list: what gives it, and of what.
pub(crate) fn token(scope: &[&str], after: impl Serialize) -> String {
    let text = serde_json::to_vec(&(scope, after)).expect("texts and lists of them have a JSON");
    URL_SAFE_NO_PAD.encode(text)
}

/// The item after which a page begins; None for the first page.
pub(crate) fn after<T: DeserializeOwned>(
    scope: &[&str],
    token: Option<&str>,
) -> Result<Option<T>, MalformedToken> {
    // Some clients ask for the first page with an empty token.
    let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(None) };
    let read = URL_SAFE_NO_PAD.decode(token).ok();
    let read = read.and_then(|text| serde_json::from_slice::<(Vec<String>, T)>(&text).ok());
    match read {
        Some((own, after)) if own == scope => Ok(Some(after)),
        _ => Err(MalformedToken(token.to_owned())),
    }
}

/// A page of items in the order of their names, and the name after which the next page begins if there is one.
pub(crate) fn of<T>(
    mut items: Vec<T>,
    name: impl Fn(&T) -> String,
    after: Option<&str>,
    items_max: usize,
) -> (Vec<T>, Option<String>) {
    items.sort_by_cached_key(&name);
    if let Some(after) = after {
        items.retain(|item| name(item).as_str() > after);
    }
    let is_last = items.len() <= items_max;
    items.truncate(items_max);
    let last = items.last().filter(|_| !is_last).map(name);
    (items, last)
}

/// An answer of a list, with a token where there are more pages.
pub(crate) fn answer(list: &str, items: Vec<Value>, token: Option<String>) -> Value {
    let mut answer = Map::new();
    answer.insert(list.to_owned(), Value::Array(items));
    if let Some(token) = token {
        answer.insert("NextToken".to_owned(), Value::String(token));
    }
    Value::Object(answer)
}

/// The pattern by which names of a list are chosen: the whole name must be so, in any case. None if it is no pattern.
///
/// It is a regular expression, in which a `*` that repeats nothing but a plain character stands for any text, as in Hive's:
/// clients write both `web.*` and `web*`.
pub(crate) fn name_pattern(text: &str) -> Option<Regex> {
    let mut pattern = String::from("^(?:");
    let mut before = (None, None);
    for character in text.chars() {
        let repeats = matches!(before, (_, Some('.' | ')' | ']' | '}')) | (Some('\\'), Some(_)));
        if character == '*' && !repeats {
            pattern.push('.');
        }
        pattern.push(character);
        before = (before.1, Some(character));
    }
    pattern.push_str(")$");
    RegexBuilder::new(&pattern)
        .case_insensitive(true)
        .size_limit(NAME_PATTERN_BYTES_MAX)
        .build()
        .ok()
}

/// The beginning of a text that a client sent, for what is said of it.
pub(crate) fn shortened(text: &str) -> String {
    const CHARACTERS: usize = 100;
    text.chars().take(CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_on_each_other() {
        let names = || ["c", "a", "b"].map(str::to_owned).to_vec();
        let page = |after| of(names(), Clone::clone, after, 2);
        assert_eq!(page(None), (vec!["a".to_owned(), "b".to_owned()], Some("b".to_owned())));
        assert_eq!(page(Some("b")), (vec!["c".to_owned()], None));
        assert_eq!(page(Some("z")), (Vec::new(), None));
        let token = token(&["GetTables", "web"], "b");
        assert_eq!(after::<String>(&["GetTables", "web"], Some(&token)), Ok(Some("b".to_owned())));
        assert_eq!(after::<String>(&["GetTables", "web"], Some("")), Ok(None));
        for (scope, token) in [("other", token.as_str()), ("web", "zzz"), ("web", "é\"")] {
            assert_eq!(
                after::<String>(&["GetTables", scope], Some(token)),
                Err(MalformedToken(token.to_owned()))
            );
        }
    }

    #[test]
    fn names_are_chosen_by_the_whole() {
        let cases = [
            ("web.*", "webs", true),
            ("web*", "webs", true),
            ("*eb*", "webs", true),
            ("*eb", "webs", false),
            ("WEB", "web", true),
            ("we", "web", false),
            ("w[a-e]*b", "weeb", true),
            ("t\\d*", "t12", true),
            ("t\\d*", "tx", false),
            ("a|b", "b", true),
        ];
        for (pattern, name, expected) in cases {
            let pattern = name_pattern(pattern).expect("it is a pattern");
            assert_eq!(pattern.is_match(name), expected, "{pattern} {name}");
        }
        assert!(name_pattern("(").is_none());
    }
}
