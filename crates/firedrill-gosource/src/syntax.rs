//! What matters of a Go file: values, where they are bound to names and fields, and calls.

use rustc_hash::FxHashMap;
use std::borrow::Cow;

/// A Go file after reading.
#[derive(Debug, Default)]
pub struct File<'t> {
    /// Its name, with `/` between folders.
    pub(crate) name: &'t str,
    /// Import paths by the name under which the file knows them.
    pub(crate) imports: FxHashMap<&'t str, Cow<'t, str>>,
    /// All values.
    pub(crate) values: Vec<Value<'t>>,
    /// Where each value stands, in bytes.
    pub(crate) offsets: Vec<u32>,
    /// Functions, methods and function literals.
    pub(crate) functions: Vec<Function<'t>>,
    /// Names and what they are bound to.
    pub(crate) bindings: Vec<Binding<'t>>,
    /// Fields of structs and what they are set to.
    pub(crate) fields: Vec<FieldBinding<'t>>,
    /// Names of the fields of each struct type with the last word of their types, in order.
    pub(crate) structs: FxHashMap<&'t str, Vec<(&'t str, &'t str)>>,
    /// Calls, with the function in which they stand.
    pub(crate) calls: Vec<(ValueId, Option<FunctionId>)>,
    /// Composite literals, with the function in which they stand.
    pub(crate) literals: Vec<(ValueId, Option<FunctionId>)>,
}

/// A value of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ValueId(pub(crate) u32);

/// A function of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FunctionId(pub(crate) u32);

/// A value as far as it can be understood.
#[derive(Debug)]
pub(crate) enum Value<'t> {
    /// A text.
    Text(Cow<'t, str>),
    /// A number.
    Number(f64),
    /// `nil`
    Nil,
    /// An identifier.
    Name(&'t str),
    /// `base.name`
    Field(ValueId, &'t str),
    /// `base[key]`, or without a key the element of a loop over `base`.
    Element(ValueId, Option<ValueId>),
    /// `a + b`, and other operators on numbers.
    Binary(u8, ValueId, ValueId),
    /// A call.
    Call {
        /// What is called.
        callee: ValueId,
        /// With what.
        args: Vec<ValueId>,
        /// Line, from 1.
        line: u32,
    },
    /// `T{…}`
    Literal {
        /// The last word of the type; empty where it follows from what is around.
        type_name: &'t str,
        /// The parts, with their keys where given.
        parts: Vec<(Option<ValueId>, ValueId)>,
        /// Whether it is a list or a map rather than a struct.
        collection: bool,
    },
    /// A function literal.
    Function(FunctionId),
    /// Anything else.
    Unknown,
}

/// A function, method or function literal.
#[derive(Debug)]
pub(crate) struct Function<'t> {
    /// Its name; empty for literals.
    pub(crate) name: &'t str,
    /// Names and types (last word) of its parameters.
    pub(crate) parameters: Vec<(&'t str, &'t str)>,
    /// Name and type of the receiver.
    pub(crate) receiver: Option<(&'t str, &'t str)>,
    /// The function around it.
    pub(crate) parent: Option<FunctionId>,
    /// What it returns first, at each `return`.
    pub(crate) returns: Vec<ValueId>,
}

/// A name that is given a value.
#[derive(Debug)]
pub(crate) struct Binding<'t> {
    pub(crate) name: &'t str,
    /// The function in which it is known; `None` is the package.
    pub(crate) function: Option<FunctionId>,
    pub(crate) value: ValueId,
    /// Where in the function.
    pub(crate) site: Site,
}

/// Where a name is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    /// In bytes.
    pub(crate) at: u32,
    /// First and last byte of the innermost block around it.
    pub(crate) block: (u32, u32),
    /// Whether a new name comes into being there, rather than an old one getting a new value.
    pub(crate) declares: bool,
}

/// A field that is given a value.
#[derive(Debug)]
pub(crate) struct FieldBinding<'t> {
    /// The struct, where it is written there.
    pub(crate) of: Of<'t>,
    pub(crate) field: &'t str,
    pub(crate) function: Option<FunctionId>,
    pub(crate) value: ValueId,
}

/// Whose field it is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Of<'t> {
    /// A type of that name.
    Type(&'t str),
    /// The type of a value.
    Value(ValueId),
}
