//! The human form, as it is read.

mod report_support;

use report_support::{
    Builder, FOLDED_SET, NO_LIMITS, SYNTAX, UNKNOWN_FIELD, attempt, because, config_maps, masked_secret, origin,
    origin_story, plan_with_an_unknown_kind,
};
use seaworthy::apply::{Attempt, Method, Outcome};
use seaworthy::finding::Finding;
use seaworthy::object::{Origin, sensitive_ranges_unread};
use seaworthy::report::{Format, Options, View};
use seaworthy::source::{FileId, Span};
use seaworthy::yaml::ByteRange;

fn human(builder: &Builder) -> String {
    builder.write(Format::Human, &Options::default())
}

/// A report of one unknown field, at `what` behind `behind` in the text.
fn one_finding(text: &str, behind: &str, what: &str) -> Builder {
    let mut builder = Builder::default();
    let file = builder.file("manifests/app.yaml", text);
    let span = builder.span(file, behind, what);
    builder.report.findings =
        vec![Finding::at(&UNKNOWN_FIELD, "unknown field \"spec.port\"", span).saying("a Service has `ports`")];
    builder
}

/// The lines of frames alone.
fn frames(text: &str) -> String {
    let inside = |line: &&str| line.trim_start().starts_with(|c: char| "╭│·╰".contains(c) || c.is_ascii_digit());
    text.lines().take_while(|line| !line.starts_with("   why")).filter(inside).collect::<Vec<_>>().join("\n")
}

#[test]
fn origin_story_plain() {
    insta::assert_snapshot!(human(&origin_story()));
}

#[test]
fn origin_story_in_colour() {
    insta::assert_snapshot!(
        origin_story().write(Format::Human, &Options { colour: true, ..Options::default() }).replace('\u{1b}', "␛")
    );
}

#[test]
fn origin_story_in_ascii() {
    let text = origin_story().write(Format::Human, &Options { unicode: false, ..Options::default() });
    assert!(text.is_ascii());
    insta::assert_snapshot!(text);
}

#[test]
fn colour_changes_nothing_but_colour() {
    let coloured = origin_story().write(Format::Human, &Options { colour: true, ..Options::default() });
    let mut plain = String::new();
    let mut escaped = false;
    for c in coloured.chars() {
        match c {
            '\u{1b}' => escaped = true,
            'm' if escaped => escaped = false,
            _ if escaped => {}
            c => plain.push(c),
        }
    }
    assert_eq!(plain, human(&origin_story()));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in [60, 80, 100] {
        for unicode in [true, false] {
            let text = origin_story().write(Format::Human, &Options { width, unicode, ..Options::default() });
            for line in text.lines() {
                assert!(line.chars().count() <= width, "{} columns of {width}: {line}", line.chars().count());
            }
        }
    }
}

#[test]
fn long_runs_are_folded_unless_asked_for() {
    let mut builder = Builder::default();
    config_maps(&mut builder, "shop", FOLDED_SET.0, &[FOLDED_SET.1]);
    let folded = human(&builder);
    insta::assert_snapshot!(folded);
    let verbose = builder.write(Format::Human, &Options { verbose: true, ..Options::default() });
    for index in 0..20 {
        assert!(verbose.contains(&format!("configmap/settings-{index:02} ")), "{index} is missing:\n{verbose}");
    }
}

#[test]
fn a_plan_that_goes_through_reads_like_kubectl() {
    let builder = plan_with_an_unknown_kind();
    insta::assert_snapshot!(builder.write(Format::Human, &Options { view: View::Plan, ..Options::default() }));
}

#[test]
fn a_check_that_goes_through_is_short() {
    let mut builder = Builder::default();
    config_maps(&mut builder, "shop", 20, &[]);
    config_maps(&mut builder, "blog", 3, &[]);
    builder.files(&[("manifest", 2)]);
    insta::assert_snapshot!(human(&builder));
}

#[test]
fn several_sets_and_what_no_set_holds() {
    let mut builder = Builder::default();
    config_maps(&mut builder, "shop", 9, &[1, 2, 3, 4, 5, 6, 7, 8]);
    config_maps(&mut builder, "blog", 3, &[]);
    config_maps(&mut builder, "wiki", 1, &[0]);
    let file = builder.file("broken/list.yaml", "items: [\n");
    let unread =
        Attempt { kind: String::new(), ..attempt(Origin { item: Some(3), ..origin(file, 1) }, "", Outcome::Failed) };
    builder.set(
        "broken",
        vec![because(unread, "error parsing"), attempt(origin(file, 2), "v1 Pod web/one", Outcome::Created)],
    );
    builder.report.sets[3].method = Method::Helm;
    for index in 0..9 {
        builder.unchecked("values", &format!("charts/values-{index}.yaml"), "read only while its chart is rendered");
    }
    insta::assert_snapshot!(human(&builder));
}

