//! The injuries that have a name. Ids are never renamed and never reused; docs/autopsy.md lists them.

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

impl DefectKind {
    /// Every kind, in the order in which injuries of one severity are told.
    pub const ALL: [Self; 65] = [
        Self::PrivateKey,
        Self::Empty,
        Self::Placeholder,
        Self::NotAKey,
        Self::SplitRecords,
        Self::KeyNotFirst,
        Self::TwoKeys,
        Self::SeveralRecords,
        Self::StringsOutOfOrder,
        Self::StringTooLong,
        Self::UnquotedZoneFile,
        Self::RecordLineKept,
        Self::OtherKey,
        Self::OneCharacterChanged,
        Self::Utf16,
        Self::ByteOrderMark,
        Self::InvisibleCharacter,
        Self::NoBreakSpace,
        Self::TypographicDash,
        Self::TypographicQuote,
        Self::ControlCharacter,
        Self::ForeignCharacter,
        Self::PreReleasePrefix,
        Self::LiteralNewline,
        Self::QuotesKept,
        Self::BackslashesKept,
        Self::SemicolonKept,
        Self::PercentEncoded,
        Self::PlusBecameSpace,
        Self::EncodedTwice,
        Self::HalvesSwapped,
        Self::PastedTwice,
        Self::PartsOverlap,
        Self::ArmourMissingBegin,
        Self::ArmourMissingEnd,
        Self::ArmourCutBegin,
        Self::ArmourCutEnd,
        Self::ArmourAlteredBegin,
        Self::ArmourAlteredEnd,
        Self::ArmourSpacesLost,
        Self::LowerCased,
        Self::UrlSafeBase64,
        Self::Padding,
        Self::LineBreaks,
        Self::WhiteSpace,
        Self::Truncated255,
        Self::Truncated512,
        Self::TruncatedOne,
        Self::Truncated,
        Self::CutAtStart,
        Self::CharactersLost,
        Self::BytesAfterKey,
        Self::HeaderDamaged,
        Self::ModulusDamaged,
        Self::Pkcs1Label,
        Self::Pkcs1Content,
        Self::Certificate,
        Self::OpensshLine,
        Self::DkimRecord,
        Self::EcKey,
        Self::Ed25519Key,
        Self::WrongAlgorithm,
        Self::WeakSize,
        Self::OddSize,
        Self::OddExponent,
    ];

    /// What is wrong with the records as a set, whatever each of them holds.
    pub const OF_SETS: [Self; 4] = [Self::SplitRecords, Self::KeyNotFirst, Self::TwoKeys, Self::SeveralRecords];

    /// What is unwise about the numbers of a key whose text is right.
    pub const OF_NUMBERS: [Self; 3] = [Self::WeakSize, Self::OddSize, Self::OddExponent];

