//! The repair of a comment that is of no use: to remove it, or the part that is not needed.

use super::written::{Place, Written};
use firedrill_model::{Order, Target};
use firedrill_source::{Edit, Fix, Safety, Span};

/// Removes targets from an order, and the whole comment with the last of them. `None` where that is more than to cut a
/// text out: annotations, and expressions whose comment ends with a quote.
pub(super) fn removal(written: &Written<'_>, order: &Order, dropped: &[&Target], text: &str) -> Option<Fix> {
    let whole = written.place.locate(text, written.all());
    match written.place {
        Place::Comment { .. } => {}
        // Written as decoded, up to the end of a line: then the line can go.
        Place::Expression { scalar, start, .. } => {
            let as_decoded = scalar.text.get(start..start + whole.len()) == Some(whole.slice(text));
            let rest = text.get(whole.end as usize..)?;
            let ends = rest.trim_start_matches([' ', '\t']);
            if !as_decoded || !(ends.is_empty() || ends.starts_with(['\n', '\r'])) {
                return None;
            }
        }
        Place::Annotation { .. } | Place::Metadata { .. } => return None,
    }
    let kept: Vec<&Target> = order
        .targets
        .iter()
        .filter(|target| !dropped.contains(target))
        .collect();
    let (title, edit) = if kept.is_empty() {
        let span = line_or_rest(whole, text);
        let replacement = String::new();
        ("remove the comment", Edit { span, replacement })
    } else {
        let (first, last) = (order.targets.first()?, order.targets.last()?);
        let span = written.place.locate(text, first.span.to(last.span));
        let of_comment = whole.slice(text);
        let kept: Vec<&str> = kept.iter().map(|target| target.span.slice(of_comment)).collect();
        let replacement = kept.join(", ");
        ("remove what is not needed", Edit { span, replacement })
    };
    Some(Fix {
        title: title.to_owned(),
        edits: vec![edit],
        safety: Safety::Safe,
    })
}

/// All of the line if the comment has it for itself, else the comment with the blanks before it.
fn line_or_rest(comment: Span, text: &str) -> Span {
    let before = text.get(..comment.start as usize).unwrap_or_default();
    let after = text.get(comment.end as usize..).unwrap_or_default();
    let blanks = after.len() - after.trim_start_matches([' ', '\t']).len();
    let end = comment.end as usize + blanks;
    let content = before.trim_end_matches([' ', '\t']);
    if !content.is_empty() && !content.ends_with(['\n', '\r']) {
        return Span::new(content.len(), end);
    }
    let rest = text.get(end..).unwrap_or_default();
    let line_end = match rest.as_bytes() {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    };
    Span::new(content.len(), end + line_end)
}
