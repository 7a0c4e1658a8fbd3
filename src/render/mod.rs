//! Values to text. Never computes.

pub mod key;
pub mod records;
