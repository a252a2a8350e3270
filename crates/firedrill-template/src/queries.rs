//! What a template asks for through `query`, as far as that can be told without running it.

use crate::ast::{Branch, Command, Node, Operand, OperandKind, Pipe, Tree};

/// What stands in a query for a text that is only known when the template runs.
pub const HOLE: &str = "firedrill_hole";

/// The expressions of all calls of `query`: literal, or a `printf` with a literal format, where texts are replaced by
/// [`HOLE`] and numbers by `1`. `None` if an expression is made in another way.
pub(crate) fn collect(tree: &Tree) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let known = list(&tree.root, &mut found) && tree.defines.values().all(|nodes| list(nodes, &mut found));
    known.then_some(found)
}

fn list(nodes: &[Node], found: &mut Vec<String>) -> bool {
    nodes.iter().all(|node| match node {
        Node::Text(_) | Node::Break | Node::Continue => true,
        Node::Action(action) => pipe(action, found),
        Node::If(it) | Node::Range(it) | Node::With(it) => branch(it, found),
        Node::Template { pipe: data, .. } => data.as_ref().is_none_or(|data| pipe(data, found)),
    })
}

fn branch(branch: &Branch, found: &mut Vec<String>) -> bool {
    pipe(&branch.pipe, found)
        && list(&branch.list, found)
        && branch.otherwise.as_ref().is_none_or(|nodes| list(nodes, found))
}

/// Goes through a pipe; false where an expression is not known.
fn pipe(pipe: &Pipe, found: &mut Vec<String>) -> bool {
    pipe.commands.iter().enumerate().all(|(at, command)| {
        let before = at.checked_sub(1).and_then(|before| pipe.commands.get(before));
        self::command(command, before, found)
    })
}

fn command(command: &Command, before: Option<&Command>, found: &mut Vec<String>) -> bool {
    let Some((first, rest)) = command.args.split_first() else {
        return true;
    };
    if !is(first, "query") {
        return command.args.iter().all(|arg| operand(arg, found));
    }
    let text = match (rest, before) {
        ([argument], None) => operand_text(argument),
        ([], Some(before)) => command_text(before),
        _ => None,
    };
    let known = text.is_some();
    found.extend(text);
    known && rest.iter().all(|arg| operand(arg, found))
}

fn operand(operand: &Operand, found: &mut Vec<String>) -> bool {
    match &operand.kind {
        // Only as the head of a command is it called with what it needs.
        OperandKind::Function(name) => name != "query",
        OperandKind::Pipe(inner) => pipe(inner, found),
        OperandKind::Chain(inner, _) => self::operand(inner, found),
        _ => true,
    }
}

fn is(operand: &Operand, function: &str) -> bool {
    matches!(&operand.kind, OperandKind::Function(name) if name == function)
}

/// The text that an operand evaluates to, with holes.
fn operand_text(operand: &Operand) -> Option<String> {
    match &operand.kind {
        OperandKind::String { value, .. } => Some(value.to_string()),
        OperandKind::Pipe(inner) => match inner.commands.as_slice() {
            [only] if inner.variables.is_empty() => command_text(only),
            _ => None,
        },
        _ => None,
    }
}

fn command_text(command: &Command) -> Option<String> {
    match command.args.as_slice() {
        [only] => operand_text(only),
        [first, format, ..] if is(first, "printf") => match &format.kind {
            OperandKind::String { value, .. } => filled(value),
            _ => None,
        },
        _ => None,
    }
}

/// A format with holes for its verbs; `None` for verbs that may print anything.
fn filled(format: &str) -> Option<String> {
    let mut text = String::new();
    let mut rest = format.chars();
    while let Some(next) = rest.next() {
        if next != '%' {
            text.push(next);
            continue;
        }
        let verb = rest.by_ref().find(|it| !"+-# .0123456789".contains(*it))?;
        match verb {
            '%' => text.push('%'),
            's' | 'v' => text.push_str(HOLE),
            'q' => {
                text.push('"');
                text.push_str(HOLE);
                text.push('"');
            }
            'd' | 'f' | 'e' | 'g' => text.push('1'),
            _ => return None,
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use crate::Template;

    #[track_caller]
    fn queries(text: &str, expected: Option<&[&str]>) {
        let found = Template::parse(text).unwrap().queries();
        let expected = expected.map(|list| list.iter().map(|it| (*it).to_owned()).collect());
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn expressions_are_told_with_holes() {
        queries("plain", Some(&[]));
        queries(r#"{{ query "up" | first | value }}"#, Some(&["up"]));
        queries(
            r#"{{ range "a" | query }}{{ end }}{{ (query `b`) }}"#,
            Some(&["a", "b"]),
        );
        queries(
            r#"{{ with printf "up{job='%s',x=%q} > %.2f %% %d" .A .B 1.5 2 | query }}{{ . | first | label "x" }}{{ end }}"#,
            Some(&[r#"up{job='firedrill_hole',x="firedrill_hole"} > 1 % 1"#]),
        );
        queries(
            r#"{{ query (printf "up{a='%v'}" $value) }}"#,
            Some(&["up{a='firedrill_hole'}"]),
        );
        queries(r#"{{ define "x" }}{{ query "c" }}{{ end }}"#, Some(&["c"]));
    }

    #[test]
    fn what_is_made_otherwise_is_unknown() {
        queries(r#"{{ $q := "up" }}{{ query $q }}"#, None);
        queries(r#"{{ print "up" | query }}"#, None);
        queries(r#"{{ printf $labels.format | query }}"#, None);
        queries(r#"{{ printf "%x" 12 | query }}"#, None);
        queries(r#"{{ "a" | printf "%s_total" | toUpper | query }}"#, None);
        queries(r#"{{ if query $labels.q }}{{ end }}"#, None);
    }
}
