//! The defects that have a name. Ids are never renamed and never reused; docs/key-diagnosis.md lists them.

use crate::severity::Severity;

/// What is wrong with a text that should be a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DefectKind {
    PrivateKey,
    Empty,
    Placeholder,
    NotAKey,
    SplitRecords,
    KeyNotFirst,
    TwoKeys,
    SeveralRecords,
    StringsOutOfOrder,
    StringTooLong,
    UnquotedZoneFile,
    RecordLineKept,
    OtherKey,
    OneCharacterChanged,
    Utf16,
    ByteOrderMark,
    InvisibleCharacter,
    NoBreakSpace,
    TypographicDash,
    TypographicQuote,
    ControlCharacter,
    ForeignCharacter,
    PreReleasePrefix,
    LiteralNewline,
    QuotesKept,
    BackslashesKept,
    SemicolonKept,
    PercentEncoded,
    HtmlEntities,
    QuotedPrintable,
    Hexadecimal,
    TextAround,
    PlusBecameSpace,
    EncodedTwice,
    HalvesSwapped,
    PastedTwice,
    PartsOverlap,
    ArmourMissingBegin,
    ArmourMissingEnd,
    ArmourCutBegin,
    ArmourCutEnd,
    ArmourAlteredBegin,
    ArmourAlteredEnd,
    ArmourSpacesLost,
    LowerCased,
    UrlSafeBase64,
    Padding,
    LineBreaks,
    WhiteSpace,
    Truncated255,
    Truncated512,
    TruncatedOne,
    Truncated,
    CutAtStart,
    CharactersLost,
    BytesAfterKey,
    HeaderDamaged,
    ModulusDamaged,
    Pkcs1Label,
    Pkcs1Content,
    Certificate,
    OpensshLine,
    DkimRecord,
    EcKey,
    Ed25519Key,
    WrongAlgorithm,
    WeakSize,
    OddSize,
    OddExponent,
}

/// What helps when nothing can be repaired.
const AGAIN: &str = "copy the key again from the server's settings, as a whole";

