//! Files and standard input: reading within bounds, and writing so that nothing is lost. No other module opens a file.

pub mod read;
pub mod write;
