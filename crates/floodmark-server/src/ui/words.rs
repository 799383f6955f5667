//! What the command line says, in the words of the page.

/// Options of the command line, and what the page has in their places.
const WORDS: [(&str, &str); 5] = [
    ("`--resolve` asks", "the button on an address's card asks"),
    (
        "narrow it: `--where \"event_time >= TIMESTAMP '…'\"`, or name the time with `--during`",
        "select the time in question",
    ),
    ("name one with `--before`", "choose a baseline"),
    ("`--during`", "a selection"),
    ("`--before`", "a baseline"),
];

/// A hint as the page gives it: whoever has buttons needs no options.
pub(crate) fn of_page(text: &str) -> String {
    WORDS.iter().fold(text.to_owned(), |text, (option, words)| text.replace(option, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_become_what_the_page_has() {
        for (text, expected) in [
            ("choose `--during` and `--before` within", "choose a selection and a baseline within"),
            ("name one with `--before`, or more", "choose a baseline, or more"),
            ("`--resolve` asks the DNS", "the button on an address's card asks the DNS"),
            ("`floodmark data update` fetches a file", "`floodmark data update` fetches a file"),
        ] {
            assert_eq!(of_page(text), expected);
        }
    }
}
