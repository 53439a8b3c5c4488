//! What a look at the schemas costs, the first time and after.

use divan::{Bencher, black_box};
use seaworthy::schema::{Definition, Minor, Schema, Type};
use std::collections::BTreeSet;

fn main() {
    divan::main();
}

/// A kind by group, version and name, found among all.
#[divan::bench(args = ["Deployment", "StatefulSet", "deployment"])]
fn kind(kind: &str) -> bool {
    Schema::of(Minor::LATEST).kind(black_box("apps"), "v1", black_box(kind)).is_some()
}

fn object(ty: &Type) -> Option<&'static str> {
    match ty {
        Type::Object(name) => Some(name),
        Type::List(inner) | Type::Map(inner) => object(inner),
        _ => None,
    }
}

/// A definition that was decoded before: found only.
#[divan::bench(args = ["io.k8s.api.core.v1.PodSpec", "io.k8s.api.apps.v1.Deployment"])]
fn definition_known(name: &str) -> Option<&'static Definition> {
    Schema::of(Minor::LATEST).definition(black_box(name))
}

/// A field among the 40 of a pod.
#[divan::bench]
fn field(bencher: Bencher) {
    let pod = Schema::of(Minor::LATEST).definition("io.k8s.api.core.v1.PodSpec");
    bencher.bench_local(|| pod.and_then(|pod| pod.field(black_box("terminationGracePeriodSeconds"))).is_some());
}

/// Everything that a Deployment leads to, in a minor each. The slowest is the first, which decodes all of it: what the
/// first Deployment of a run pays at most. The others decode only what differs.
#[divan::bench(sample_count = 13, sample_size = 1)]
fn all_of_a_deployment_first_time(bencher: Bencher) {
    let mut minors = Minor::all();
    bencher.with_inputs(|| minors.next().unwrap_or(Minor::LATEST)).bench_local_values(|minor| {
        let schema = Schema::of(minor);
        let mut seen = BTreeSet::new();
        let mut open = vec!["io.k8s.api.apps.v1.Deployment"];
        while let Some(name) = open.pop() {
            if seen.insert(name) {
                let fields = schema.definition(name).map_or(&[][..], |definition| &definition.fields);
                open.extend(fields.iter().filter_map(|field| object(&field.ty)));
            }
        }
        seen.len()
    });
}
