//! fedctl: sets up and diagnoses classic Rocket.Chat federation.
//!
//! The layers, from the ground up; each uses only those above it in this list (`tests/house` checks it):
//!
//! - `text`: the filter for text of others
//! - `count`: counts with their nouns
//! - `position`: a line and a column, for errors
//! - `error`, `severity`, `endpoint`, `range`: how fedctl fails, how much a finding matters, where to connect, which numbers are
//!   taken
//! - `page`: the frame of HTML pages
//! - `metrics`: the text of metrics for Prometheus
//! - `file`: the only module that reads and writes files
//! - `dns`: DNS as values and the codec of messages
//! - `key`: key pairs, what node-rsa accepts, diagnosis of damaged key text
//! - `rocketchat`: what real servers do, release by release
//! - `facts`: what was observed, serialisable
//! - `x509`: certificates, and whether they are trusted
//! - `report`: findings and what else a report holds
//! - `settings`: fedctl.yaml and the environment
//! - `net`: the only module that connects
//! - `serve`: the only module that listens
//! - `store`: the only module that keeps
//! - `check`: facts to findings, pure
//! - `render`: values to text, pure; it reads titles and pages from `check`
//! - `publish`: the only module that changes something elsewhere; `commands` give it the connections of `net`
//! - `commands`: one file for each command
//! - `cli`, `term`: the arguments, and the only way to stdout and stderr

pub mod check;
pub mod cli;
pub mod commands;
pub mod count;
pub mod dns;
pub mod endpoint;
pub mod error;
pub mod facts;
pub mod file;
pub mod key;
pub mod metrics;
pub mod net;
pub mod page;
pub mod position;
pub mod publish;
pub mod range;
pub mod render;
pub mod report;
pub mod rocketchat;
pub mod serve;
pub mod settings;
pub mod severity;
pub mod store;
pub mod term;
pub mod text;
pub mod x509;
