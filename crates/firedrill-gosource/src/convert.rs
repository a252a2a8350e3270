//! From tree-sitter's tree to what matters of a file.

use crate::syntax::{Binding, FieldBinding, File, Function, FunctionId, Of, Site, Value, ValueId};
use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::LazyLock;
use tree_sitter::{Language, Node, Parser};

/// Deeper nesting than anybody writes is not followed.
const MAX_DEPTH: usize = 200;

/// Reads a Go file. `name` is its path, which says to which package it belongs; a text that is no Go gives little.
pub fn read<'t>(name: &'t str, text: &'t str) -> File<'t> {
    let mut converter = Converter {
        text,
        at: 0,
        block: (0, u32::MAX),
        file: File {
            name,
            ..File::default()
        },
    };
    let tree = PARSER.with_borrow_mut(|parser| {
        parser.set_language(&tree_sitter_go::LANGUAGE.into()).ok()?;
        parser.parse(text, None)
    });
    if let Some(tree) = tree {
        converter.walk(tree.root_node(), None, 0);
    }
    converter.file
}

/// What the grammar calls its fields, as numbers: to look for the names costs more than to look for the fields.
struct Fields {
    arguments: u16,
    body: u16,
    element: u16,
    field: u16,
    function: u16,
    index: u16,
    left: u16,
    name: u16,
    operand: u16,
    operator: u16,
    parameters: u16,
    path: u16,
    receiver: u16,
    right: u16,
    type_: u16,
    value: u16,
}

static FIELDS: LazyLock<Fields> = LazyLock::new(|| {
    let language = Language::from(tree_sitter_go::LANGUAGE);
    let id = |name: &str| language.field_id_for_name(name).map_or(0, u16::from);
    Fields {
        arguments: id("arguments"),
        body: id("body"),
        element: id("element"),
        field: id("field"),
        function: id("function"),
        index: id("index"),
        left: id("left"),
        name: id("name"),
        operand: id("operand"),
        operator: id("operator"),
        parameters: id("parameters"),
        path: id("path"),
        receiver: id("receiver"),
        right: id("right"),
        type_: id("type"),
        value: id("value"),
    }
});

thread_local! {
    static PARSER: RefCell<Parser> = RefCell::new(Parser::new());
}

struct Converter<'t> {
    text: &'t str,
    /// Where the value that is being read begins.
    at: u32,
    /// The innermost block.
    block: (u32, u32),
    file: File<'t>,
}

impl<'t> Converter<'t> {
    fn text(&self, node: Node<'_>) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or("")
    }

    fn add(&mut self, value: Value<'t>) -> ValueId {
        let id = ValueId(u32::try_from(self.file.values.len()).unwrap_or(u32::MAX));
        self.file.values.push(value);
        self.file.offsets.push(self.at);
        id
    }

    fn site(&self, declares: bool) -> Site {
        Site {
            at: self.at,
            block: self.block,
            declares,
        }
    }