#[test]
fn nothing_found_is_said() {
    insta::assert_snapshot!(human(&Builder::default()));
}

#[test]
fn advice_is_marked_as_such() {
    let mut builder = Builder::default();
    let file = builder.file("pod.yaml", "spec:\n  containers:\n    - name: web\n");
    let span = builder.span(file, "", "name: web");
    builder.report.findings = vec![Finding {
        versions: Some("1.31, 1.32".to_owned()),
        ..Finding::at(&NO_LIMITS, "container web has no memory limit", span)
    }];
    insta::assert_snapshot!(human(&builder));
}

#[test]
fn a_finding_without_a_place_is_still_said() {
    let mut builder = one_finding("a: b\n", "", "a");
    builder.report.findings[0].labels.clear();
    assert!(human(&builder).contains("× unknown field \"spec.port\"\n   why: "));
}

#[test]
fn a_line_of_hundreds_of_kilobytes_is_cut_around_the_place() {
    let ballast = "\"key\":\"value\",".repeat(20_000);
    let text = format!(
        "{{\"kind\":\"Service\",\"a\":{{{ballast}\"z\":1}},\"spec\":{{\"port\":80}},\"b\":{{{ballast}\"z\":1}}}}"
    );
    let report = human(&one_finding(&text, "\"spec\":{", "\"port\""));
    insta::assert_snapshot!(frames(&report));
}

#[test]
fn places_far_apart_on_one_line_get_frames_of_their_own() {
    let ballast = "\"k\":1,".repeat(200);
    let text = format!("{{\"first\":1,{ballast}\"second\":2}}");
    let mut builder = one_finding(&text, "", "\"second\"");
    let first = builder.span(FileId(0), "", "\"first\"");
    builder.report.findings[0] = builder.report.findings[0].clone().with_label(first, "this one comes first");
    insta::assert_snapshot!(frames(&human(&builder)));
}

#[test]
fn places_at_the_edges_of_a_text() {
    let cases: [(&str, u32, u32); 7] = [
        ("", 0, 0),
        ("a: b", 4, 4),
        ("a: b\n", 5, 5),
        ("a: b\r\nc: d\r\n", 6, 10),
        ("a: |\n  many\n  lines\nb: c\n", 3, 21),
        ("größe: weiß\n", 0, 7),
        ("a: b\n", 90, 99),
    ];
    let mut drawn = String::new();
    for (text, start, end) in cases {
        let mut builder = Builder::default();
        let file = builder.file("edge.yaml", text);
        let span = Span { file, range: ByteRange::new(start, end) };
        builder.report.findings = vec![Finding::at(&SYNTAX, "here", span).saying("text")];
        drawn.push_str(&frames(&human(&builder)));
        drawn.push_str("\n\n");
    }
    insta::assert_snapshot!(drawn);
}

#[test]
fn a_text_beside_a_place_far_to_the_right_stays_on_the_screen() {
    let text = format!(
        "# {}\nspec: {{ selector: {{ app.kubernetes.io/name: a-rather-long-name }}, port: 80 }}\n",
        "x".repeat(200)
    );
    let mut builder = one_finding(&text, "selector", "port");
    builder.report.findings[0].labels[0].text = "a Service has `ports`, a list, and no field of this name".to_owned();
    insta::assert_snapshot!(frames(&human(&builder)));
}

#[test]
fn a_file_cannot_command_the_terminal() {
    let mut builder = one_finding("name: \"\u{1b}[2J\u{202e}x\"\nport: 1 # \u{7}\n", "", "port");
    builder.report.findings[0].message = "unknown field \"\u{1b}]0;x\u{7}\"".to_owned();
    config_maps(&mut builder, "\u{1b}[31mred", 1, &[0]);
    let text = human(&builder);
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    assert!(!text.contains('\u{202e}'));
    assert!(text.contains("unknown field \"\\u{1b}]0;x\\u{7}\""));
}

