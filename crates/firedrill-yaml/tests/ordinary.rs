//! The short cut for files of ordinary shape: it declines, or gives the very tree of the general parser.

// The test runner shows what differs.
#![allow(clippy::print_stdout)]

use firedrill_yaml::{decode, parse_general, parse_ordinary};
use proptest::prelude::*;
use std::path::{Path, PathBuf};

/// The folder with recorded data beside the workspace, if it is there.
fn shared() -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path =
        std::env::var_os("FIREDRILL_SHARED").map_or_else(|| workspace.join("../shared"), PathBuf::from);
    if path.is_dir() {
        return Some(path);
    }
    println!("skipped: no recorded data at {}", path.display());
    None
}

/// Whether the short cut was taken, or where it led elsewhere.
fn compare(text: &str) -> Result<bool, String> {
    let Some(short) = parse_ordinary(text) else {
        return Ok(false);
    };
    let general = parse_general(text);
    if let Some(error) = general.errors().first() {
        return Err(format!("accepted although: {error:?}"));
    }
    if short.documents() != general.documents() {
        return Err(format!("{:?} for {:?}", short.documents(), general.documents()));
    }
    if short.comments() != general.comments() {
        return Err(format!("{:?} for {:?}", short.comments(), general.comments()));
    }
    for (short, general) in short.nodes().zip(general.nodes()) {
        if short != general {
            return Err(format!("{short:?} for {general:?}"));
        }
    }
    if short.nodes().len() != general.nodes().len() {
        return Err("another number of nodes".to_owned());
    }
    Ok(true)
}

/// A stream of numbers that is the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit.max(1)
    }
}

/// Scraps that change the structure of a file.
const SCRAPS: [&str; 36] = [
    " ", "  ", "\n", "\n\n", "\n  ", "\n    \n", "\t", "- ", "-", ": ", ":", " #", "#", " # x\n", "'", "''",
    "\"", "\\", "\\\"", "|", "|-", ">", ">-", "\n# x\n", "{", "}", "[", "]", ",", "&a ", "*a", "!x ", "? ",
    "---\n", "~", "é",
];