    /// Declarations and statements.
    fn walk(&mut self, node: Node<'_>, function: Option<FunctionId>, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        self.at = offset(node.start_byte());
        if opens_block(node.kind()) {
            let outer = self.block;
            self.block = (offset(node.start_byte()), offset(node.end_byte()));
            for child in named(node) {
                self.walk(child, function, depth + 1);
            }
            self.block = outer;
            return;
        }
        match node.kind() {
            "import_spec" => self.import(node),
            "type_spec" => self.type_spec(node),
            "const_spec" | "var_spec" => {
                let names: Vec<&'t str> = named(node)
                    .into_iter()
                    .filter(|child| child.kind() == "identifier")
                    .map(|child| self.text(child))
                    .collect();
                let values = node
                    .child_by_field_id(FIELDS.value)
                    .map(items)
                    .unwrap_or_default();
                for (name, value) in names.into_iter().zip(values) {
                    let value = self.value(value, function, depth + 1);
                    let site = self.site(true);
                    self.file.bindings.push(Binding {
                        name,
                        function,
                        value,
                        site,
                    });
                }
            }
            "function_declaration" | "method_declaration" => {
                self.function(node, function, depth);
            }
            "short_var_declaration" | "assignment_statement" => self.assignment(node, function, depth),
            "range_clause" => {
                let (Some(left), Some(right)) = (
                    node.child_by_field_id(FIELDS.left),
                    node.child_by_field_id(FIELDS.right),
                ) else {
                    return;
                };
                let list = self.value(right, function, depth + 1);
                for (index, name) in items(left).into_iter().enumerate() {
                    let value = match index {
                        1 => Value::Element(list, None),
                        _ => Value::Unknown,
                    };
                    let value = self.add(value);
                    self.bind(name, value, function, depth, true);
                }
            }
            "return_statement" => {
                let results = named(node).into_iter().next().map(items).unwrap_or_default();
                for (index, result) in results.into_iter().enumerate() {
                    let value = self.value(result, function, depth + 1);
                    if let (0, Some(FunctionId(id))) = (index, function)
                        && let Some(function) = self.file.functions.get_mut(id as usize)
                    {
                        function.returns.push(value);
                    }
                }
            }
            "expression_statement" | "send_statement" | "go_statement" | "defer_statement" => {
                for child in named(node) {
                    self.value(child, function, depth + 1);
                }
            }
            kind if is_expression(kind) => {
                self.value(node, function, depth + 1);
            }
            _ => {
                for child in named(node) {
                    self.walk(child, function, depth + 1);
                }
            }
        }
    }

    fn import(&mut self, node: Node<'_>) {
        let Some(path) = node.child_by_field_id(FIELDS.path) else {
            return;
        };
        let path = self.text(path).trim_matches(['"', '`']);
        let alias = match node.child_by_field_id(FIELDS.name) {
            Some(name) => self.text(name),
            None => {
                let last = path.rsplit('/').next().unwrap_or(path);
                // A version is no name.
                let version =
                    last.len() > 1 && last.starts_with('v') && last[1..].bytes().all(|b| b.is_ascii_digit());
                if version {
                    path.rsplit('/').nth(1).unwrap_or(last)
                } else {
                    last
                }
            }
        };
        self.file.imports.insert(alias, Cow::Borrowed(path));
    }

    fn type_spec(&mut self, node: Node<'_>) {
        let (Some(name), Some(body)) = (
            node.child_by_field_id(FIELDS.name),
            node.child_by_field_id(FIELDS.type_),
        ) else {
            return;
        };
        if body.kind() != "struct_type" {
            return;
        }
        let mut fields = Vec::new();
        for list in named(body) {
            for field in named(list) {
                let names: Vec<&'t str> = named(field)
                    .into_iter()
                    .filter(|child| child.kind() == "field_identifier")
                    .map(|child| self.text(child))
                    .collect();
                let type_name = field
                    .child_by_field_id(FIELDS.type_)
                    .map_or("", |it| last_word(self.text(it)));
                if names.is_empty() {
                    // An embedded struct counts as one field of its own name.
                    fields.push((type_name, type_name));
                }
                fields.extend(names.into_iter().map(|name| (name, type_name)));
            }
        }
        self.file.structs.insert(self.text(name), fields);
    }

