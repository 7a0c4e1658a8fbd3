//! DNS as values: names, record types and data, queries and responses, and the codec of messages. No sockets.

pub mod codec;
pub mod name;
pub mod provider;
pub mod record;
