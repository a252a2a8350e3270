//! Repository chores: `cargo run -p xtask -- gen` writes the generated pages, `… -- catalogue` the built-in facts.

use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["gen"] => match xtask::generate::write_all(&xtask::workspace()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(problem) => complain(&problem.to_string()),
        },
        ["catalogue"] => match xtask::catalogue::write(&xtask::workspace()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(problem) => complain(&problem.to_string()),
        },
        _ => complain("usage: cargo run -p xtask -- gen|catalogue"),
    }
}

#[expect(clippy::print_stderr, reason = "a tool for the terminal")]
fn complain(text: &str) -> ExitCode {
    eprintln!("{text}");
    ExitCode::FAILURE
}
