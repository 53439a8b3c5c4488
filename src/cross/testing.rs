//! Small sets for the tests of the rules.
//!
//! Apart because every rule's tests judge a few objects the way a run does.

use crate::advice::Groups;
use crate::apply::{ApplyOptions, Method, Together};
use crate::cross::Repository;
use crate::decode::FieldValidation;
use crate::finding::{Finding, Level};
use crate::pipeline::{Catalogue, SetRequest, Streams, judge_set};
use crate::schema::Minor;
use crate::source::{FileId, SourceFile, Sources};
use crate::yaml;

/// A set to hold against a rule.
pub struct Kitchen<'t> {
    /// The files of the set.
    pub set: &'t [&'t str],
    /// What the cluster holds, where it is shown.
    pub cluster: Option<&'t str>,
}

impl Kitchen<'_> {
    /// What the rule of this id finds, advice aside: `field: message`.
    pub fn findings(&self, rule: &str) -> Vec<String> {
        self.told(rule, |level| level != Level::Advice)
    }

    fn told(&self, rule: &str, is_meant: fn(Level) -> bool) -> Vec<String> {
        let mut sources = Sources::default();
        let mut add = |name: String, text: &str| sources.add(SourceFile::new(name, yaml::decode_bytes(text.into())));
        let files: Vec<FileId> =
            self.set.iter().enumerate().map(|(at, text)| add(format!("set/{at}.yaml"), text)).collect();
        let cluster: Vec<FileId> = self.cluster.iter().map(|text| add("cluster.yaml".to_owned(), text)).collect();
        let streams = Streams::read(&sources, &yaml::Options { kubectl_minor: Minor::LATEST.0.into() });
        let options = ApplyOptions {
            field_manager: None,
            force_conflicts: false,
            method: Method::Kubectl,
            namespace: None,
            validation: FieldValidation::Strict,
            minor: Minor::LATEST,
            kubectl_minor: Minor::LATEST,
            together: Together::All,
            closed_world: self.cluster.is_some(),
            context_namespace: None,
        };
        let request = SetRequest {
            name: "set".to_owned(),
            files: &files,
            options,
            versions: Minor::LATEST.into(),
            crds: &[],
            cluster: &cluster,
            catalogue: &Catalogue::default(),
            base: &[],
            prune: None,
            unread: false,
            advice: &Groups::all(),
            server: None,
            selector: None,
            repository: &Repository::default(),
            policies: &crate::policies::Library::default(),
            externals: &[],
            kept: None,
            earlier: None,
        };
        let found = judge_set(&request, &sources, &streams).findings;
        let of_the_rule = found.iter().filter(|finding| finding.rule.id == rule && is_meant(finding.level));
        of_the_rule.map(|Finding { field, message, .. }| format!("{field}: {message}")).collect()
    }
}

/// What a rule finds in one file, in an open world.
pub fn findings(rule: &str, text: &str) -> Vec<String> {
    Kitchen { set: &[text], cluster: None }.findings(rule)
}

/// What a rule advises in one file, in an open world.
pub fn advice(rule: &str, text: &str) -> Vec<String> {
    Kitchen { set: &[text], cluster: None }.told(rule, |level| level == Level::Advice)
}

/// What a rule finds in one file, where the cluster holds this and nothing else.
pub fn findings_in(cluster: &str, rule: &str, text: &str) -> Vec<String> {
    Kitchen { set: &[text], cluster: Some(cluster) }.findings(rule)
}
