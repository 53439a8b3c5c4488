//! The human form, as it is read.

mod report_support;

use report_support::origin_story;
use seaworthy::report::{Format, Options};

#[test]
fn origin_story_plain() {
    insta::assert_snapshot!(origin_story().write(Format::Human, &Options::default()));
}
