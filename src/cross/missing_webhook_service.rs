//! The Service of a webhook, of a conversion in a CustomResourceDefinition, or of an `APIService` that is not there.

use super::missing;
use super::scene::Scene;
use crate::finding::{Finding, Level, Rule};

/// A Service that the API server should call does not exist.
pub static RULE: Rule = Rule {
    id: "cross/missing-webhook-service",
    level: Level::Warning,
    summary: "a Service that the API server should call does not exist",
    why: "the API server cannot call it: requests that need the webhook, the conversion or the API fail",
    docs: include_str!("missing-webhook-service.md"),
};

/// Looks at every such name.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    missing::findings(scene, &RULE, |_| "the API server cannot call it", |_, _| false)
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::findings;

    const RULE: &str = "cross/missing-webhook-service";

    #[test]
    fn a_service_must_be_there() {
        let set = "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: taster}
webhooks: [{name: taste.example.com, clientConfig: {service: {name: taster, namespace: kitchen}}}]
---
apiVersion: v1
kind: Service
metadata: {name: taster, namespace: cellar}
spec: {ports: [{port: 443}]}
";
        assert_eq!(
            findings(RULE, set),
            [
                "webhooks[0].clientConfig.service.name: Service \"taster\" in namespace \"kitchen\" is not found in these manifests"
            ]
        );
        assert!(findings(RULE, &set.replace("cellar", "kitchen")).is_empty());
    }
}
