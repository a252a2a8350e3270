//! Glob patterns as Go's `filepath.Glob` reads them: `*`, `?`, `[a-z]`, `\`; no `**`.

use std::path::{Component, Path, PathBuf};

/// A pattern that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadPattern;

/// The rule files that a pattern of a test file names, with their paths cleaned: two spellings of one file are one file.
///
/// # Errors
/// If the pattern is malformed.
pub(crate) fn rule_paths(test_file: Option<&Path>, pattern: &str) -> Result<Vec<PathBuf>, BadPattern> {
    let directory = test_file.and_then(Path::parent).unwrap_or(Path::new(""));
    let pattern = if Path::new(pattern).is_absolute() {
        PathBuf::from(pattern)
    } else {
        directory.join(pattern)
    };
    Ok(glob(&pattern)?.iter().map(|path| clean(path)).collect())
}

/// `a/./b/../c` as `a/c`.
fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if out.file_name().is_some() => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// The files that a pattern names, each directory in sorted order. A pattern without magic names itself, if it exists.
///
/// # Errors
/// If the pattern is malformed (Go's "syntax error in pattern").
fn glob(pattern: &Path) -> Result<Vec<PathBuf>, BadPattern> {
    let text = pattern.to_string_lossy();
    matches(&text, "")?;
    Ok(expand(pattern, 0))
}

/// Directories nest no deeper than this in a pattern that makes sense.
const MAX_DEPTH: usize = 100;

fn expand(pattern: &Path, depth: usize) -> Vec<PathBuf> {
    let text = pattern.to_string_lossy();
    if !has_magic(&text) {
        return if std::fs::symlink_metadata(pattern).is_ok() {
            vec![pattern.to_path_buf()]
        } else {
            Vec::new()
        };
    }
    let (Some(name), true) = (pattern.file_name(), depth < MAX_DEPTH) else {
        return Vec::new();
    };
    let parent = pattern.parent().unwrap_or(Path::new(""));
    let directories = if has_magic(&parent.to_string_lossy()) {
        expand(parent, depth + 1)
    } else {
        vec![parent.to_path_buf()]
    };
    let name = name.to_string_lossy();
    let mut found = Vec::new();
    for directory in directories {
        let listed = if directory.as_os_str().is_empty() {
            Path::new(".")
        } else {
            &directory
        };
        let Ok(entries) = std::fs::read_dir(listed) else {
            continue;
        };
        let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
        names.sort();
        found.extend(
            names
                .into_iter()
                .filter(|entry| matches(&name, &entry.to_string_lossy()) == Ok(true))
                .map(|entry| directory.join(entry)),
        );
    }
    found
}

fn has_magic(text: &str) -> bool {
    text.contains(['*', '?', '[', '\\'])
}

/// Whether a name matches a pattern without separators; a pattern is checked to its end either way.
fn matches(pattern: &str, name: &str) -> Result<bool, BadPattern> {
    let pattern: Vec<char> = pattern.chars().collect();
    let tokens = tokens(&pattern)?;
    let name: Vec<char> = name.chars().collect();
    // Positions of the pattern that are alive, from the left: no backtracking, whatever the pattern.
    let mut alive = vec![false; tokens.len() + 1];
    alive[0] = true;
    skip_stars(&tokens, &mut alive);
    for c in name {
        let mut next = vec![false; tokens.len() + 1];
        for (at, token) in tokens.iter().enumerate() {
            if alive[at] {
                match token {
                    Token::Star => next[at] = true,
                    Token::Any => next[at + 1] = true,
                    Token::Char(own) => next[at + 1] |= *own == c,
                    Token::Class { negated, ranges } => {
                        let inside = ranges.iter().any(|(low, high)| (*low..=*high).contains(&c));
                        next[at + 1] |= inside != *negated;
                    }
                }
            }
        }
        skip_stars(&tokens, &mut next);
        alive = next;
    }
    Ok(alive[tokens.len()])
}

fn skip_stars(tokens: &[Token], alive: &mut [bool]) {
    for (at, token) in tokens.iter().enumerate() {
        if alive[at] && matches!(token, Token::Star) {
            alive[at + 1] = true;
        }
    }
}

enum Token {
    Star,
    Any,
    Char(char),
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

fn tokens(pattern: &[char]) -> Result<Vec<Token>, BadPattern> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&c) = pattern.get(at) {
        at += 1;
        tokens.push(match c {
            '*' => Token::Star,
            '?' => Token::Any,
            '\\' => {
                at += 1;
                Token::Char(*pattern.get(at - 1).ok_or(BadPattern)?)
            }
            '[' => {
                let negated = pattern.get(at) == Some(&'^');
                at += usize::from(negated);
                let mut ranges = Vec::new();
                loop {
                    if pattern.get(at) == Some(&']') && !ranges.is_empty() {
                        at += 1;
                        break;
                    }
                    let low = class_char(pattern, &mut at)?;
                    let mut high = low;
                    if pattern.get(at) == Some(&'-') {
                        at += 1;
                        high = class_char(pattern, &mut at)?;
                    }
                    ranges.push((low, high));
                }
                Token::Class { negated, ranges }
            }
            c => Token::Char(c),
        });
    }
    Ok(tokens)
}

fn class_char(pattern: &[char], at: &mut usize) -> Result<char, BadPattern> {
    let mut c = *pattern.get(*at).ok_or(BadPattern)?;
    if c == '-' || c == ']' {
        return Err(BadPattern);
    }
    *at += 1;
    if c == '\\' {
        c = *pattern.get(*at).ok_or(BadPattern)?;
        *at += 1;
    }
    if *at >= pattern.len() {
        Err(BadPattern)
    } else {
        Ok(c)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_go() {
        for (pattern, name, expected) in [
            ("*.yml", "a.yml", true),
            ("*.yml", ".yml", true),
            ("a?c", "abc", true),
            ("[a-c]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("a\\*", "a*", true),
            ("a\\*", "ab", false),
            ("*a*b*", "xxaxxbxx", true),
            ("", "", true),
        ] {
            assert_eq!(matches(pattern, name), Ok(expected), "{pattern} {name}");
        }
        for bad in ["[", "[a", "[]a]", "[-]", "a\\", "[a-]"] {
            assert_eq!(matches(bad, "a"), Err(BadPattern), "{bad}");
        }
    }
}
