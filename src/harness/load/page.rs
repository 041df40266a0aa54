//! A load benchmark as a page: the picture, the table, and what is to be said of them. It needs nothing from elsewhere.

use std::fmt::Write;

use super::account::Account;
use super::plot::svg;
use super::table::{cells, headings, remarks, title};
use crate::harness::reporter::escape::push_xml_attribute;

const STYLE: &str = ":root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;\
max-width:1000px;padding:0 1rem}h1{font-size:1.3rem}svg{max-width:100%;height:auto}table{border-collapse:collapse;\
margin:1rem 0;font-variant-numeric:tabular-nums}td,th{padding:.25rem .8rem;text-align:right;border-bottom:1px solid #8884}\
td,th{white-space:nowrap}.wide{overflow-x:auto}.told{margin:.2rem 0;overflow-wrap:anywhere}\
.bad{color:light-dark(#b3261e,#ef7d70);font-weight:600}footer{opacity:.7;font-size:.85rem;margin-top:2rem}";

/// The page.
pub fn html(account: &Account) -> String {
    let mut name = String::new();
    push_xml_attribute(&mut name, &title(account));
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{name}</title><style>{STYLE}</style></head><body>\n"
    );
    if account.levels.is_empty() {
        let _ = writeln!(out, "<h1>{name}</h1>");
    } else {
        // The picture has the title.
        out.push_str(&svg(account));
        table(&mut out, account);
    }
    for line in remarks(account) {
        let bad =
            ["warning:", "error:"].iter().any(|word| line.starts_with(word)) || line.contains("SATURATED");
        let class = if bad { "told bad" } else { "told" };
        let mut words = String::new();
        push_xml_attribute(&mut words, &line);
        let _ = writeln!(out, "<p class=\"{class}\">{words}</p>");
    }
    out.push_str(
        "<footer>Latencies are those of operations that succeeded; in an open loop they count from the time at which each was \
         meant to start. Processor time and memory are of the process that is measured and of what it started, clients \
         that are tasks or threads included, clients that are processes not. The scaling law is N. J. Gunther's: X(N) = λN / (1 + σ(N−1) + κN(N−1)).\
         </footer></body></html>\n",
    );
    out
}

fn table(out: &mut String, account: &Account) {
    let row = |out: &mut String, tag: &str, cells: &mut dyn Iterator<Item = String>| {
        out.push_str("<tr>");
        for cell in cells {
            let mut words = String::new();
            push_xml_attribute(&mut words, &cell);
            let _ = write!(out, "<{tag}>{words}</{tag}>");
        }
        out.push_str("</tr>\n");
    };
    out.push_str("<div class=\"wide\"><table>\n");
    row(out, "th", &mut headings().map(str::to_owned));
    for level in &account.levels {
        row(out, "td", &mut cells(level).into_iter());
    }
    out.push_str("</table></div>\n");
}
