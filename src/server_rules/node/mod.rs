//! The `node.k8s.io` group.
//!
//! Apart as every API group is. Source of all rules here: `pkg/apis/node/validation/validation.go` (1.36).

pub mod runtime_class;