#[test]
fn separators_and_blank_lines_are_no_context() {
    let text = "a: 1\n---\nport: 2\n\nb: 3\n";
    insta::assert_snapshot!(frames(&human(&one_finding(text, "", "port"))));
}

#[test]
fn what_is_sensitive_is_masked() {
    let builder = masked_secret();
    insta::assert_snapshot!(frames(&human(&builder)));
    let ascii = builder.write(Format::Human, &Options { unicode: false, ..Options::default() });
    assert!(ascii.contains("password: ***\n") && !ascii.contains("base64!"), "{ascii}");
}

#[test]
fn an_unreadable_secret_shows_no_value() {
    let text = "\
apiVersion: v1
kind: Secret
metadata:
  name: db
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {\"data\":{\"password\":\"c2VjcmV0\"}}
stringData:
  name: hunter1
  password: hunter2
   user: hunter3
  key: |
    hunter4
---
kind: ConfigMap
data: {name: hunter5}
";
    let mut builder = Builder::default();
    let file = builder.file("secret.yaml", text);
    builder.report.conceal_unread(file, 0);
    builder.report.findings = text
        .lines()
        .map(|line| Finding::at(&SYNTAX, format!("line {}", line.len()), builder.span(file, "", line)))
        .collect();
    let report = human(&builder);
    assert!(!report.contains("hunter") && !report.contains("c2VjcmV0"), "{report}");
    for shown in ["kind: Secret", "name: db", "password: •••", "stringData:"] {
        assert!(report.contains(shown), "{shown} is not shown:\n{report}");
    }
}

#[test]
fn a_text_that_could_not_be_read_and_is_no_secret_is_shown() {
    for text in ["kind: SecretProviderClass\n a: b\n", "kind: Pod\nsecretKeyRef: {name: Secret}\n"] {
        assert_eq!(sensitive_ranges_unread(text, ByteRange::new(0, text.len() as u32)), vec![]);
    }
}

/// Numbers that look random and are the same each time (a linear congruential generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound.max(1)
    }
}

#[test]
fn any_places_in_any_text_are_drawn() {
    let pieces =
        ["a: b", "\n", "\r\n", "\r", "\t", "ß", "界", "👩‍💻", "e\u{301}", "\u{202e}", "---\n", " ", "'", "\u{1b}[1m"];
    let mut numbers = Numbers(7);
    for round in 0..400 {
        let length = numbers.below(if round % 10 == 0 { 3000 } else { 40 });
        let text: String = (0..length).map(|_| pieces[numbers.below(pieces.len())]).collect();
        let mut builder = Builder::default();
        let file = builder.file("any.yaml", &text);
        let mut spans = |count: usize| -> Vec<Span> {
            let mut one = || {
                let start = numbers.below(text.len() + 3) as u32;
                Span { file, range: ByteRange::new(start, start + numbers.below(50) as u32) }
            };
            (0..count).map(|_| one()).collect()
        };
        builder.report.sensitive = spans(round % 4);
        let mut finding = Finding::at(&SYNTAX, "something is wrong", spans(1)[0]).saying("here");
        for span in spans(round % 3) {
            finding = finding.with_label(span, "and there");
        }
        builder.report.findings = vec![finding];
        let options = Options { unicode: round % 2 == 0, width: 30 + round % 100, ..Options::default() };
        let drawn = builder.write(Format::Human, &options);
        assert!(!drawn.contains("Failed to read"), "{drawn}");
        assert!(drawn.chars().all(|c| c == '\n' || !c.is_control()), "{drawn:?}");
    }
}

#[test]
fn nothing_of_a_sensitive_range_is_shown() {
    let text = "a: XXXX\nb: |\n  XX\n\n  XXX\nc: [XX, 1]\n";
    let mut builder = Builder::default();
    let file = builder.file("masked.yaml", text);
    let runs = text.match_indices('X').map(|(at, _)| ByteRange::new(at as u32, at as u32 + 1));
    builder.report.sensitive = runs.map(|range| Span { file, range }).collect();
    // As handed in for an object that is in two sets.
    builder.report.sensitive.extend(builder.report.sensitive.clone());
    builder.report.findings = (0..text.len() as u32)
        .map(|at| Finding::at(&SYNTAX, "wrong", Span { file, range: ByteRange::new(at, at + 1) }))
        .collect();
    assert!(!human(&builder).contains('X'));
}
