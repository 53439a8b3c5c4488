//! An Ingress whose annotation names no class that is served.
//!
//! Apart from `spec.ingressClassName`, which names an object: the annotation names what a controller was told to serve,
//! with or without an object of that name. So it is held only against classes that it nearly is.

use super::{Member, Scene};
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::object::view::View;
use crate::schema::is_slip_of;

/// An Ingress of a class that is not there, and nearly another.
pub static RULE: Rule = Rule {
    id: "cross/ingress-class-unserved",
    level: Level::Warning,
    summary: "the annotation of the Ingress names no class that is served",
    why: "every controller passes over Ingresses of other classes than its own: the Ingress is accepted and gets no address",
    docs: include_str!("ingress-class-unserved.md"),
};

const ANNOTATION: &str = "kubernetes.io/ingress.class";

/// Looks at the annotation of every Ingress, beside the classes of the set and the cluster.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let classes: Vec<&Member<'_>> = scene.set.of_kind("networking.k8s.io", "IngressClass").collect();
    if classes.is_empty() {
        return Vec::new();
    }
    let own = scene.set.of_the_set("networking.k8s.io", "Ingress");
    own.filter_map(|ingress| judge(ingress, &classes, scene)).collect()
}

fn judge(ingress: &Member<'_>, classes: &[&Member<'_>], scene: &Scene<'_>) -> Option<Finding> {
    let class = ingress.object.root().at(&["metadata", "annotations"]).text(ANNOTATION);
    if class.is_empty() || !scene.presence("networking.k8s.io", "IngressClass", Some(""), class).is_absent() {
        return None;
    }
    let meant = classes.iter().find(|known| is_slip_of(class, &known.object.name))?;
    let name = &meant.object.name;
    let message = format!("no IngressClass \"{class}\" is known, and IngressClass \"{name}\" is");
    let field = FieldPath::of(&["metadata", "annotations"]).key(ANNOTATION);
    Some(
        Finding::in_object(&RULE, message, ingress.object, field)
            .with_label(meant.name_place(), "this class is there: is it meant?")
            .with_help(format!("write {name}, best as `spec.ingressClassName`: the annotation is deprecated")),
    )
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::{findings, findings_in};

    const RULE: &str = "cross/ingress-class-unserved";
    const CLASS: &str = "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: front-door}\nspec: {controller: example.com/door}\n---\n";

    fn ingress(class: &str) -> String {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: shop, annotations: {{kubernetes.io/ingress.class: {class}}}}}\nspec: {{defaultBackend: {{service: {{name: shop, port: {{number: 80}}}}}}}}\n"
        )
    }

    #[test]
    fn a_near_miss_is_told() {
        let said = ["metadata.annotations[kubernetes.io/ingress.class]: no IngressClass \"front-dor\" is known, and \
             IngressClass \"front-door\" is"];
        assert_eq!(findings(RULE, &(CLASS.to_owned() + &ingress("front-dor"))), said);
        assert_eq!(findings_in(CLASS, RULE, &ingress("front-dor")), said);
    }

    #[test]
    fn others_may_serve_other_classes() {
        assert!(findings(RULE, &(CLASS.to_owned() + &ingress("front-door"))).is_empty());
        assert!(findings(RULE, &(CLASS.to_owned() + &ingress("side-entrance"))).is_empty());
        assert!(findings_in(CLASS, RULE, &ingress("side-entrance")).is_empty(), "needs no object");
        assert!(findings(RULE, &ingress("front-dor")).is_empty(), "no class is known");
    }
}