/// The text with one to three places broken.
fn mutant(text: &str, numbers: &mut Numbers) -> String {
    let mut mutant = text.to_owned();
    for _ in 0..=numbers.below(3) {
        let place = |numbers: &mut Numbers, text: &str| {
            let mut at = numbers.below(text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let at = place(numbers, &mutant);
        match numbers.below(5) {
            0 => {
                let length = mutant[at..].chars().next().map_or(0, char::len_utf8);
                mutant.replace_range(at..at + length, "");
            }
            // A line more or less.
            1 => {
                let start = mutant[..at].rfind('\n').map_or(0, |at| at + 1);
                let end = mutant[at..]
                    .find('\n')
                    .map_or(mutant.len(), |length| at + length + 1);
                let line = mutant[start..end].to_owned();
                match numbers.below(2) {
                    0 => mutant.replace_range(start..end, ""),
                    _ => mutant.insert_str(start, &line),
                }
            }
            // A line moved to the side.
            2 => {
                let start = mutant[..at].rfind('\n').map_or(0, |at| at + 1);
                if mutant[start..].starts_with(' ') && numbers.below(2) == 0 {
                    mutant.remove(start);
                } else {
                    mutant.insert(start, ' ');
                }
            }
            _ => mutant.insert_str(at, SCRAPS[numbers.below(SCRAPS.len())]),
        }
    }
    mutant
}

#[test]
fn the_corpus_and_its_mutants_read_the_same_either_way() {
    let Some(shared) = shared() else { return };
    let (mut files, mut short, mut mutants, mut short_mutants) = (0, 0, 0, 0);
    let mut numbers = Numbers(7);
    let mut problems = Vec::new();
    let rounds = std::env::var("FIREDRILL_MUTANTS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(3);
    for folder in ["corpus", "oracle"] {
        for entry in walkdir::WalkDir::new(shared.join(folder)).into_iter().flatten() {
            let extension = entry.path().extension().and_then(|e| e.to_str()).unwrap_or("");
            if !matches!(extension, "yml" | "yaml" | "rule" | "rules") {
                continue;
            }
            let bytes = std::fs::read(entry.path()).unwrap();
            let Ok(text) = decode(&bytes) else {
                continue;
            };
            files += 1;
            match compare(&text) {
                Ok(taken) => short += usize::from(taken),
                Err(problem) => problems.push(format!("{}: {problem}", entry.path().display())),
            }
            // Short pieces, in which a change is likely to matter.
            let lines: Vec<&str> = text.split_inclusive('\n').collect();
            for _ in 0..rounds {
                let from = numbers.below(lines.len());
                let margin = |line: &str| line.len() - line.trim_start_matches(' ').len();
                let cut = lines.get(from).map_or(0, |line| margin(line));
                let taken = lines[from..]
                    .iter()
                    .take(20)
                    .take_while(|l| margin(l) >= cut || l.trim().is_empty());
                let piece: String = taken.map(|line| line.get(cut..).unwrap_or("\n")).collect();
                let mutant = mutant(&piece, &mut numbers);
                mutants += 1;
                match compare(&mutant) {
                    Ok(taken) => short_mutants += usize::from(taken),
                    Err(problem) => problems.push(format!("{mutant:?}: {problem}")),
                }
            }
        }
    }
    println!("{short} of {files} files and {short_mutants} of {mutants} mutants took the short cut");
    println!("{} problems", problems.len());
    for problem in problems.iter().take(20) {
        println!("{problem}");
    }
    assert!(files > 1000, "recorded data is missing: {files} files");
    assert!(problems.is_empty());
    assert!(short * 4 > files * 3 && short_mutants * 5 > mutants);
}

#[test]
fn ordinary_files_take_the_short_cut() {
    for text in [
        "a: b\n",
        "---\na: b # why\n",
        "# first\na:\n- b: 'it''s'\n  c: \"x\\\"y\\n\" # z\n-   d: e\n    f:\n      g: -5m\nh: é\n",
        "a:\n  - b: |\n      x\n        y\n\n      z\n\n    c: >-\n      x\n      y\n\n\n      z\n        w\n      v\n    d: e\n",
        "a:\n  b\n  c\n\n\n  d\ne: f\n  g - h\n",
        "- a\n- b: c\n",
        "a: {b: c, d: [e, 'f', \"g\", {}], h: 5m} # x\ni: []\n",
        "\"a\":\n- \"b\": 'c\n    d\n\n\n    e'\n  f:\ng:\n",
    ] {
        assert_eq!(compare(text), Ok(true), "{text:?}");
    }
}

proptest! {
    /// Lines of any indentation and shape.
    #[test]
    fn any_lines_read_the_same_either_way(lines in prop::collection::vec(
        (0usize..7, "(- )?([a-c]: ?)?(- )?([|>]-?|[\\[{][a-c:, \\]}]{0,6}[\\]}]?|[a-c:#'\" ]{0,6}|'[a-c :#-]{0,5}'|\"[a-c :#]{0,4}\")( #x)?"), 1..9)
    ) {
        let text: String = lines.iter().map(|(indent, line)| format!("{}{line}\n", " ".repeat(*indent))).collect();
        prop_assert!(compare(&text).is_ok(), "{:?}: {:?}", text, compare(&text));
        let cut = &text[..text.len() - 1];
        prop_assert!(compare(cut).is_ok(), "{:?}: {:?}", cut, compare(cut));
    }
}

/// A file may stop anywhere.
#[test]
fn a_text_that_ends_too_soon_is_left_to_the_general_reader() {
    let whole = "a:\n- {b: \"c\", 'd': [e, f]}\n- \"g\": 'h'\n  i: |-\n    j\n  # k\n- - l\n";
    for end in 0..=whole.len() {
        for tail in [
            "", " ", "{", "[", "\"", "'", "- {", "- [", "? ", ": ", "|", "- |", "a: {", "a: \"", "# ",
        ] {
            firedrill_yaml::parse(&format!("{}{tail}", &whole[..end]));
        }
    }
}
