//! Go's expansion of replacement templates: `$1`, `$name`, `${name}`, `$$`.

use regex::bytes::Captures;

/// Appends the template with the groups of a match filled in. What is no reference is copied as it stands.
pub(crate) fn expand(
    out: &mut Vec<u8>,
    template: &str,
    captures: &Captures<'_>,
    group_names: &[Option<String>],
) {
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        out.extend_from_slice(before.as_bytes());
        if let Some(after) = after.strip_prefix('$') {
            out.push(b'$');
            rest = after;
        } else if let Some((name, after)) = reference(after) {
            if let Some(group) = group(name, captures, group_names) {
                out.extend_from_slice(group);
            }
            rest = after;
        } else {
            out.push(b'$');
            rest = after;
        }
    }
    out.extend_from_slice(rest.as_bytes());
}

/// The name after a dollar and what follows it. Without braces it is as long as it can be.
fn reference(text: &str) -> Option<(&str, &str)> {
    let (braced, text) = text
        .strip_prefix('{')
        .map_or((false, text), |inner| (true, inner));
    let end = text
        .find(|c: char| !(c.is_alphabetic() || c.is_numeric() || c == '_'))
        .unwrap_or(text.len());
    if end == 0 {
        return None;
    }
    let (name, rest) = text.split_at(end);
    if braced {
        rest.strip_prefix('}').map(|rest| (name, rest))
    } else {
        Some((name, rest))
    }
}

fn group<'t>(name: &str, captures: &Captures<'t>, group_names: &[Option<String>]) -> Option<&'t [u8]> {
    let is_number = name.bytes().all(|b| b.is_ascii_digit()) && (name.len() == 1 || !name.starts_with('0'));
    if is_number && let Ok(index) = name.parse::<usize>() {
        return captures.get(index).map(|group| group.as_bytes());
    }
    // Of groups with the same name the first that took part counts.
    group_names
        .iter()
        .enumerate()
        .filter(|(_, group_name)| group_name.as_deref() == Some(name))
        .find_map(|(index, _)| captures.get(index).map(|group| group.as_bytes()))
}
