//! The watch: one run, the service, several watchers on one database.

mod kill;
mod once;