    fn function(&mut self, node: Node<'_>, parent: Option<FunctionId>, depth: usize) -> FunctionId {
        let parameters = |node: Option<Node<'_>>| -> Vec<(&'t str, &'t str)> {
            let mut found = Vec::new();
            for declaration in node.map(named).unwrap_or_default() {
                let type_name = declaration
                    .child_by_field_id(FIELDS.type_)
                    .map_or("", |it| last_word(self.text(it)));
                let names: Vec<Node<'_>> = named(declaration)
                    .into_iter()
                    .filter(|child| child.kind() == "identifier")
                    .collect();
                if names.is_empty() {
                    found.push(("_", type_name));
                }
                found.extend(names.into_iter().map(|name| (self.text(name), type_name)));
            }
            found
        };
        let function = Function {
            name: node.child_by_field_id(FIELDS.name).map_or("", |it| self.text(it)),
            parameters: parameters(node.child_by_field_id(FIELDS.parameters)),
            receiver: parameters(node.child_by_field_id(FIELDS.receiver))
                .into_iter()
                .next(),
            parent,
            returns: Vec::new(),
        };
        let id = FunctionId(u32::try_from(self.file.functions.len()).unwrap_or(u32::MAX));
        self.file.functions.push(function);
        if let Some(body) = node.child_by_field_id(FIELDS.body) {
            self.walk(body, Some(id), depth + 1);
        }
        id
    }

    fn assignment(&mut self, node: Node<'_>, function: Option<FunctionId>, depth: usize) {
        let (Some(left), Some(right)) = (
            node.child_by_field_id(FIELDS.left),
            node.child_by_field_id(FIELDS.right),
        ) else {
            return;
        };
        let added = node
            .child_by_field_id(FIELDS.operator)
            .is_some_and(|operator| !matches!(self.text(operator), "=" | ":="));
        let declares = node.kind() == "short_var_declaration";
        let (targets, values) = (items(left), items(right));
        let one_of_many = values.len() < targets.len();
        let values: Vec<ValueId> = values
            .into_iter()
            .map(|value| self.value(value, function, depth + 1))
            .collect();
        for (index, target) in targets.into_iter().enumerate() {
            // `x, err := f()`: the first result is the call's.
            let value = match values.get(index) {
                Some(value) if !added && (!one_of_many || index == 0) => *value,
                _ => self.add(Value::Unknown),
            };
            self.at = offset(node.start_byte());
            self.bind(target, value, function, depth, declares);
        }
    }

    /// Notes that a place holds a value.
    fn bind(
        &mut self,
        target: Node<'_>,
        value: ValueId,
        function: Option<FunctionId>,
        depth: usize,
        declares: bool,
    ) {
        match target.kind() {
            "identifier" => {
                let name = self.text(target);
                if name != "_" {
                    let site = self.site(declares);
                    self.file.bindings.push(Binding {
                        name,
                        function,
                        value,
                        site,
                    });
                }
            }
            "selector_expression" => {
                let (Some(base), Some(field)) = (
                    target.child_by_field_id(FIELDS.operand),
                    target.child_by_field_id(FIELDS.field),
                ) else {
                    return;
                };
                let base = self.value(base, function, depth + 1);
                self.file.fields.push(FieldBinding {
                    of: Of::Value(base),
                    field: self.text(field),
                    function,
                    value,
                });
            }
            "index_expression" => {
                // An element of a list or map becomes one more thing that the list or map may hold.
                let key = target
                    .child_by_field_id(FIELDS.index)
                    .map(|key| self.value(key, function, depth + 1));
                let list = self.add(Value::Literal {
                    type_name: "",
                    parts: vec![(key, value)],
                    collection: true,
                });
                if let Some(base) = target.child_by_field_id(FIELDS.operand) {
                    self.bind(base, list, function, depth + 1, false);
                }
            }
            _ => {}
        }
    }

    /// A value. Calls and literals inside are noted on the way.
    fn value(&mut self, node: Node<'_>, function: Option<FunctionId>, depth: usize) -> ValueId {
        self.at = offset(node.start_byte());
        if depth > MAX_DEPTH {
            return self.add(Value::Unknown);
        }
        let field = |id: u16| node.child_by_field_id(id);
        let value = match node.kind() {
            "interpreted_string_literal" | "raw_string_literal" => Value::Text(string(self.text(node))),
            "int_literal" | "float_literal" => match number(self.text(node)) {
                Some(number) => Value::Number(number),
                None => Value::Unknown,
            },
            "nil" => Value::Nil,
            "identifier" | "field_identifier" | "package_identifier" | "type_identifier" => {
                Value::Name(self.text(node))
            }
            "selector_expression" => match (field(FIELDS.operand), field(FIELDS.field)) {
                (Some(operand), Some(name)) => {
                    let base = self.value(operand, function, depth + 1);
                    Value::Field(base, self.text(name))
                }
                _ => Value::Unknown,
            },
            "index_expression" => match field(FIELDS.operand) {
                Some(operand) => {
                    let base = self.value(operand, function, depth + 1);
                    let key = field(FIELDS.index).map(|key| self.value(key, function, depth + 1));
                    Value::Element(base, key)
                }
                None => Value::Unknown,
            },
            "parenthesized_expression" | "literal_element" => {
                if let Some(inner) = named(node).into_iter().next() {
                    return self.value(inner, function, depth + 1);
                }
                Value::Unknown
            }
            "unary_expression" => match (
                field(FIELDS.operand),
                field(FIELDS.operator).map(|it| self.text(it)),
            ) {
                (Some(operand), Some("&" | "*" | "+")) => return self.value(operand, function, depth + 1),
                (Some(operand), Some("-")) => {
                    let zero = self.add(Value::Number(0.0));
                    let operand = self.value(operand, function, depth + 1);
                    Value::Binary(b'-', zero, operand)
                }
                _ => Value::Unknown,
            },
            "binary_expression" => {
                let (Some(left), Some(right), Some(operator)) =
                    (field(FIELDS.left), field(FIELDS.right), field(FIELDS.operator))
                else {
                    return self.add(Value::Unknown);
                };
                let operator = self.text(operator).bytes().next().unwrap_or(b'?');
                let left = self.value(left, function, depth + 1);
                let right = self.value(right, function, depth + 1);
                Value::Binary(operator, left, right)
            }
            "call_expression" => return self.call(node, function, depth),
            "composite_literal" => {
                let (Some(type_node), Some(body)) = (field(FIELDS.type_), field(FIELDS.body)) else {
                    return self.add(Value::Unknown);
                };
                let element = match type_node.kind() {
                    "slice_type" | "array_type" | "implicit_length_array_type" => {
                        type_node.child_by_field_id(FIELDS.element)
                    }
                    "map_type" => type_node.child_by_field_id(FIELDS.value),
                    _ => None,
                };
                let of = match element {
                    Some(element) => (true, last_word(self.text(element))),
                    None => (false, last_word(self.text(type_node))),
                };
                return self.literal(body, of, function, depth + 1);
            }
            "literal_value" => return self.literal(node, (false, ""), function, depth + 1),
            "func_literal" => Value::Function(self.function(node, function, depth + 1)),
            _ => {
                for child in named(node) {
                    self.walk(child, function, depth + 1);
                }
                Value::Unknown
            }
        };
        self.add(value)
    }

    fn call(&mut self, node: Node<'_>, function: Option<FunctionId>, depth: usize) -> ValueId {
        let (Some(callee), Some(arguments)) = (
            node.child_by_field_id(FIELDS.function),
            node.child_by_field_id(FIELDS.arguments),
        ) else {
            return self.add(Value::Unknown);
        };
        let callee = self.value(callee, function, depth + 1);
        let args = named(arguments)
            .into_iter()
            .map(|argument| self.value(argument, function, depth + 1))
            .collect();
        let line = u32::try_from(node.start_position().row + 1).unwrap_or(u32::MAX);
        let call = self.add(Value::Call { callee, args, line });
        self.file.calls.push((call, function));
        call
    }

    /// The body of a composite literal. `of` says whether it is a list or map, and the type of it or of its elements.
    fn literal(
        &mut self,
        body: Node<'_>,
        (collection, type_name): (bool, &'t str),
        function: Option<FunctionId>,
        depth: usize,
    ) -> ValueId {
        if depth > MAX_DEPTH {
            return self.add(Value::Unknown);
        }
        let mut parts = Vec::new();
        for part in named(body) {
            let (key, value) = match part.kind() {
                "keyed_element" => {
                    let both = named(part);
                    match both.as_slice() {
                        [key, value] => (Some(*key), *value),
                        _ => continue,
                    }
                }
                "comment" => continue,
                _ => (None, part),
            };
            let key = key.map(|key| self.value(key, function, depth + 1));
            let value = self.part(value, collection.then_some(type_name), function, depth + 1);
            parts.push((key, value));
        }
        if !collection && !type_name.is_empty() {
            for (index, (key, value)) in parts.iter().enumerate() {
                let field = match key.and_then(|key| self.file.values.get(key.0 as usize)) {
                    Some(Value::Name(name)) => Some(*name),
                    Some(_) => None,
                    None => None.or_else(|| Some(self.file.structs.get(type_name)?.get(index)?.0)),
                };
                if let Some(field) = field {
                    self.file.fields.push(FieldBinding {
                        of: Of::Type(type_name),
                        field,
                        function,
                        value: *value,
                    });
                }
            }
        }
        let literal = self.add(Value::Literal {
            type_name,
            parts,
            collection,
        });
        self.file.literals.push((literal, function));
        literal
    }

    /// A part of a literal; `{…}` without a type is of the type of the elements around it.
    fn part(
        &mut self,
        node: Node<'_>,
        element: Option<&'t str>,
        function: Option<FunctionId>,
        depth: usize,
    ) -> ValueId {
        let inner = match node.kind() {
            "literal_element" => named(node).into_iter().next().unwrap_or(node),
            _ => node,
        };
        match (inner.kind(), element) {
            ("literal_value", Some(type_name)) => self.literal(inner, (false, type_name), function, depth),
            _ => self.value(inner, function, depth),
        }
    }
}

fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

fn opens_block(kind: &str) -> bool {
    matches!(
        kind,
        "block"
            | "if_statement"
            | "for_statement"
            | "expression_switch_statement"
            | "type_switch_statement"
            | "expression_case"
            | "default_case"
            | "type_case"
            | "communication_case"
    )
}

fn is_expression(kind: &str) -> bool {
    matches!(
        kind,
        "call_expression"
            | "composite_literal"
            | "func_literal"
            | "selector_expression"
            | "binary_expression"
            | "unary_expression"
            | "index_expression"
            | "parenthesized_expression"
    )
}

fn named(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor)
        .filter(|child| child.kind() != "comment")
        .collect()
}

/// The members of a list of expressions, or the expression alone.
fn items(node: Node<'_>) -> Vec<Node<'_>> {
    if node.kind() == "expression_list" {
        named(node)
    } else {
        vec![node]
    }
}

/// `*pkg.Type[X]` as `Type`.
fn last_word(text: &str) -> &str {
    let text = match text.rsplit_once(']') {
        Some((before, after)) if !before.contains('{') && !after.is_empty() => after,
        _ => text,
    };
    let text = text.trim_start_matches(['*', '[', ']', '.', '&']);
    let text = text.split(['[', '{', ' ', '\n']).next().unwrap_or(text);
    text.rsplit('.').next().unwrap_or(text)
}

/// The value of a string literal.
fn string(literal: &str) -> Cow<'_, str> {
    if let Some(raw) = literal.strip_prefix('`') {
        return Cow::Borrowed(raw.trim_end_matches('`'));
    }
    let inner = literal
        .strip_prefix('"')
        .and_then(|it| it.strip_suffix('"'))
        .unwrap_or(literal);
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut out = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some(other) => out.push(other),
                None => {}
            },
            other => out.push(other),
        }
    }
    Cow::Owned(out)
}

fn number(literal: &str) -> Option<f64> {
    let plain = literal.replace('_', "");
    match plain.strip_prefix("0x").or_else(|| plain.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok().map(|it| it as f64),
        None => plain.parse().ok(),
    }
}
