//! The last texts that were whole keys. Several servers answer with the same text, and each check looks at it: it is taken apart
//! once. Texts with defects are not kept, since a private key may be among them.

use std::cell::RefCell;
use std::collections::VecDeque;

use super::{Diagnosis, TEXT_MAX, examine};
use crate::key::BEGIN_PUBLIC;

/// Texts that are kept for each thread: those of one domain and its near misses.
const KEPT: usize = 8;

thread_local! {
    static WHOLE: RefCell<VecDeque<(Vec<u8>, Diagnosis)>> = const { RefCell::new(VecDeque::new()) };
}

/// What `part` takes out of the diagnosis of a text that was a whole key.
pub fn recall<T>(text: &[u8], part: impl Fn(&Diagnosis) -> T) -> Option<T> {
    WHOLE.with_borrow(|whole| whole.iter().find(|(known, _)| known == text).map(|(_, diagnosis)| part(diagnosis)))
}

/// True for a text that is a public key from the first character to the last.
pub fn is_whole(text: &[u8]) -> bool {
    let is_known = || recall(text, |_| ()).is_some();
    text.starts_with(BEGIN_PUBLIC.as_bytes())
        && text.len() <= TEXT_MAX
        && (is_known() || examine(text).verified.is_some())
}

/// Keeps a diagnosis and drops the oldest.
pub fn keep(text: &[u8], diagnosis: &Diagnosis) {
    WHOLE.with_borrow_mut(|whole| {
        whole.truncate(KEPT - 1);
        whole.push_front((text.to_vec(), diagnosis.clone()));
    });
}
