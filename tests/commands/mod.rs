mod envelope;
mod envelope_interop;
mod key;
mod key_interop;
mod keygen;
mod records;
mod records_programs;
