//! Texts about keys and envelopes.

use super::{DNS, Known, OLD_KEY, SHAKE, cause, known};
use crate::rocketchat::boundary::Span;

pub const KNOWN: &[Known] = &[
    known(
        Span::ALL,
        &["Cannot read propert", "'decrypt'|'encryptPrivate'|'decryptPublic'"],
        "this server has no key pair in its database, so it can neither open nor seal a message",
        &[cause(
            "the collection `rocketchat_federation_keys` is empty: a restored database without it, or it was deleted",
            "in the database: db.rocketchat_federation_keys.find()",
            "put a key pair in: fedctl keygen --form mongosh; then restart the server and publish its public key",
        )],
    ),
    known(
        Span::ALL,
        &["Expected 0x30"],
        "a peer's published key does not parse: the sender's when a message is opened, the RECIPIENT's when one is sealed",
        &[
            cause(
                "the text that was read does not begin with the key: two TXT records and the tail came first, or damaged armour",
                DNS,
                "publish the one-line key as ONE TXT record, header first",
            ),
            OLD_KEY,
        ],
    ),
    known(
        Span::ALL,
        &["encoding too long"],
        "a peer's published key does not parse: the sender's when a message is opened, the RECIPIENT's when one is sealed",
        &[cause(
            "the text is not a public key in SubjectPublicKeyInfo form: literal `\\n` in it, altered armour, or a PKCS#1 or private key",
            DNS,
            "publish exactly the line that `fedctl key inspect` prints under `publish`",
        )],
    ),
    known(
        Span::ALL,
        &["data must be a node Buffer"],
        "the beginning of a peer's published key is right, and the rest is cut off or damaged",
        &[
            cause(
                "only the first half of the key was read: the second half is in another record, or was cut by the DNS provider",
                DNS,
                "put both halves as two strings into ONE TXT record",
            ),
            cause(
                "a character was lost or changed, for example a `+` that became a space",
                "fedctl key inspect < KEY",
                "publish the key again, in plain ASCII",
            ),
        ],
    ),
    known(
        Span::ALL,
        &["Invalid Public key format"],
        "a peer's published key is not RSA",
        &[cause(
            "an EC or Ed25519 key is published",
            DNS,
            "publish the RSA key of the server; `fedctl keygen` makes one",
        )],
    ),
    known(
        Span::ALL,
        &["Empty key given"],
        "the sender's key was read as an empty text",
        &[cause(
            "the TXT record is empty",
            DNS,
            "publish the key; on servers from 4.2 on whose key box is empty: fedctl keygen --form mongosh",
        )],
    ),
    known(
        Span::ALL,
        &["decryption", "oaep decoding error"],
        "the origin is verified, but the message was encrypted for another key than this server's (inner layer)",
        &[
            cause(
                "the sender still has this server's old key",
                "compare the TXT record with the key in use: fedctl dns-check OWN_DOMAIN --key FILE",
                "wait an hour or restart the sender after publishing",
            ),
            cause(
                "this server publishes another key than it uses: the setting on the screen is not refreshed",
                "compare the TXT record with `rocketchat_federation_keys` in its database",
                "publish the public key of the database",
            ),
        ],
    ),
    known(
        Span::ALL,
        &["decryption", "invalid padding"],
        "the message was not signed with the key that is published for the sender (outer layer)",
        &[
            OLD_KEY,
            cause(
                "the sender publishes another key than it uses",
                DNS,
                "the sender's admin publishes the key of the database",
            ),
        ],
    ),
    known(
        Span::ALL,
        &["decryption", "padding"],
        "a layer could not be decrypted; the text after `Original error` names it",
        &[OLD_KEY],
    ),
    known(
        Span::ALL,
        &["probably incorrect key"],
        "one of the two layers could not be decrypted with the keys in use",
        &[
            OLD_KEY,
            cause(
                "one side publishes another key than it uses",
                DNS,
                "publish the public key of the server's database",
            ),
        ],
    ),
    known(
        Span::ALL,
        &["Incorrect data or key"],
        "the length of the message is not a whole number of blocks",
        &[cause(
            "the body was cut off on its way, or the keys have other sizes than the published ones",
            SHAKE,
            "raise the body limit of the proxy; compare the keys",
        )],
    ),
    known(
        Span::TWO,
        &["Could not decrypt payload"],
        "the peer could not decrypt the message; it logs the same text for every reason",
        &[
            cause(
                "the sender's SRV or TXT cannot be found there: without them there is no key",
                "fedctl dns-check OWN_DOMAIN --key FILE",
                "correct the sender's records",
            ),
            OLD_KEY,
            cause(
                "from 4.2 to 6.2: the sender is registered with the hub only",
                DNS,
                "publish the sender's records in DNS",
            ),
        ],
    ),
    known(
        Span::ALL,
        &["crypt", "InvalidAsn1Error"],
        "a peer's published key does not parse",
        &[cause("the record has no complete key", DNS, "publish the one-line key as ONE TXT record")],
    ),
    known(
        Span::ALL,
        &["must be of type string or an instance of Buffer|First argument must be a string, Buffer"],
        "a body arrived that is not encrypted",
        &[
            cause(
                "the sender has this domain as its own: the same Domain is set on both servers",
                "compare Administration > Federation > Domain on both",
                "each server needs its own domain",
            ),
            cause(
                "a proxy rewrites the body, or somebody calls the route manually",
                "look at the sender's address in the log of the proxy",
                "make the proxy forward bodies unchanged",
            ),
        ],
    ),
];
