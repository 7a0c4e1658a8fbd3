//! The watch: one run, the service, several watchers on one database, messages, pages, history.

mod alerts;
mod day;
mod history;
mod kill;
mod once;
mod pages;
mod peer;
mod tls;
