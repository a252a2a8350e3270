//! What is known about each metric, and from where.

/// Facts about metrics.
#[derive(Clone, Debug, Default)]
pub struct Facts {}

impl Facts {
    /// Nothing is known.
    pub fn new() -> Self {
        Facts::default()
    }

    /// Reads TYPE lines of exposition text.
    pub fn read_exposition(&mut self, name: &str, text: &str) {
        let _ = (name, text);
    }
}
