//! Characters that came in on the way, and base64 that suffered.

use base64::Engine;
use fedctl::key::PublicKey;
use fedctl::key::diagnosis::DefectKind;
use fedctl::severity::Severity::{Notice, Warning};

use super::scenario::{HOST, SRV, Scenario, bruised, hurt, strings, with_key};

/// What stands between the armour.
const BODY: std::ops::Range<usize> = 26..418;

fn pem(line: &str) -> String {
    PublicKey::from_pem(line).unwrap().pem()
}

/// The body changed, the armour kept.
fn body(line: &str, change: impl Fn(&str) -> String) -> String {
    format!("{}{}{}", &line[..BODY.start], change(&line[BODY]), &line[BODY.end..])
}

pub fn scenarios() -> Vec<Scenario> {
    vec![
        hurt(DefectKind::Utf16, "uploaded a file that Windows had saved", |keys| {
            with_key(keys.own.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>())
        }),
        bruised(DefectKind::ByteOrderMark, Warning, "copied a byte-order mark with the key", |keys| {
            with_key(format!("\u{feff}{}", keys.own))
        }),
        bruised(DefectKind::InvisibleCharacter, Warning, "copied from a page with zero-width spaces", |keys| {
            with_key(keys.own.replace("KEY-----M", "KEY-----\u{200b}M"))
        }),
        hurt(DefectKind::NoBreakSpace, "copied from a page with no-break spaces", |keys| {
            with_key(keys.own.replace(' ', "\u{a0}"))
        }),
        hurt(DefectKind::TypographicDash, "let a word processor turn hyphens into dashes", |keys| {
            with_key(keys.own.replace("--", "\u{2013}"))
        }),
        bruised(DefectKind::TypographicQuote, Warning, "quoted the key in a word processor", |keys| {
            with_key(format!("\u{201c}{}\u{201d}", keys.own))
        }),
        bruised(DefectKind::ControlCharacter, Warning, "copied from a terminal", |keys| {
            with_key(format!("{}\u{1b}{}", &keys.own[..100], &keys.own[100..]))
        }),
        bruised(DefectKind::ForeignCharacter, Warning, "hit a wrong key while pasting", |keys| {
            with_key(format!("{}*{}", &keys.own[..100], &keys.own[100..]))
        }),
        bruised(DefectKind::PreReleasePrefix, Warning, "followed the notes of the pre-releases", |keys| {
            with_key(format!("rocketchat-public-key={}", keys.own))
        }),
        hurt(DefectKind::LiteralNewline, "kept the line breaks of a JSON string", |keys| {
            with_key(pem(&keys.own).trim_end().replace('\n', "\\n"))
        }),
        bruised(DefectKind::QuotesKept, Warning, "typed quotes into a form that needs none", |keys| {
            with_key(format!("\"{}\" \"{}\"", &keys.own[..255], &keys.own[255..]))
        }),
        bruised(DefectKind::BackslashesKept, Warning, "escaped what needs no escape", |keys| {
            with_key(keys.own.replace('+', "\\+"))
        }),
        bruised(DefectKind::SemicolonKept, Warning, "ended the value with an escaped semicolon", |keys| {
            with_key(format!("{}\\;", keys.own))
        }),
        hurt(DefectKind::PercentEncoded, "sent the key through an address bar", |keys| {
            with_key(keys.own.replace('+', "%2B").replace('/', "%2F"))
        }),
        hurt(DefectKind::HtmlEntities, "copied the key from the source of a web page", |keys| {
            with_key(keys.own.replace('+', "&#43;").replace('/', "&sol;"))
        }),
        hurt(DefectKind::QuotedPrintable, "sent the key through a mail program", |keys| {
            with_key(keys.own.replace('=', "=3D").replace('+', "=2B"))
        }),
        hurt(DefectKind::Hexadecimal, "published the key in hexadecimal", |keys| {
            with_key(keys.own.bytes().map(|byte| format!("{byte:02x}")).collect::<String>())
        }),
        bruised(DefectKind::TextAround, Warning, "put a label before the key", |keys| {
            with_key(format!("key={}", keys.own))
        }),
        hurt(DefectKind::PlusBecameSpace, "pasted into a form that takes + for a blank", |keys| {
            with_key(body(&keys.own, |body| body.replace('+', " ")))
        }),
        hurt(DefectKind::EncodedTwice, "encoded the whole key once more", |keys| {
            with_key(base64::engine::general_purpose::STANDARD.encode(&keys.own))
        }),
        bruised(DefectKind::LineBreaks, Notice, "published the key with its line breaks", |keys| {
            with_key(pem(&keys.own).trim_end())
        }),
        bruised(DefectKind::WhiteSpace, Notice, "left a blank at the joint of the strings", |keys| {
            let (head, tail) = keys.own.split_at(240);
            format!(
                "{HOST}{SRV}{}",
                strings("rocketchat-public-key", &[head.as_bytes(), format!(" {tail}").as_bytes()])
            )
        }),
        hurt(DefectKind::LowerCased, "has a provider that lower-cases values", |keys| {
            with_key(keys.own.to_lowercase())
        }),
        bruised(DefectKind::UrlSafeBase64, Warning, "used the alphabet for addresses", |keys| {
            with_key(body(&keys.own, |body| body.replace('+', "-").replace('/', "_")))
        }),
        bruised(DefectKind::Padding, Notice, "lost the = signs at the end", |keys| {
            with_key(keys.large.replace('=', ""))
        }),
    ]
}
