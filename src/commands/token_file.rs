//! The file with the user id and the token of an admin: two lines, or the answer of the server's login route as it is.

use std::path::Path;

use zeroize::Zeroizing;

use super::key_file::warn_when_exposed;
use crate::error::hinted;
use crate::file::read::{self, TOKEN, shown};
use crate::net::http::Login;
use crate::position::{Position, in_words};
use crate::term::Term;

/// Bytes that neither the id nor the token has.
const LENGTH: usize = 256;

/// Reads the file, and warns when others can read it too.
pub fn read(path: &Path, allow_plain_http: bool, term: &Term) -> anyhow::Result<Login> {
    let text = read::text(path, &TOKEN)?;
    let login = parse(&text, allow_plain_http).map_err(|why| {
        hinted(
            format!("{} does not contain a user id and a token: {why}", shown(path)),
            "two lines: the user id, then the token, as Profile > Personal Access Tokens shows them",
        )
    })?;
    warn_when_exposed(path, "the token of an admin", term);
    Ok(login)
}

/// Why a text is no user id and token. Nothing of the text is shown.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum Fault {
    #[error("{0}: this is where it stops being JSON")]
    NotJson(Position),
    #[error("{0}: the JSON has no text `{1}`")]
    NoMember(Position, &'static str),
    #[error("{0}: the user id is expected there")]
    NoUser(Position),
    #[error("{0}: the user id is not followed by a token")]
    NoToken(Position),
    #[error("{0}: only a user id and a token are expected")]
    More(Position),
    #[error("{0}: a character that no user id and no token has")]
    Character(Position),
    #[error("{0}: the member `{1}` has a character that it never has")]
    MemberCharacter(Position, &'static str),
    #[error("{0}: more than 255 characters")]
    Long(Position),
}

fn parse(text: &str, allow_plain_http: bool) -> Result<Login, Fault> {
    let (user, token) = if text.trim_start().starts_with('{') { in_json(text)? } else { in_lines(text)? };
    Ok(Login { user, token, allow_plain_http })
}

fn in_json(text: &str) -> Result<(String, Zeroizing<String>), Fault> {
    let json: serde_json::Value = serde_json::from_str(text).map_err(|error| Fault::NotJson(in_words(&error).1))?;
    let (data, way) = json.get("data").map_or((&json, None), |data| (data, Some("data")));
    let member = |name: &'static str| {
        let way: Vec<String> = way.into_iter().chain([name]).map(str::to_owned).collect();
        let at = || Position::in_json(text, &way);
        let value = data[name].as_str().filter(|value| !value.is_empty());
        let value = value.ok_or_else(|| Fault::NoMember(at(), name))?;
        match value.len() < LENGTH && value.chars().all(is_plain) {
            true => Ok(Zeroizing::new(value.to_owned())),
            false => Err(Fault::MemberCharacter(at(), name)),
        }
    };
    Ok((member("userId")?.to_string(), member("authToken")?))
}

fn in_lines(text: &str) -> Result<(String, Zeroizing<String>), Fault> {
    let mut words = text.split_whitespace();
    let end = || Position::of(text, text.trim_end().len());
    let user = words.next().ok_or_else(|| Fault::NoUser(end()))?;
    let token = words.next().ok_or_else(|| Fault::NoToken(end()))?;
    if let Some(more) = words.next() {
        return Err(Fault::More(Position::of_part(text, more)));
    }
    for word in [user, token] {
        if let Some(at) = word.find(|c| !is_plain(c)) {
            return Err(Fault::Character(Position::of_part(text, &word[at..])));
        }
        if word.len() >= LENGTH {
            return Err(Fault::Long(Position::of_part(text, word)));
        }
    }
    Ok((user.to_owned(), Zeroizing::new(token.to_owned())))
}

fn is_plain(c: char) -> bool {
    c.is_ascii_graphic()
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
        for (text, why) in [
            ("", "line 1 column 1: the user id is expected"),
            ("\none\n", "line 2 column 4: the user id is not followed"),
            ("one\ntwo\n three\n", "line 3 column 2: only a user id"),
            ("{\"data\":\n }{", "line 2 column 2"),
            ("{}", "line 1 column 1: the JSON has no text `userId`"),
            (r#"{"data":{"userId":"a"}}"#, "line 1 column 9: the JSON has no text `authToken`"),
            (r#"{"userId":"a","authToken":"b c"}"#, "line 1 column 27: the member `authToken`"),
            ("a\nb\u{7f}", "line 2 column 2: a character"),
        ] {
            let fault = parse(text, false).err().map(|fault| fault.to_string()).unwrap_or_default();
            assert!(fault.starts_with(why), "{text}: {fault}");
        }
    }
}
