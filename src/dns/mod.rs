//! DNS as values: names, record types and data, queries and responses, zone files, and the codec of messages. No sockets.

pub mod codec;
pub mod field;
pub mod name;
pub mod provider;
pub mod record;
pub mod zone_file;
