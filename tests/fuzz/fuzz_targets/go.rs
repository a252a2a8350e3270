//! Any text as Go source code.

#![no_main]

use firedrill_gosource::{read, scan, scan_fragment};
use libfuzzer_sys::fuzz_target;

/// Lines are counted from the fragment's place in its document.
const FIRST_LINE: u32 = 7;

fuzz_target!(|text: &str| {
    // Values are followed by recursion, as deep as the program's stacks allow.
    let work = || {
        let lines = text.matches('\n').count() as u32 + 1;
        // Once alone, and once beside itself: constants of two packages of the same names.
        let found = scan(&[read("a/a.go", text)]);
        let twice = scan(&[read("a/a.go", text), read("b/b.go", text)]);
        assert!(twice.metrics.len() >= found.metrics.len());
        for metric in &found.metrics {
            assert!((1..=lines).contains(&metric.line), "{metric:?}");
            assert!(!metric.name.is_empty() && !metric.name.contains(char::is_whitespace), "{metric:?}");
            assert!(metric.labels.iter().all(|it| it.is_sorted()), "{metric:?}");
            assert!(metric.buckets.iter().flatten().all(|it| it.is_finite()), "{metric:?}");
        }
        let fragment = scan_fragment("x.md", text, FIRST_LINE);
        assert_eq!(fragment.dynamic, found.dynamic);
        let moved = |line: u32| line + FIRST_LINE - 1;
        assert!(fragment.metrics.iter().map(|it| it.line).eq(found.metrics.iter().map(|it| moved(it.line))));
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(128 << 20);
        let run = thread.spawn_scoped(scope, work).expect("a thread");
        run.join().expect("no panic");
    });
});
