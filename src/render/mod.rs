//! Values to text. Never computes.

pub mod catalogue;
pub mod envelope;
pub mod hub;
pub mod handshake;
pub mod key;
pub mod lab;
pub mod records;
pub mod report;
