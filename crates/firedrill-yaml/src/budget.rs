//! The limit on how much of a document may come from aliases.

use thiserror::Error;

/// More nodes come from aliases than go-yaml allows: a file that would unfold into an enormous one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("document contains excessive aliasing")]
pub struct ExcessiveAliasing;

/// Counts the nodes that a reader visits, as go-yaml's decoder does.
#[derive(Clone, Copy, Debug, Default)]
pub struct AliasBudget {
    visited: u64,
    through_alias: u64,
}

/// Up to this many visits nearly all of them may come through aliases.
const FREE: f64 = 400_000.0;
/// From this many visits on only a tenth may.
const STRICT: f64 = 4_000_000.0;

impl AliasBudget {
    /// Counts one more visit.
    ///
    /// # Errors
    /// When too large a part of the visits so far came through aliases.
    #[inline]
    pub fn visit(&mut self, through_alias: bool) -> Result<(), ExcessiveAliasing> {
        self.visited += 1;
        self.through_alias += u64::from(through_alias);
        if self.through_alias <= 100 || self.visited <= 1000 {
            return Ok(());
        }
        let visited = self.visited as f64;
        let allowed = 0.99 - 0.89 * ((visited - FREE) / (STRICT - FREE)).clamp(0.0, 1.0);
        if self.through_alias as f64 / visited > allowed {
            return Err(ExcessiveAliasing);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_of_aliases_only_runs_out_and_a_plain_one_never_does() {
        let mut plain = AliasBudget::default();
        assert!((0..10_000).all(|_| plain.visit(false).is_ok()));
        let mut bomb = AliasBudget::default();
        assert!((0..1000).all(|_| bomb.visit(true).is_ok()));
        assert_eq!(bomb.visit(true), Err(ExcessiveAliasing));
    }
}
