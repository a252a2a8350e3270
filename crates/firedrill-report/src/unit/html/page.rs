//! The frame of the page: head, style sheet, footer.

use crate::markup::html as escaped;

const STYLE: &str = "\
:root{color-scheme:light dark;--back:#fdfdfb;--text:#1d1f23;--dim:#5d636c;--line:#d8dade;--box:#f2f3f1;--bad:#b3261e;\
--good:#1b6e36;--value:#1f5fa8;--limit:#8a5a00;--pending:#e0a800;--firing:#c62828;--kept:#8e44ad;--mark:#ffe08a}
@media (prefers-color-scheme:dark){:root{--back:#16181c;--text:#e6e7e9;--dim:#a0a6b0;--line:#3a3e46;--box:#1f2228;\
--bad:#ff8a80;--good:#7bd88f;--value:#7ab8ff;--limit:#f0b95a;--pending:#d9a400;--firing:#ef5350;--kept:#c58af0;--mark:#6b5400}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:1rem 1.25rem 3rem;background:var(--back);color:var(--text);\
font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.5rem;margin:.5rem 0 0}h2{font-size:1.15rem;margin:2rem 0 .5rem}h3{font-size:1rem;margin:0}
header p,.place{color:var(--dim)}.place{font-size:.875rem;font-weight:400;margin:.1rem 0}
h1.failed,.error,.mark,del{color:var(--bad)}h1.passed,.tick,ins{color:var(--good)}.warning{color:var(--limit)}
del,ins{text-decoration:none;font-family:ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
mark{background:var(--mark);color:inherit;border-bottom:2px solid currentColor}
article{border:1px solid var(--line);border-radius:8px;padding:.75rem 1rem;margin:.75rem 0}
article.failure{border-left:4px solid var(--bad)}
.reason{margin:.4rem 0;font-weight:600}
pre,code{font:.875rem/1.45 ui-monospace,monospace}
pre{background:var(--box);padding:.5rem .75rem;border-radius:6px;margin:.4rem 0;white-space:pre-wrap;overflow-wrap:anywhere}
table{border-collapse:collapse;margin:.4rem 0}
th,td{text-align:left;vertical-align:top;padding:.15rem .9rem .15rem 0;font-size:.9rem}th{font-weight:400;color:var(--dim)}
figure{margin:.75rem 0}figcaption{font-size:.875rem;color:var(--dim);overflow-wrap:anywhere}
svg{display:block;width:100%;height:auto;font:11px system-ui,sans-serif}
svg text{fill:var(--dim)}.axis{stroke:var(--line);fill:none}.value{stroke:var(--value);fill:none;stroke-width:2;\
stroke-linejoin:round}.dot{fill:var(--value)}.limit{stroke:var(--limit);fill:none;stroke-width:1.5;stroke-dasharray:5 4}\
.tested{stroke:var(--text);stroke-width:1.5;stroke-dasharray:2 3}
svg text.lim{fill:var(--limit)}svg text.now{fill:var(--text);font-weight:600}
.inactive{fill:var(--line)}.pending{fill:var(--pending)}.firing{fill:var(--firing)}.kept{fill:var(--kept)}
.key i{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin:0 .3em 0 .8em}
main>section>details{border-bottom:1px solid var(--line)}figure pre{white-space:pre;overflow-x:auto}figure summary{font-size:.875rem;color:var(--dim)}summary{padding:.4rem 0;cursor:pointer}
summary:focus-visible{outline:2px solid var(--value);outline-offset:2px}
footer{margin-top:3rem;color:var(--dim);font-size:.8rem}
@media print{details{break-inside:avoid}}
";

/// The whole page around its content.
pub(super) fn frame(title: &str, content: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{} · firedrill</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{content}</main>\n\
         <footer>written by firedrill</footer>\n</body>\n</html>\n",
        escaped(title)
    )
}
