//! `docs/output.md` shows what is really printed.

mod report_support;

use report_support::{Builder, FOLDED_SET};
use report_support::{config_maps, masked_secret, origin_story, plan_with_an_unknown_kind};
use seaworthy::report::{Format, Options, View};

/// Everything the page may quote from.
fn outputs() -> Vec<String> {
    let options = Options::default();
    let mut folded = Builder::default();
    config_maps(&mut folded, "shop", FOLDED_SET.0, &[FOLDED_SET.1]);
    let mut whole = Builder::default();
    config_maps(&mut whole, "shop", 20, &[]);
    config_maps(&mut whole, "blog", 3, &[]);
    whole.files(&[("manifest", 2)]);
    let formats = [
        Format::Human,
        Format::Json,
        Format::Concise,
        Format::Sarif,
        Format::Github,
        Format::Gitlab,
        Format::Junit,
        Format::Tap,
    ];
    let mut outputs: Vec<String> = formats.map(|format| origin_story().write(format, &options)).into();
    outputs.extend([
        seaworthy::report::github_summary(&origin_story().report),
        origin_story().write(Format::Human, &Options { unicode: false, ..options }),
        folded.write(Format::Human, &options),
        whole.write(Format::Human, &options),
        masked_secret().write(Format::Human, &options),
        plan_with_an_unknown_kind().write(Format::Human, &Options { view: View::Plan, ..options }),
    ]);
    outputs
}

#[test]
fn every_output_on_the_page_is_printed_like_that() {
    let page = include_str!("../docs/output.md");
    let outputs = outputs();
    let mut blocks = 0;
    for language in ["text", "json", "xml", "markdown"] {
        for fenced in page.split(&format!("```{language}\n")).skip(1) {
            let block = fenced.split("```\n").next().unwrap_or_default();
            blocks += 1;
            assert!(outputs.iter().any(|output| output.contains(block)), "this is not printed:\n{block}");
        }
    }
    assert_eq!(blocks, 19, "the page has so many outputs");
}
