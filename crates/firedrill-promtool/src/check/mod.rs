//! `promtool check rules`: the errors of a rule file, word for word as promtool 3.14 prints them.
//!
//! This is a second reader beside the one of `firedrill-model`: it keeps go-yaml's order, its line numbers and its habit
//! of giving up early, where the other one reports everything at its place. Both agree on what is accepted.

mod decode;
mod duplicates;
mod places;
mod types;
mod validate;

use decode::{Decoder, Failure};
use firedrill_promql::Features;
use firedrill_yaml::{Tree, Version};
use places::Places;
use std::borrow::Cow;

/// Flags that change the verdict.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// `--ignore-unknown-fields`
    pub ignore_unknown_fields: bool,
    /// `--enable-feature`
    pub features: Features,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            ignore_unknown_fields: false,
            features: Features::promtool_default(),
        }
    }
}

/// What promtool says of a rule file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedRules {
    /// How many rules it has, or the errors in order, each with the file's name in front.
    pub result: Result<usize, Vec<String>>,
    /// Whether promtool logs that it reads only the first document.
    pub multiple_documents: bool,
    /// The text of the `duplicate-rules` lint, if it finds anything.
    pub duplicates: Option<String>,
}

/// Checks the bytes of a rule file. `prefix` goes before every error: `path: `, or nothing for standard input.
pub fn check_rules(prefix: &str, bytes: &[u8], options: &Options) -> CheckedRules {
    let mut checked = CheckedRules {
        result: Ok(0),
        multiple_documents: false,
        duplicates: None,
    };
    let failed = |errors: Vec<String>| Err(errors.iter().map(|error| format!("{prefix}{error}")).collect());
    let text = match readable_text(bytes) {
        Ok(text) => text,
        Err(error) => {
            checked.multiple_documents = true;
            checked.result = failed(vec![error.clone(), error]);
            return checked;
        }
    };
    let tree = firedrill_yaml::parse(&text);
    let syntax_error = first_syntax_error(&tree, Version::V3);
    checked.multiple_documents = tree.documents().len() > 1 || syntax_error.is_some();
    if let Some(error) = syntax_error {
        checked.result = failed(vec![error.clone(), error]);
        return checked;
    }
    let Some(root) = tree.root(0) else { return checked };
    let places = Places::new(&text);
    let strict = !options.ignore_unknown_fields;
    let typed = Decoder::new(&places, Version::V3, strict).decode(root, &types::RULE_GROUPS);
    // The second decoding gives the positions, and refuses nothing that the first lets pass, save that it counts
    // aliases differently.
    if let Ok(typed) = &typed
        && !tree.has_aliases()
        && validate::is_valid(typed, &options.features)
    {
        checked.result = Ok(validate::count_rules(typed));
        checked.duplicates = duplicates::lint(typed);
        return checked;
    }
    let nodes = Decoder::new(&places, Version::V3, false).decode(root, &types::RULE_GROUPS_WITH_NODES);
    let (typed, nodes) = match (typed, nodes) {
        (Ok(typed), Ok(nodes)) => (typed, nodes),
        (typed, nodes) => {
            let errors = [typed.err(), nodes.err()];
            checked.result = failed(errors.iter().flatten().map(Failure::to_string).collect());
            return checked;
        }
    };
    let errors = validate::validate(&typed, &nodes, &places, &options.features);
    if errors.is_empty() {
        checked.result = Ok(validate::count_rules(&typed));
        checked.duplicates = duplicates::lint(&typed);
    } else {
        checked.result = failed(errors);
    }
    checked
}

/// The error that promtool prints when it cannot decode a unit-test file; `None` if it can.
pub fn test_file_error(bytes: &[u8]) -> Option<String> {
    let text = match readable_text(bytes) {
        Ok(text) => text,
        Err(error) => return Some(error),
    };
    let tree = firedrill_yaml::parse(&text);
    if let Some(error) = first_syntax_error(&tree, Version::V2) {
        return Some(error);
    }
    let root = tree.root(0)?;
    let decoded = Decoder::new(&Places::new(&text), Version::V2, true).decode(root, &types::UNIT_TEST_FILE);
    decoded.err().map(|failure| failure.to_string())
}

/// The text of a file, or go-yaml's complaint about its bytes. A syntax error well before the first bad byte comes
/// first, because go-yaml reads in pieces.
fn readable_text(bytes: &[u8]) -> Result<Cow<'_, str>, String> {
    let error = match firedrill_yaml::decode(bytes) {
        Ok(text) => return Ok(text),
        Err(error) => error,
    };
    let tree = firedrill_yaml::parse(&error.before);
    let earlier = tree
        .errors()
        .iter()
        .find(|problem| problem.document == 0 && problem.offset + 512 < error.offset);
    match earlier {
        Some(problem) => Err(format!(
            "yaml: {}",
            problem.upstream.text(Version::V3).unwrap_or_default()
        )),
        None => Err(format!("yaml: {}", error.message)),
    }
}

/// go-yaml's words for what is wrong with the first document.
fn first_syntax_error(tree: &Tree<'_>, version: Version) -> Option<String> {
    let first = tree
        .errors()
        .iter()
        .filter(|error| error.document == 0)
        .find_map(|error| error.upstream.text(version))?;
    Some(format!("yaml: {first}"))
}
