//! X.509: what a certificate says, and whether it is trusted. The connections of `net` and of `store` verify certificates here.

pub mod certificate;
pub mod trust;
