//! `label_replace` and `label_join`.

use crate::columns;
use crate::engine::Evaluator;
use crate::error::EvalError;
use crate::grid::Grid;
use crate::plan::{CallNode, Node, NodeKind};
use crate::value::Column;
use firedrill_value::{Labels, METRIC_NAME};
use rustc_hash::FxHashMap;

impl Evaluator<'_> {
    pub(crate) fn label_replace(&mut self, call: &CallNode, grid: &Grid) -> Result<Vec<Column>, EvalError> {
        let [_, target, replacement, source, pattern] = call.args.as_slice() else {
            return Err(EvalError::Incomplete);
        };
        let Some(regex) = &call.regex else {
            return Err(EvalError::LabelReplaceRegex(CallNode::text_of(pattern)));
        };
        let target = label_name(target, "destination", "label_replace")?;
        let replacement = CallNode::text_of(replacement);
        let source = CallNode::text_of(source);
        let columns = self.vector(&call.args[0], grid)?;
        let mut known: FxHashMap<String, Option<String>> = FxHashMap::default();
        self.relabel(columns, &target, |labels| {
            let value = labels.get(&source);
            if let Some(done) = known.get(value) {
                return done.clone();
            }
            let done = regex.expand_first(value, &replacement);
            known.insert(value.to_owned(), done.clone());
            done
        })
    }

    pub(crate) fn label_join(&mut self, call: &CallNode, grid: &Grid) -> Result<Vec<Column>, EvalError> {
        let separator = CallNode::text_of(&call.args[2]);
        let sources: Result<Vec<String>, EvalError> = call.args[3..]
            .iter()
            .map(|source| label_name(source, "source", "label_join"))
            .collect();
        let sources = sources?;
        let target = label_name(&call.args[1], "destination", "label_join")?;
        let columns = self.vector(&call.args[0], grid)?;
        self.relabel(columns, &target, |labels| {
            let values: Vec<&str> = sources.iter().map(|source| labels.get(source)).collect();
            Some(values.join(&separator))
        })
    }

    /// Gives each series a new value of one label, or leaves it alone.
    fn relabel(
        &self,
        mut columns: Vec<Column>,
        target: &str,
        mut value_for: impl FnMut(&Labels) -> Option<String>,
    ) -> Result<Vec<Column>, EvalError> {
        for column in &mut columns {
            if let Some(value) = value_for(&column.labels) {
                let mut labels = column.labels.to_builder();
                labels.set(target, &value);
                column.labels = labels.build();
                if target == METRIC_NAME {
                    column.drop_name = false;
                }
            }
        }
        columns::unify(columns)
    }
}

/// A label name given as a text: neither empty nor broken UTF-8.
fn label_name(node: &Node, role: &'static str, function: &'static str) -> Result<String, EvalError> {
    let bytes: &[u8] = match &node.kind {
        NodeKind::String(bytes) => bytes,
        _ => &[],
    };
    match std::str::from_utf8(bytes) {
        Ok(name) if !name.is_empty() => Ok(name.to_owned()),
        _ => Err(EvalError::FunctionLabelName {
            role,
            function,
            name: CallNode::text_of(node),
        }),
    }
}
