mod key;
mod key_interop;
mod keygen;