/// The stable id of each kind, in the order of the variants.
const IDS: [(DefectKind, &str); 69] = [
    (DefectKind::PrivateKey, "private-key"),
    (DefectKind::Empty, "empty"),
    (DefectKind::Placeholder, "placeholder"),
    (DefectKind::NotAKey, "not-a-key"),
    (DefectKind::SplitRecords, "split-records"),
    (DefectKind::KeyNotFirst, "key-not-first"),
    (DefectKind::TwoKeys, "two-keys"),
    (DefectKind::SeveralRecords, "several-records"),
    (DefectKind::StringsOutOfOrder, "strings-out-of-order"),
    (DefectKind::StringTooLong, "string-too-long"),
    (DefectKind::UnquotedZoneFile, "unquoted-zone-file"),
    (DefectKind::RecordLineKept, "record-line-kept"),
    (DefectKind::OtherKey, "other-key"),
    (DefectKind::OneCharacterChanged, "one-character-changed"),
    (DefectKind::Utf16, "utf-16"),
    (DefectKind::ByteOrderMark, "byte-order-mark"),
    (DefectKind::InvisibleCharacter, "invisible-character"),
    (DefectKind::NoBreakSpace, "no-break-space"),
    (DefectKind::TypographicDash, "typographic-dash"),
    (DefectKind::TypographicQuote, "typographic-quote"),
    (DefectKind::ControlCharacter, "control-character"),
    (DefectKind::ForeignCharacter, "foreign-character"),
    (DefectKind::PreReleasePrefix, "pre-release-prefix"),
    (DefectKind::LiteralNewline, "literal-newline"),
    (DefectKind::QuotesKept, "quotes-kept"),
    (DefectKind::BackslashesKept, "backslashes-kept"),
    (DefectKind::SemicolonKept, "semicolon-kept"),
    (DefectKind::PercentEncoded, "percent-encoded"),
    (DefectKind::HtmlEntities, "html-entities"),
    (DefectKind::QuotedPrintable, "quoted-printable"),
    (DefectKind::Hexadecimal, "hexadecimal"),
    (DefectKind::TextAround, "text-around"),
    (DefectKind::PlusBecameSpace, "plus-became-space"),
    (DefectKind::EncodedTwice, "encoded-twice"),
    (DefectKind::HalvesSwapped, "halves-swapped"),
    (DefectKind::PastedTwice, "pasted-twice"),
    (DefectKind::PartsOverlap, "parts-overlap"),
    (DefectKind::ArmourMissingBegin, "armour-missing-begin"),
    (DefectKind::ArmourMissingEnd, "armour-missing-end"),
    (DefectKind::ArmourCutBegin, "armour-cut-begin"),
    (DefectKind::ArmourCutEnd, "armour-cut-end"),
    (DefectKind::ArmourAlteredBegin, "armour-altered-begin"),
    (DefectKind::ArmourAlteredEnd, "armour-altered-end"),
    (DefectKind::ArmourSpacesLost, "armour-spaces-lost"),
    (DefectKind::LowerCased, "lower-cased"),
    (DefectKind::UrlSafeBase64, "url-safe-base64"),
    (DefectKind::Padding, "padding"),
    (DefectKind::LineBreaks, "line-breaks"),
    (DefectKind::WhiteSpace, "white-space"),
    (DefectKind::Truncated255, "truncated-255"),
    (DefectKind::Truncated512, "truncated-512"),
    (DefectKind::TruncatedOne, "truncated-one"),
    (DefectKind::Truncated, "truncated"),
    (DefectKind::CutAtStart, "cut-at-start"),
    (DefectKind::CharactersLost, "characters-lost"),
    (DefectKind::BytesAfterKey, "bytes-after-key"),
    (DefectKind::HeaderDamaged, "header-damaged"),
    (DefectKind::ModulusDamaged, "modulus-damaged"),
    (DefectKind::Pkcs1Label, "pkcs1-label"),
    (DefectKind::Pkcs1Content, "pkcs1-content"),
    (DefectKind::Certificate, "certificate"),
    (DefectKind::OpensshLine, "openssh-line"),
    (DefectKind::DkimRecord, "dkim-record"),
    (DefectKind::EcKey, "ec-key"),
    (DefectKind::Ed25519Key, "ed25519-key"),
    (DefectKind::WrongAlgorithm, "wrong-algorithm"),
    (DefectKind::WeakSize, "weak-size"),
    (DefectKind::OddSize, "odd-size"),
    (DefectKind::OddExponent, "odd-exponent"),
];

impl DefectKind {
    /// Every kind, in the order in which defects of one severity are listed.
    pub const ALL: [Self; IDS.len()] = {
        let mut all = [Self::PrivateKey; IDS.len()];
        let mut at = 0;
        while at < all.len() {
            all[at] = IDS[at].0;
            at += 1;
        }
        all
    };

    /// What is wrong with the records as a set, whatever each of them holds.
    pub const OF_SETS: [Self; 4] = [Self::SplitRecords, Self::KeyNotFirst, Self::TwoKeys, Self::SeveralRecords];

    /// A part of the key is missing at an end.
    pub const OF_CUTS: [Self; 5] =
        [Self::Truncated255, Self::Truncated512, Self::TruncatedOne, Self::Truncated, Self::CutAtStart];

    /// What is unwise about the numbers of a key whose text is right.
    pub const OF_NUMBERS: [Self; 3] = [Self::WeakSize, Self::OddSize, Self::OddExponent];

