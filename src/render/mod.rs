//! Values to text. Never computes.

pub mod envelope;
pub mod key;
