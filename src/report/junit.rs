//! JUnit's XML, as Jenkins, GitLab and most other servers read it: a suite for each set, a test case for each object.
//!
//! Apart because there is no standard but what those read, and XML cannot hold every character.

use super::Report;
use super::cases::{Case, Result, Suite, suites};
use super::concise::line;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use std::io;

/// Writes it.
///
/// # Errors
/// Whatever `out` answers.
pub fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let suites = suites(report);
    let mut writer = Writer::new_with_indent(io::BufWriter::new(out), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let total = |result: Option<Result>| -> String {
        let count = |suite: &Suite<'_>| result.map_or(suite.cases.len(), |result| suite.count(result));
        suites.iter().map(count).sum::<usize>().to_string()
    };
    writer
        .create_element("testsuites")
        .with_attributes([
            ("name", "seaworthy"),
            ("tests", total(None).as_str()),
            ("failures", total(Some(Result::Failed)).as_str()),
            ("skipped", total(Some(Result::Skipped)).as_str()),
            ("errors", "0"),
        ])
        .write_inner_content(|writer| suites.iter().try_for_each(|suite| write_suite(report, suite, writer)))?;
    let mut out = writer.into_inner();
    io::Write::write_all(&mut out, b"\n")?;
    io::Write::flush(&mut out)
}

fn write_suite<W: io::Write>(report: &Report, suite: &Suite<'_>, writer: &mut Writer<W>) -> io::Result<()> {
    writer
        .create_element("testsuite")
        .with_attributes([
            ("name", allowed(&suite.name).as_str()),
            ("tests", suite.cases.len().to_string().as_str()),
            ("failures", suite.count(Result::Failed).to_string().as_str()),
            ("skipped", suite.count(Result::Skipped).to_string().as_str()),
            ("errors", "0"),
        ])
        .write_inner_content(|writer| {
            suite.cases.iter().try_for_each(|case| write_case(report, suite, case, writer))
        })?;
    Ok(())
}

fn write_case<W: io::Write>(
    report: &Report,
    suite: &Suite<'_>,
    case: &Case<'_>,
    writer: &mut Writer<W>,
) -> io::Result<()> {
    let file = case.place.as_ref().map(|place| (allowed(&place.path), place.start.0.to_string()));
    let mut element = writer
        .create_element("testcase")
        .with_attribute(("classname", allowed(&suite.name).as_str()))
        .with_attribute(("name", allowed(&case.name).as_str()));
    if let Some((file, line)) = &file {
        element = element.with_attribute(("file", file.as_str())).with_attribute(("line", line.as_str()));
    }
    let found = case.findings.iter().map(|finding| allowed(&line(report, finding)));
    let lines: Vec<String> = found.chain(case.judged.as_deref().map(allowed)).collect();
    let why = allowed(&case.why);
    match case.result {
        Result::Failed => {
            let fault = case.findings.iter().find(|finding| finding.fails());
            let kind = fault.map_or("never-tried", |finding| finding.rule.id);
            let text = if lines.is_empty() { why.clone() } else { lines.join("\n") };
            element.write_inner_content(|writer| {
                writer
                    .create_element("failure")
                    .with_attributes([("message", why.as_str()), ("type", kind)])
                    .write_text_content(BytesText::new(&text))?;
                Ok(())
            })?;
        }
        Result::Skipped | Result::Passed if case.result == Result::Skipped || !lines.is_empty() => {
            element.write_inner_content(|writer| {
                if case.result == Result::Skipped {
                    writer.create_element("skipped").with_attribute(("message", why.as_str())).write_empty()?;
                }
                if !lines.is_empty() {
                    writer.create_element("system-out").write_text_content(BytesText::new(&lines.join("\n")))?;
                }
                Ok(())
            })?;
        }
        _ => {
            element.write_empty()?;
        }
    }
    Ok(())
}

/// The text without characters that XML 1.0 has no way to write (production 2, `Char`).
fn allowed(text: &str) -> String {
    let is_allowed =
        |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|c| if is_allowed(c) { c } else { '\u{fffd}' }).collect()
}

#[cfg(test)]
mod tests {
    use super::allowed;

    #[test]
    fn what_xml_cannot_hold_is_replaced() {
        assert_eq!(allowed("a\u{0}b\u{fffe}c\u{1f600}\n"), "a\u{fffd}b\u{fffd}c\u{1f600}\n");
    }
}
