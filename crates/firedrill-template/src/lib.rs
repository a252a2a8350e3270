//! Annotation templates: Go text/template as Prometheus uses it.
//!
//! [`Template::parse`] accepts and refuses what Go 1.26 does, [`Template::expand`] runs it over a sample. Both speak of
//! errors in Go's words; both also say which bytes of the text they mean.

mod ast;
mod branches;
mod builtins;
mod error;
mod exec;
mod functions;
mod humanize;
mod known;
mod lex;
mod number;
mod parse;
mod printf;
mod queries;
mod time;
mod title;
mod uses;
mod usual;
mod value;

pub use branches::{BranchKind, TemplateBranch};
pub use error::{ExpandError, TemplateError};
pub use exec::{Context, Data, Sample};
pub use functions::FUNCTION_NAMES;
pub use queries::HOLE;
pub use uses::{LabelUse, Uses};

use firedrill_source::{Span, find_twice};
use std::sync::Arc;

/// A parsed template. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Template {
    tree: Option<Arc<ast::Tree>>,
    text: Arc<str>,
}

impl Template {
    /// Parses a label or annotation value, with `$labels`, `$externalLabels`, `$externalURL` and `$value` declared.
    ///
    /// # Errors
    /// The first thing that Go would refuse.
    pub fn parse(text: &str) -> Result<Template, TemplateError> {
        Self::parse_shared(&Arc::from(text))
    }

    /// As [`Template::parse`], of a text that the template shares. Rules repeat their annotations: a template that is
    /// equal to one before is that one.
    ///
    /// # Errors
    /// As [`Template::parse`].
    pub fn parse_shared(text: &Arc<str>) -> Result<Template, TemplateError> {
        // Most values hold no action at all; they need no tree.
        if find_twice(text.as_bytes(), 0, b'{').is_none() {
            return Ok(Template {
                tree: None,
                text: text.clone(),
            });
        }
        known::template(text)
    }

    /// Whether [`Template::parse`] accepts a text; cheaper where the actions are of the usual kind.
    ///
    /// # Errors
    /// As [`Template::parse`].
    pub fn check(text: &str) -> Result<(), TemplateError> {
        if usual::is_usual(text) {
            return Ok(());
        }
        Self::parse(text).map(|_| ())
    }

    /// The text as written, shared.
    pub fn shared_text(&self) -> &Arc<str> {
        &self.text
    }

    /// The text as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the text is literal: it expands to itself.
    pub fn is_literal(&self) -> bool {
        self.tree.is_none()
    }

    /// Whether it consists of plain text and the commonest actions, which cannot fail but by a label that is no number.
    pub fn is_usual(&self) -> bool {
        let told = |tree: &Arc<ast::Tree>| *tree.usual.get_or_init(|| usual::is_usual(&self.text));
        self.tree.as_ref().is_none_or(told)
    }

    /// Expands the template for one sample.
    ///
    /// # Errors
    /// When an action fails; Prometheus then shows the error in place of the text (see [`ExpandError::render`]).
    pub fn expand(&self, data: &Data<'_>, context: &mut dyn Context) -> Result<String, ExpandError> {
        match &self.tree {
            None => Ok(self.text.to_string()),
            Some(tree) => exec::run(tree, &self.text, data, context, None),
        }
    }

    /// Like [`Template::expand`]; `seen` is told of every branch that is come by, and whether it was entered.
    ///
    /// # Errors
    /// As [`Template::expand`].
    pub fn expand_seen(
        &self,
        data: &Data<'_>,
        context: &mut dyn Context,
        seen: &mut dyn FnMut(Span, bool),
    ) -> Result<String, ExpandError> {
        match &self.tree {
            None => Ok(self.text.to_string()),
            Some(tree) => exec::run(tree, &self.text, data, context, Some(seen)),
        }
    }

    /// All branches in the order of the text.
    pub fn branches(&self) -> Vec<TemplateBranch> {
        self.tree
            .as_ref()
            .map_or_else(Vec::new, |tree| branches::collect(tree))
    }

    /// Which labels, variables and functions the template mentions.
    pub fn uses(&self) -> &Uses {
        static NOTHING: Uses = Uses {
            labels: Vec::new(),
            values: Vec::new(),
            functions: Vec::new(),
        };
        match &self.tree {
            Some(tree) => tree.uses.get_or_init(|| uses::collect(tree)),
            None => &NOTHING,
        }
    }

    /// The expressions that the template hands to `query`, with [`HOLE`] for texts that are only known when it runs.
    /// `None` if there is one of which that cannot be told.
    pub fn queries(&self) -> Option<Vec<String>> {
        self.tree
            .as_ref()
            .map_or_else(|| Some(Vec::new()), |tree| queries::collect(tree))
    }

    /// Whether the template asks for other series (the function `query`).
    pub fn runs_queries(&self) -> bool {
        self.uses().functions.iter().any(|(name, _)| name == "query")
    }
}
