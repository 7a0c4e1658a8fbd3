//! Values to text. Never computes.

pub mod catalogue;
pub mod compatibility;
pub mod doctor;
pub mod drill;
pub mod envelope;
pub mod fill;
pub mod handshake;
pub mod hub;
pub mod key;
pub mod lab;
pub mod list;
pub mod log_line;
pub mod markup;
pub mod mesh;
pub mod page;
pub mod proxy;
pub mod records;
pub mod releases;
pub mod report;
pub mod rotate;
pub mod sandbox;
pub mod settings;
pub mod status;
pub mod upgrade;
pub mod waiting;
pub mod watch;
