//! The places where a template goes one way or another, for those who ask whether each way was gone.

use crate::ast::{Node, Tree};
use firedrill_source::Span;

/// What decides between two ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BranchKind {
    /// `if`: the condition holds, or it does not.
    If,
    /// `with`: there is a value, or there is none.
    With,
    /// `range`: there is something to go over, or there is nothing.
    Range,
}

impl BranchKind {
    /// The keyword.
    pub fn keyword(self) -> &'static str {
        match self {
            BranchKind::If => "if",
            BranchKind::With => "with",
            BranchKind::Range => "range",
        }
    }
}

/// An `if`, `with` or `range`. An `else` need not be written: not to go in is a way, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TemplateBranch {
    /// Where its condition stands in the text. No two branches share it.
    pub span: Span,
    /// Which of the three.
    pub kind: BranchKind,
}

/// All branches of a tree in the order of the text.
pub(crate) fn collect(tree: &Tree) -> Vec<TemplateBranch> {
    let mut found = Vec::new();
    list(&tree.root, &mut found);
    for define in tree.defines.values() {
        list(define, &mut found);
    }
    found.sort();
    found
}

fn list(nodes: &[Node], found: &mut Vec<TemplateBranch>) {
    for node in nodes {
        let (branch, kind) = match node {
            Node::If(branch) => (branch, BranchKind::If),
            Node::With(branch) => (branch, BranchKind::With),
            Node::Range(branch) => (branch, BranchKind::Range),
            _ => continue,
        };
        found.push(TemplateBranch {
            span: branch.pipe.span,
            kind,
        });
        list(&branch.list, found);
        list(branch.otherwise.as_deref().unwrap_or_default(), found);
    }
}

#[cfg(test)]
mod tests {
    use crate::{Context, Data, Sample, Template};
    use firedrill_value::Labels;

    struct NoQueries;

    impl Context for NoQueries {
        fn query(&mut self, _: &str) -> Result<Vec<Sample>, String> {
            Ok(Vec::new())
        }
    }

    /// Every way that was gone: the condition and whether it held.
    fn ways(text: &str, value: f64) -> Vec<String> {
        let template = Template::parse(text).expect("a template");
        let labels = Labels::from_pairs([("job", "api")]);
        let empty = Labels::empty();
        let data = Data {
            labels: &labels,
            external_labels: &empty,
            external_url: "",
            value,
            histogram: None,
            time: 0,
        };
        let mut ways = Vec::new();
        let mut see = |span: firedrill_source::Span, taken: bool| {
            ways.push(format!("{} {taken}", span.slice(text).trim()));
        };
        let traced = template.expand_seen(&data, &mut NoQueries, &mut see);
        assert_eq!(traced.ok(), template.expand(&data, &mut NoQueries).ok());
        ways
    }

    #[test]
    fn each_way_is_seen_where_it_is_gone() {
        let text =
            "{{ if gt $value 5.0 }}a{{ else if gt $value 3.0 }}b{{ end }}{{ with $labels.gone }}x{{ end }}";
        assert_eq!(ways(text, 9.0), ["gt $value 5.0 true", "$labels.gone false"]);
        assert_eq!(
            ways(text, 1.0),
            ["gt $value 5.0 false", "gt $value 3.0 false", "$labels.gone false"]
        );
        let text = "{{ range $labels }}x{{ end }}{{ range query \"up\" }}x{{ else }}y{{ end }}";
        assert_eq!(ways(text, 1.0), ["$labels true", "query \"up\" false"]);
    }

    #[test]
    fn branches_are_listed_with_those_of_defined_templates() {
        let text =
            "{{ define \"t\" }}{{ if . }}{{ end }}{{ end }}{{ range $labels }}{{ with . }}{{ end }}{{ end }}";
        let found = Template::parse(text).expect("a template").branches();
        let shown: Vec<_> = found
            .iter()
            .map(|it| (it.kind.keyword(), it.span.slice(text).trim()))
            .collect();
        assert_eq!(shown, [("if", "."), ("range", "$labels"), ("with", ".")]);
        assert!(
            Template::parse("plain")
                .expect("a template")
                .branches()
                .is_empty()
        );
    }
}
