//! What a template mentions, for those who check it without running it.

use crate::ast::{Branch, Node, Operand, OperandKind, Pipe, Tree};
use firedrill_source::Span;

/// A label that the template reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelUse {
    /// Its name.
    pub name: String,
    /// Where it is read.
    pub span: Span,
    /// Whether it is read inside an `if`, `with` or `range`, which may well ask first whether it is there.
    pub guarded: bool,
}

/// Everything that a template mentions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// Labels of the sample: `$labels.x`, `.Labels.x`, `index $labels "x"`.
    pub labels: Vec<LabelUse>,
    /// Places where the value is read: `$value`, `.Value`. The flag says whether it is printed as it is, or through
    /// functions that keep it readable (`true` stands for an `if` or `with` condition).
    pub values: Vec<(Span, bool)>,
    /// Functions called, with their places.
    pub functions: Vec<(String, Span)>,
}

pub(crate) fn collect(tree: &Tree) -> Uses {
    let mut collector = Collector {
        uses: Uses::default(),
        guarded: false,
    };
    collector.list(&tree.root);
    for list in tree.defines.values() {
        collector.guarded = true;
        collector.list(list);
    }
    collector.uses.labels.sort_by_key(|found| found.span);
    collector.uses
}

struct Collector {
    uses: Uses,
    guarded: bool,
}

impl Collector {
    fn list(&mut self, list: &[Node]) {
        for node in list {
            match node {
                Node::Text(_) | Node::Break | Node::Continue => {}
                Node::Action(pipe) => self.pipe(pipe, false),
                Node::If(branch) | Node::Range(branch) | Node::With(branch) => self.branch(branch),
                Node::Template { pipe, .. } => {
                    if let Some(pipe) = pipe {
                        self.pipe(pipe, false);
                    }
                }
            }
        }
    }

    fn branch(&mut self, branch: &Branch) {
        let outer = std::mem::replace(&mut self.guarded, true);
        self.pipe(&branch.pipe, true);
        self.list(&branch.list);
        if let Some(otherwise) = &branch.otherwise {
            self.list(otherwise);
        }
        self.guarded = outer;
    }

    fn pipe(&mut self, pipe: &Pipe, condition: bool) {
        for command in &pipe.commands {
            if let [function, map, key, ..] = command.args.as_slice()
                && matches!(&function.kind, OperandKind::Function(name) if name == "index")
                && is_labels(map)
                && let OperandKind::String { value, .. } = &key.kind
            {
                let found = LabelUse {
                    name: value.to_string(),
                    span: key.span,
                    guarded: self.guarded,
                };
                self.uses.labels.push(found);
            }
            for arg in &command.args {
                self.operand(arg, condition);
            }
        }
    }

    fn operand(&mut self, operand: &Operand, condition: bool) {
        match &operand.kind {
            OperandKind::Function(name) => self.uses.functions.push((name.clone(), operand.span)),
            OperandKind::Field(names) => self.path(names, operand, condition),
            OperandKind::Variable(names) => {
                let dotted = names[0] == "$";
                match names[0].as_str() {
                    "$labels" => self.label(names.get(1), operand),
                    "$value" => self.uses.values.push((operand.span, condition)),
                    _ if dotted => self.path(&names[1..], operand, condition),
                    _ => {}
                }
            }
            OperandKind::Pipe(pipe) => self.pipe(pipe, condition),
            OperandKind::Chain(inner, _) => self.operand(inner, condition),
            _ => {}
        }
    }

    fn path(&mut self, names: &[String], operand: &Operand, condition: bool) {
        match names.first().map(String::as_str) {
            Some("Labels") => self.label(names.get(1), operand),
            Some("Value") => self.uses.values.push((operand.span, condition)),
            _ => {}
        }
    }

    fn label(&mut self, name: Option<&String>, operand: &Operand) {
        if let Some(name) = name {
            let found = LabelUse {
                name: name.clone(),
                span: operand.span,
                guarded: self.guarded,
            };
            self.uses.labels.push(found);
        }
    }
}

fn is_labels(operand: &Operand) -> bool {
    match &operand.kind {
        OperandKind::Variable(names) => names.len() == 1 && names[0] == "$labels",
        OperandKind::Field(names) => names.len() == 1 && names[0] == "Labels",
        _ => false,
    }
}