    /// The stable id, in kebab case.
    pub fn id(self) -> &'static str {
        match self {
            Self::PrivateKey => "private-key",
            Self::Empty => "empty",
            Self::Placeholder => "placeholder",
            Self::NotAKey => "not-a-key",
            Self::SplitRecords => "split-records",
            Self::KeyNotFirst => "key-not-first",
            Self::TwoKeys => "two-keys",
            Self::SeveralRecords => "several-records",
            Self::StringsOutOfOrder => "strings-out-of-order",
            Self::StringTooLong => "string-too-long",
            Self::UnquotedZoneFile => "unquoted-zone-file",
            Self::RecordLineKept => "record-line-kept",
            Self::OtherKey => "other-key",
            Self::OneCharacterChanged => "one-character-changed",
            Self::Utf16 => "utf-16",
            Self::ByteOrderMark => "byte-order-mark",
            Self::InvisibleCharacter => "invisible-character",
            Self::NoBreakSpace => "no-break-space",
            Self::TypographicDash => "typographic-dash",
            Self::TypographicQuote => "typographic-quote",
            Self::ControlCharacter => "control-character",
            Self::ForeignCharacter => "foreign-character",
            Self::PreReleasePrefix => "pre-release-prefix",
            Self::LiteralNewline => "literal-newline",
            Self::QuotesKept => "quotes-kept",
            Self::BackslashesKept => "backslashes-kept",
            Self::SemicolonKept => "semicolon-kept",
            Self::PercentEncoded => "percent-encoded",
            Self::PlusBecameSpace => "plus-became-space",
            Self::EncodedTwice => "encoded-twice",
            Self::HalvesSwapped => "halves-swapped",
            Self::PastedTwice => "pasted-twice",
            Self::PartsOverlap => "parts-overlap",
            Self::ArmourMissingBegin => "armour-missing-begin",
            Self::ArmourMissingEnd => "armour-missing-end",
            Self::ArmourCutBegin => "armour-cut-begin",
            Self::ArmourCutEnd => "armour-cut-end",
            Self::ArmourAlteredBegin => "armour-altered-begin",
            Self::ArmourAlteredEnd => "armour-altered-end",
            Self::ArmourSpacesLost => "armour-spaces-lost",
            Self::LowerCased => "lower-cased",
            Self::UrlSafeBase64 => "url-safe-base64",
            Self::Padding => "padding",
            Self::LineBreaks => "line-breaks",
            Self::WhiteSpace => "white-space",
            Self::Truncated255 => "truncated-255",
            Self::Truncated512 => "truncated-512",
            Self::TruncatedOne => "truncated-one",
            Self::Truncated => "truncated",
            Self::CutAtStart => "cut-at-start",
            Self::CharactersLost => "characters-lost",
            Self::BytesAfterKey => "bytes-after-key",
            Self::HeaderDamaged => "header-damaged",
            Self::ModulusDamaged => "modulus-damaged",
            Self::Pkcs1Label => "pkcs1-label",
            Self::Pkcs1Content => "pkcs1-content",
            Self::Certificate => "certificate",
            Self::OpensshLine => "openssh-line",
            Self::DkimRecord => "dkim-record",
            Self::EcKey => "ec-key",
            Self::Ed25519Key => "ed25519-key",
            Self::WrongAlgorithm => "wrong-algorithm",
            Self::WeakSize => "weak-size",
            Self::OddSize => "odd-size",
            Self::OddExponent => "odd-exponent",
        }
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
                "remove it from wherever others can read it, now; then make a new pair with `fedctl keygen`, put it into the \
                 server and publish its public half: what was readable once stays readable in caches and copies"
            }
            Self::Empty | Self::Placeholder => "paste the key that the server shows as FEDERATION_Public_Key",
            Self::NotAKey | Self::LowerCased | Self::CharactersLost | Self::ModulusDamaged | Self::HeaderDamaged => {
                "copy the key again from the server, as a whole"
            }
            Self::Truncated255 | Self::Truncated512 | Self::TruncatedOne | Self::Truncated | Self::CutAtStart => {
                "publish the whole key, cut into strings of at most 255 bytes in one record: `fedctl records`"
            }
            Self::SplitRecords | Self::SeveralRecords | Self::KeyNotFirst | Self::TwoKeys => {
                "keep one record: delete all, then add one that holds the whole key"
            }
            Self::StringsOutOfOrder | Self::HalvesSwapped | Self::PartsOverlap | Self::PastedTwice => {
                "replace the value with the whole key, each part once and in order"
            }
            Self::StringTooLong => {
                "cut the value into quoted strings of at most 255 bytes: `fedctl records --format bind`"
            }
            Self::UnquotedZoneFile | Self::ArmourSpacesLost => {
                "put the value in quotes: `fedctl records --format bind`"
            }
            Self::OtherKey | Self::OneCharacterChanged => "publish the key that the server uses",
            Self::Pkcs1Label | Self::Pkcs1Content => "publish the SubjectPublicKeyInfo form: `BEGIN PUBLIC KEY`",
            Self::Certificate | Self::OpensshLine | Self::DkimRecord => {
                "publish the federation key, which is another thing"
            }
            Self::EcKey
            | Self::Ed25519Key
            | Self::WrongAlgorithm
            | Self::WeakSize
            | Self::OddSize
            | Self::OddExponent => "make an RSA pair of 2048 bits with `fedctl keygen`",
            _ => "publish the value without it",
        }
    }
}

impl std::fmt::Display for DefectKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.id())
    }
}
