//! The `storage.k8s.io` group.
//!
//! Apart because these kinds share `pkg/apis/storage/validation/validation.go` and `pkg/apis/storage/v1/defaults.go`
//! (1.36), the source of all rules here.

pub mod csi_driver;
pub mod csi_node;
pub mod csi_storage_capacity;
pub mod storage_class;
pub mod volume_attachment;

use crate::finding::Rule;

/// Every rule of the group.
pub static RULES: &[&Rule] =
    &[&csi_driver::RULE, &csi_node::RULE, &csi_storage_capacity::RULE, &storage_class::RULE, &volume_attachment::RULE];
