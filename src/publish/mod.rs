//! The only module that changes something elsewhere: records at DNS providers and name servers, settings of a server. It decides
//! what to send; the connection is given to it by the commands, so that `net` stays the only module that connects.

pub mod api;
mod azure;
mod cloudflare;
mod desec;
mod digitalocean;
mod gandi;
mod google;
pub mod held;
mod hetzner;
mod ovh;
mod ovh_signature;
mod powerdns;
pub mod provider;
mod rdata;
mod route53;
pub mod settings;
mod sigv4;
pub mod state;
pub mod tsig;
pub mod update;
pub mod zone;

#[cfg(test)]
mod tests;
