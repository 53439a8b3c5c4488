//! Which parts of the group a server knows by default: fields behind a switched-off gate are dropped before validation
//! (`dropDisabledFields` of `pkg/registry/resource`).

use crate::schema::Minor;

/// The gates of a server of this minor, as they stand without a flag (`pkg/features/kube_features.go`).
#[derive(Clone, Copy, Debug)]
pub struct Gates(pub Minor);

impl Gates {
    /// `DRAAdminAccess`
    pub fn admin_access(self) -> bool {
        self.0 >= Minor(34)
    }

    /// `DRAPrioritizedList`
    pub fn prioritized_list(self) -> bool {
        self.0 >= Minor(34)
    }

    /// `DRAConsumableCapacity`
    pub fn consumable_capacity(self) -> bool {
        self.0 >= Minor(36)
    }

    /// `DRADeviceBindingConditions`
    pub fn binding_conditions(self) -> bool {
        self.0 >= Minor(36)
    }

    /// `DRADeviceTaints`
    pub fn device_taints(self) -> bool {
        self.0 >= Minor(36)
    }

    /// `DRAExtendedResource`
    pub fn extended_resource(self) -> bool {
        self.0 >= Minor(36)
    }

    /// `DRAPartitionableDevices`
    pub fn partitionable_devices(self) -> bool {
        self.0 >= Minor(36)
    }

    /// Whether attributes have fields for lists of values at all (since 1.36, behind `DRAListTypeAttributes`).
    pub fn has_list_attributes(self) -> bool {
        self.0 >= Minor(36)
    }

    /// Whether an error of a map's key stands at the map, not at the entry.
    pub fn keys_at_map(self) -> bool {
        self.0 >= Minor(36)
    }
}
