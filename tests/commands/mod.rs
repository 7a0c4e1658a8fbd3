mod key;
mod key_interop;
mod keygen;
mod records;
mod records_programs;
