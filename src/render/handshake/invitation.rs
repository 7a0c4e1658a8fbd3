//! The text that one admin sends to the other, so that both directions are tested.

use crate::dns::name::Domain;
use crate::key::PublicKey;
use crate::render::fill::hang;

/// Both sides of an invitation.
pub struct Invitation<'a> {
    pub own: &'a Domain,
    pub peer: &'a Domain,
    pub key: Option<&'a PublicKey>,
}

/// Columns of a mail.
const WIDTH: usize = 76;

/// Plain text for a mail or a chat.
pub fn write(invitation: &Invitation, columns: usize) -> String {
    let Invitation { own, peer, key } = invitation;
    let paragraph = |text: &str| hang(text, columns.min(WIDTH), 0);
    let request = paragraph(&format!(
        "We would like our Rocket.Chat servers to federate, {own} with {peer}. Only tests from both sides show whether messages \
         pass. Please run this with your federation key, from the network of your server:"
    ));
    let safety = paragraph(
        "It looks up our records, connects, and exchanges encrypted pings. It stores nothing here, and the file contains no \
         secret. Your server's private key is in its database, collection `rocketchat_federation_keys`, and stays with you.",
    );
    let key = key.map(|key| format!("\nOur public key has the SHA-256\n{}\n", key.fingerprint())).unwrap_or_default();
    let back = paragraph("Send us the file. We combine it with ours:");
    format!(
        "To the admin of {peer}

{request}
  fedctl handshake {own} \\
    --domain {peer} --key federation.key \\
    --format json > {peer}-to-{own}.json

{safety}{key}
{back}
  fedctl handshake {peer} \\
    --domain {own} --key federation.key \\
    --format json > {own}-to-{peer}.json
  fedctl handshake --join \\
    {own}-to-{peer}.json \\
    {peer}-to-{own}.json
"
    )
}
