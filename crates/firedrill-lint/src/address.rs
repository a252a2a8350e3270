//! Shared texts told apart by where they are.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A text as a key that is compared without being read: the same shared text is the same key, and what was read from
/// one file shares its texts. Still, texts of the same letters may be different keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ByAddress<'a>(pub(crate) &'a Arc<str>);

impl PartialEq for ByAddress<'_> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(self.0, other.0)
    }
}

impl Eq for ByAddress<'_> {}

impl Hash for ByAddress<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_usize(self.0.as_ptr() as usize);
    }
}
