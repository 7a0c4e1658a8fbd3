//! Wrong plurals of one, in any output and on any page.

/// Words that end in `s` and may follow a 1: verbs, and nouns that are no plural.
const SINGULAR: &[&str] = &["address", "diagnosis", "fails", "has", "is", "ms", "of", "s", "says", "was", "works"];

/// A count of one with a plural.
pub fn plural_of_one(text: &str) -> Option<&str> {
    let is_part = |before: &str| before.ends_with(|c: char| c.is_alphanumeric() || ".,:-/=+".contains(c));
    // A sum is no count.
    let starts = text.match_indices("1 ").filter(|(at, _)| !is_part(&text[..*at]) && !text[..*at].ends_with("+ "));
    let words = starts.map(|(at, _)| {
        let rest = &text[at + 2..];
        let end = rest.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(rest.len());
        (&text[at..at + 2 + end], &rest[..end])
    });
    words.filter(|(_, word)| word.ends_with('s') && !SINGULAR.contains(word)).map(|(both, _)| both).next()
}

/// What a reader of an HTML page sees of it: its text, the descriptions of its diagrams and its title.
pub fn visible(page: &str) -> String {
    let mut out = String::new();
    for (at, part) in page.split('<').enumerate() {
        let (tag, text) = part.split_once('>').unwrap_or(("", part));
        let is_hidden = at > 0 && ["style", "script"].iter().any(|name| tag.starts_with(name));
        // What is beside a cell or below a line is another text.
        let is_inline = ["a", "/a", "b", "/b", "code", "/code", "span", "/span"]
            .contains(&tag.split(' ').next().unwrap_or_default());
        out.push_str(if is_inline || at == 0 { "" } else { "\n" });
        out.push_str(if is_hidden { "" } else { text });
        out.extend(tag.split("aria-label=\"").skip(1).filter_map(|rest| rest.split('"').next()));
    }
    out
}

/// Every page that a test gets, from a command or a server, has its counts right.
pub fn assert_page(text: &str) {
    if text.starts_with("<!DOCTYPE html>") {
        let text = visible(text);
        assert_eq!(plural_of_one(&text), None, "{text}");
    }
}

#[test]
fn a_plural_of_one_is_found() {
    assert_eq!(plural_of_one("it has 1 errors, 2 notices"), Some("1 errors"));
    assert_eq!(
        plural_of_one("21 errors, 1 error, 1 of 2 directions, 0.1 seconds, 1 address is, errors=1 warnings=0"),
        None
    );
}

#[test]
fn a_plural_of_one_is_found_on_a_page() {
    let wrong = |page: &str| plural_of_one(&visible(page)).map(str::to_owned);
    assert_eq!(wrong("<p><b>1</b> domains</p>").as_deref(), Some("1 domains"));
    assert_eq!(wrong("<svg aria-label=\"1 errors\"><td>2</td></svg>").as_deref(), Some("1 errors"));
    assert_eq!(wrong("<style>a { flex: 1 columns }</style><td>1</td> <td>errors</td>"), None);
}
