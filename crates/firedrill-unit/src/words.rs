//! Pieces of source within sentences.

/// A text on one line of at most that many characters; what is cut off shows as `…`.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most {
        return line;
    }
    line.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn what_is_too_long_is_cut_within_the_length() {
        assert_eq!(one_line(" a\n  b ", 3), "a b");
        assert_eq!(one_line("äbcd", 4), "äbcd");
        assert_eq!(one_line("äbcde", 4), "äbc…");
    }
}
