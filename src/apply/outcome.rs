//! What becomes of each object of a set.
//!
//! Apart because the report reads outcomes and needs nothing of how they came about.

use crate::object::{FieldChange, Origin};

/// What happens to one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It is made.
    Created,
    /// It was there and is changed.
    Configured,
    /// It was there and stays as it is; nothing is sent.
    Unchanged,
    /// kubectl or the API server refuses it.
    Failed,
    /// It is never tried.
    Skipped,
}

impl Outcome {
    /// Whether the object, as this document has it, is live afterwards.
    pub const fn is_live(self) -> bool {
        matches!(self, Outcome::Created | Outcome::Configured | Outcome::Unchanged)
    }

    /// The word in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Outcome::Created => "created",
            Outcome::Configured => "configured",
            Outcome::Unchanged => "unchanged",
            Outcome::Failed => "failed",
            Outcome::Skipped => "skipped",
        }
    }
}

/// One object of a set, and what becomes of it.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Where it stands.
    pub origin: Origin,
    /// As written; empty where the document does not tell.
    pub api_version: String,
    /// As written; empty where the document does not tell.
    pub kind: String,
    /// The effective namespace; none for a cluster-scoped or unknown kind.
    pub namespace: Option<String>,
    /// As written; empty where the document does not tell.
    pub name: String,
    /// What becomes of it.
    pub outcome: Outcome,
    /// Why it fails or is skipped: kubectl's or the server's words, without the prefix kubectl puts before them.
    pub reason: Option<String>,
    /// What could not be judged about it (an unknown custom kind, say), though it was not refused.
    pub unchecked: Option<String>,
    /// What changes in the object that is live, field by field; where it is refused, what would have changed.
    pub changes: Vec<FieldChange>,
    /// Who judged it; none where no server was asked, and the offline rules alone did.
    pub verdict: Option<Verdict>,
}

/// Who judges an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Judge {
    /// The API server, in a dry run.
    Server,
    /// The rules here.
    Offline,
    /// Both, and they agree.
    Both,
}

impl Judge {
    /// The word in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Judge::Server => "server",
            Judge::Offline => "offline",
            Judge::Both => "both",
        }
    }
}

/// Whose word the outcome is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whose.
    pub judge: Judge,
    /// Why the other one was not believed, or not asked.
    pub note: Option<String>,
    /// What the other one says, where that is something else.
    pub differs: Option<Opinion>,
}

impl Verdict {
    /// Who judged, and why not the other, in a few words.
    pub fn sentence(&self) -> String {
        match &self.note {
            Some(note) => format!("{}: {note}", self.judge.word()),
            None => self.judge.word().to_owned(),
        }
    }
}

/// What somebody who is not believed says of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opinion {
    /// Who.
    pub judge: Judge,
    /// What would become of it.
    pub outcome: Outcome,
    /// Why it would be refused.
    pub reason: Option<String>,
}

impl Opinion {
    /// Whether something else would become of the object.
    pub const fn is_contrary(&self, outcome: Outcome) -> bool {
        self.outcome.is_live() != outcome.is_live()
    }

    /// The opinion in one line.
    pub fn sentence(&self) -> String {
        let who = match self.judge {
            Judge::Server => "the server's dry run",
            Judge::Offline | Judge::Both => "the offline rules",
        };
        match (&self.reason, self.outcome) {
            (Some(reason), Outcome::Failed) => format!("{who} would refuse it: {reason}"),
            (_, Outcome::Failed) => format!("{who} would refuse it"),
            (_, outcome) => format!("{who} would let it through ({})", outcome.word()),
        }
    }
}

/// How a set is applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Method {
    /// `kubectl apply`
    #[default]
    Kubectl,
    /// `kubectl apply --server-side`
    KubectlServerSide,
    /// `kubectl create`
    KubectlCreate,
    /// `kubectl apply -k`
    Kustomize,
    /// `helm install` or `upgrade`
    Helm,
    /// An Argo CD sync.
    ArgoCd,
    /// A Flux reconciliation.
    Flux,
}

impl Method {
    /// Whether objects are sent as they are and merged by the server. Argo CD does so only when it is told to.
    pub const fn is_server_side(self) -> bool {
        matches!(self, Method::KubectlServerSide | Method::Flux)
    }

    /// The name by which the tool owns fields, unless it is told another.
    pub const fn manager(self) -> &'static str {
        match self {
            Method::Kubectl | Method::Kustomize => "kubectl-client-side-apply",
            Method::KubectlServerSide => "kubectl",
            Method::KubectlCreate => "kubectl-create",
            Method::Helm => "helm",
            Method::ArgoCd => "argocd-controller",
            Method::Flux => "kustomize-controller",
        }
    }
}

/// A set that is applied together, in the order in which it is tried, with what becomes of each object.
#[derive(Clone, Debug)]
pub struct ApplySet {
    /// Its name in reports: the directory, the kustomization, the chart.
    pub name: String,
    /// How it is applied.
    pub method: Method,
    /// Every object, in the order tried; those never tried stand where they were read.
    pub attempts: Vec<Attempt>,
    /// What is known to be deleted when it is applied (`kubectl apply --prune`), in the order in which it is.
    pub pruned: Vec<Pruned>,
}

/// A live object that is deleted when a set is applied, for it is not in the set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pruned {
    /// As it is known.
    pub api_version: String,
    /// Its kind.
    pub kind: String,
    /// Its namespace; none for a cluster-scoped kind.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

impl ApplySet {
    /// Whether every object goes live.
    pub fn is_whole(&self) -> bool {
        self.attempts.iter().all(|attempt| attempt.outcome.is_live())
    }
}