    /// What to do when no key could be recovered from the text, in one sentence without a final dot.
    pub fn remedy_without_key(self) -> &'static str {
        match self {
            Self::PrivateKey
            | Self::Empty
            | Self::Placeholder
            | Self::StringTooLong
            | Self::OtherKey
            | Self::OneCharacterChanged
            | Self::Certificate
            | Self::OpensshLine
            | Self::DkimRecord
            | Self::EcKey
            | Self::Ed25519Key
            | Self::WrongAlgorithm => self.remedy(),
            kind if Self::OF_SETS.contains(&kind)
                || Self::OF_CUTS.contains(&kind)
                || Self::OF_NUMBERS.contains(&kind) =>
            {
                self.remedy()
            }
            _ => AGAIN,
        }
    }

    /// The kind with this id.
    pub fn find(id: &str) -> Option<Self> {
        IDS.iter().find(|(_, known)| *known == id).map(|(kind, _)| *kind)
    }

    /// The stable id, in kebab case.
    pub fn id(self) -> &'static str {
        IDS[self as usize].1
    }

    /// How much it matters. `accepted`: a server reads the right key all the same.
    pub fn severity(self, accepted: bool) -> Severity {
        match self {
            Self::PrivateKey
            | Self::TwoKeys
            | Self::OtherKey
            | Self::OneCharacterChanged
            | Self::ModulusDamaged
            | Self::StringTooLong => Severity::Error,
            Self::WeakSize | Self::OddSize | Self::OddExponent => Severity::Warning,
            _ if !accepted => Severity::Error,
            Self::LineBreaks | Self::WhiteSpace | Self::Padding => Severity::Notice,
            _ => Severity::Warning,
        }
    }

    /// What to do about it, in one sentence without a final dot.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::PrivateKey => {
                "remove it now from every place where others can read it; caches and copies keep it, so make a new pair, put it \
                 into the server and publish its public half: `fedctl keygen`"
            }
            Self::Empty | Self::Placeholder => "paste the key that the server shows as FEDERATION_Public_Key",
            Self::NotAKey | Self::LowerCased | Self::CharactersLost | Self::ModulusDamaged | Self::HeaderDamaged => {
                AGAIN
            }
            Self::Truncated255 | Self::Truncated512 | Self::TruncatedOne | Self::Truncated | Self::CutAtStart => {
                "publish the whole key, cut into strings of at most 255 bytes in one record: `fedctl records DOMAIN --target HOST --key FILE`"
            }
            Self::SplitRecords | Self::SeveralRecords | Self::KeyNotFirst | Self::TwoKeys => {
                "keep one record: delete all, then add one that holds the whole key"
            }
            Self::StringsOutOfOrder | Self::HalvesSwapped | Self::PartsOverlap | Self::PastedTwice => {
                "replace the value with the whole key, each part once and in order"
            }
            Self::StringTooLong => {
                "cut the value into quoted strings of at most 255 bytes: `fedctl records DOMAIN --target HOST --key FILE --format bind`"
            }
            Self::UnquotedZoneFile | Self::ArmourSpacesLost => {
                "put the value in quotes: `fedctl records DOMAIN --target HOST --key FILE --format bind`"
            }
            Self::OtherKey | Self::OneCharacterChanged => "publish the key that the server uses",
            Self::Pkcs1Label | Self::Pkcs1Content => {
                "publish the SubjectPublicKeyInfo form, which begins with `BEGIN PUBLIC KEY`"
            }
            Self::Certificate | Self::OpensshLine | Self::DkimRecord => {
                "publish the federation key, which is a different key"
            }
            Self::EcKey
            | Self::Ed25519Key
            | Self::WrongAlgorithm
            | Self::WeakSize
            | Self::OddSize
            | Self::OddExponent => "make an RSA pair of 2048 bits: `fedctl keygen`",
            _ => "publish the value without it",
        }
    }
}

impl std::fmt::Display for DefectKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ids_follow_the_variants() {
        for (at, (kind, id)) in IDS.iter().enumerate() {
            assert_eq!((*kind as usize, kind.id()), (at, *id));
        }
        assert_eq!(DefectKind::ALL[68], DefectKind::OddExponent);
    }
}
