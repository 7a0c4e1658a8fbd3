//! The file with the user id and the token of an admin: two lines, or the answer of the server's login route as it is.

use std::path::Path;

use zeroize::Zeroizing;

use super::key_file::warn_when_exposed;
use crate::error::hinted;
use crate::file::read::{self, TOKEN};
use crate::net::http::Login;
use crate::term::Term;

/// Reads the file, and warns when others can read it too.
pub fn read(path: &Path, allow_plain_http: bool, term: &Term) -> anyhow::Result<Login> {
    let text = read::text(path, &TOKEN)?;
    let login = parse(&text, allow_plain_http).ok_or_else(|| {
        hinted(
            format!("`{}` does not contain a user id and a token", path.display()),
            "two lines: the user id, then the token, as Profile > Personal Access Tokens shows them",
        )
    })?;
    warn_when_exposed(path, "the token of an admin", term);
    Ok(login)
}

fn parse(text: &str, allow_plain_http: bool) -> Option<Login> {
    let (user, token) = match serde_json::from_str::<serde_json::Value>(text) {
        Ok(json) if json.is_object() => {
            let data = json.get("data").unwrap_or(&json);
            (data["userId"].as_str()?.to_owned(), Zeroizing::new(data["authToken"].as_str()?.to_owned()))
        }
        _ => {
            let mut words = text.split_whitespace();
            let (user, token) = (words.next()?.to_owned(), Zeroizing::new(words.next()?.to_owned()));
            (user, Some(token).filter(|_| words.next().is_none())?)
        }
    };
    let plain = |text: &str| !text.is_empty() && text.len() < 256 && text.bytes().all(|byte| byte.is_ascii_graphic());
    (plain(&user) && plain(&token)).then_some(Login { user, token, allow_plain_http })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read_and_nothing_else() {
        for text in [
            "aobEdbYhXfu5hkeqG\n9HqLlyZOugoStsXCUfD\n",
            "aobEdbYhXfu5hkeqG 9HqLlyZOugoStsXCUfD",
            r#"{"status":"success","data":{"userId":"aobEdbYhXfu5hkeqG","authToken":"9HqLlyZOugoStsXCUfD"}}"#,
        ] {
            let login = parse(text, false).unwrap();
            assert_eq!((login.user.as_str(), login.token.as_str()), ("aobEdbYhXfu5hkeqG", "9HqLlyZOugoStsXCUfD"));
            assert_eq!(format!("{login:?}"), "Login");
        }
        for text in ["", "one", "one two three", "{}", r#"{"data":{"userId":"a"}}"#, "a b\u{7f}"] {
            assert!(parse(text, false).is_none(), "{text}");
        }
    }
}
