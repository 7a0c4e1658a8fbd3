//! fedctl: the toolbox and the doctor for classic Rocket.Chat federation.
//!
//! - `cli`: arguments, and one arm a command
//! - `commands`: glue, one file a command; the only place that joins the rooms below
//! - `net`: opens connections and tells what it saw
//! - `serve`: listens: the embedded servers
//! - `store`: what the hub keeps
//! - `check`: judges what was seen; pure
//! - `render`: turns values into text; never computes
//! - `federation`: the protocol; pure
//! - `config`: fedctl.yaml
//! - `term`: the only door out: stdout, stderr, colour, progress
//! - `error`: errors with a hint, and the exit status

pub mod check;
pub mod cli;
pub mod commands;
pub mod dns;
pub mod error;
pub mod facts;
pub mod key;
pub mod net;
pub mod render;
pub mod report;
pub mod rocketchat;
pub mod serve;
pub mod settings;
pub mod store;
pub mod term;
