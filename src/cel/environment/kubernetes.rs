//! The functions of Kubernetes' own libraries.
//!
//! Apart because it is tables. Source: apiserver `pkg/cel/library` (1.36).

/// `urls.go`
pub(super) const URLS: &str = "\
url_get_escaped_path getEscapedPath .(kubernetes.URL) string
url_get_host getHost .(kubernetes.URL) string
url_get_hostname getHostname .(kubernetes.URL) string
url_get_port getPort .(kubernetes.URL) string
url_get_query getQuery .(kubernetes.URL) map(string, list(string))
url_get_scheme getScheme .(kubernetes.URL) string
is_url_string isURL (string) bool
string_to_url url (string) kubernetes.URL";

/// `regex.go`
pub(super) const REGEX: &str = "\
string_find_string find .(string, string) string
string_find_all_string findAll .(string, string) list(string)
string_find_all_string_int findAll .(string, string, int) list(string)";

/// `lists.go`
pub(super) const KUBERNETES_LISTS: &str = "\
list_a_index_of_int indexOf .(list(A), A) int
list_int_is_sorted_bool isSorted .(list(int)) bool
list_uint_is_sorted_bool isSorted .(list(uint)) bool
list_double_is_sorted_bool isSorted .(list(double)) bool
list_bool_is_sorted_bool isSorted .(list(bool)) bool
list_duration_is_sorted_bool isSorted .(list(duration)) bool
list_timestamp_is_sorted_bool isSorted .(list(timestamp)) bool
list_string_is_sorted_bool isSorted .(list(string)) bool
list_bytes_is_sorted_bool isSorted .(list(bytes)) bool
list_a_last_index_of_int lastIndexOf .(list(A), A) int
list_int_max_int max .(list(int)) int
list_uint_max_uint max .(list(uint)) uint
list_double_max_double max .(list(double)) double
list_bool_max_bool max .(list(bool)) bool
list_duration_max_duration max .(list(duration)) duration
list_timestamp_max_timestamp max .(list(timestamp)) timestamp
list_string_max_string max .(list(string)) string
list_bytes_max_bytes max .(list(bytes)) bytes
list_int_min_int min .(list(int)) int
list_uint_min_uint min .(list(uint)) uint
list_double_min_double min .(list(double)) double
list_bool_min_bool min .(list(bool)) bool
list_duration_min_duration min .(list(duration)) duration
list_timestamp_min_timestamp min .(list(timestamp)) timestamp
list_string_min_string min .(list(string)) string
list_bytes_min_bytes min .(list(bytes)) bytes
list_int_sum_int sum .(list(int)) int
list_uint_sum_uint sum .(list(uint)) uint
list_double_sum_double sum .(list(double)) double
list_duration_sum_duration sum .(list(duration)) duration";

/// `authz.go`
pub(super) const AUTHORIZER: &str = "\
decision_allowed allowed .(kubernetes.authorization.Decision) bool
pathcheck_check check .(kubernetes.authorization.PathCheck, string) kubernetes.authorization.Decision
resourcecheck_check check .(kubernetes.authorization.ResourceCheck, string) kubernetes.authorization.Decision
decision_error error .(kubernetes.authorization.Decision) string
decision_errored errored .(kubernetes.authorization.Decision) bool
authorizer_group group .(kubernetes.authorization.Authorizer, string) kubernetes.authorization.GroupCheck
resourcecheck_name name .(kubernetes.authorization.ResourceCheck, string) kubernetes.authorization.ResourceCheck
resourcecheck_namespace namespace .(kubernetes.authorization.ResourceCheck, string) kubernetes.authorization.ResourceCheck
authorizer_path path .(kubernetes.authorization.Authorizer, string) kubernetes.authorization.PathCheck
decision_reason reason .(kubernetes.authorization.Decision) string
groupcheck_resource resource .(kubernetes.authorization.GroupCheck, string) kubernetes.authorization.ResourceCheck
authorizer_serviceaccount serviceAccount .(kubernetes.authorization.Authorizer, string, string) kubernetes.authorization.Authorizer
resourcecheck_subresource subresource .(kubernetes.authorization.ResourceCheck, string) kubernetes.authorization.ResourceCheck";

/// `authz.go`: selectors of fields and labels.
pub(super) const AUTHORIZER_SELECTORS: &str = "\
authorizer_fieldselector fieldSelector .(kubernetes.authorization.ResourceCheck, string) kubernetes.authorization.ResourceCheck
authorizer_labelselector labelSelector .(kubernetes.authorization.ResourceCheck, string) kubernetes.authorization.ResourceCheck";

/// `quantity.go`
pub(super) const QUANTITY: &str = "\
quantity_add add .(kubernetes.Quantity, kubernetes.Quantity) kubernetes.Quantity
quantity_add_int add .(kubernetes.Quantity, int) kubernetes.Quantity
quantity_get_float asApproximateFloat .(kubernetes.Quantity) double
quantity_get_int asInteger .(kubernetes.Quantity) int
quantity_compare_to compareTo .(kubernetes.Quantity, kubernetes.Quantity) int
quantity_is_greater_than isGreaterThan .(kubernetes.Quantity, kubernetes.Quantity) bool
quantity_is_integer isInteger .(kubernetes.Quantity) bool
quantity_is_less_than isLessThan .(kubernetes.Quantity, kubernetes.Quantity) bool
is_quantity_string isQuantity (string) bool
string_to_quantity quantity (string) kubernetes.Quantity
quantity_sign sign (kubernetes.Quantity) int
quantity_sub sub .(kubernetes.Quantity, kubernetes.Quantity) kubernetes.Quantity
quantity_sub_int sub .(kubernetes.Quantity, int) kubernetes.Quantity";

/// `ip.go`
pub(super) const IP: &str = "\
ip_family family .(net.IP) int
string_to_ip ip (string) net.IP
ip_is_canonical ip.isCanonical (string) bool
ip_is_global_unicast isGlobalUnicast .(net.IP) bool
is_ip isIP (string) bool
ip_is_link_local_multicast isLinkLocalMulticast .(net.IP) bool
ip_is_link_local_unicast isLinkLocalUnicast .(net.IP) bool
ip_is_loopback isLoopback .(net.IP) bool
ip_is_unspecified isUnspecified .(net.IP) bool
ip_to_string string (net.IP) string";

/// `cidr.go`
pub(super) const CIDR: &str = "\
string_to_cidr cidr (string) net.CIDR
cidr_contains_cidr_string containsCIDR .(net.CIDR, string) bool
cidr_contains_cidr containsCIDR .(net.CIDR, net.CIDR) bool
cidr_contains_ip_string containsIP .(net.CIDR, string) bool
cidr_contains_ip_ip containsIP .(net.CIDR, net.IP) bool
cidr_ip ip .(net.CIDR) net.IP
is_cidr isCIDR (string) bool
cidr_masked masked .(net.CIDR) net.CIDR
cidr_prefix_length prefixLength .(net.CIDR) int
cidr_to_string string (net.CIDR) string";

/// `format.go`
pub(super) const FORMAT: &str = "\
format.byte format.byte () kubernetes.NamedFormat
format.date format.date () kubernetes.NamedFormat
format.datetime format.datetime () kubernetes.NamedFormat
format.dns1035Label format.dns1035Label () kubernetes.NamedFormat
format.dns1035LabelPrefix format.dns1035LabelPrefix () kubernetes.NamedFormat
format.dns1123Label format.dns1123Label () kubernetes.NamedFormat
format.dns1123LabelPrefix format.dns1123LabelPrefix () kubernetes.NamedFormat
format.dns1123Subdomain format.dns1123Subdomain () kubernetes.NamedFormat
format.dns1123SubdomainPrefix format.dns1123SubdomainPrefix () kubernetes.NamedFormat
format.labelValue format.labelValue () kubernetes.NamedFormat
format-named format.named (string) optional_type(kubernetes.NamedFormat)
format.qualifiedName format.qualifiedName () kubernetes.NamedFormat
format.uri format.uri () kubernetes.NamedFormat
format.uuid format.uuid () kubernetes.NamedFormat
format-validate validate .(kubernetes.NamedFormat, string) optional_type(list(string))";

/// `semverlib.go`, version 1.
pub(super) const SEMVER: &str = "\
semver_compare_to compareTo .(kubernetes.Semver, kubernetes.Semver) int
semver_is_greater_than isGreaterThan .(kubernetes.Semver, kubernetes.Semver) bool
semver_is_less_than isLessThan .(kubernetes.Semver, kubernetes.Semver) bool
is_semver_string isSemver (string) bool
is_semver_string_bool isSemver (string, bool) bool
semver_major major .(kubernetes.Semver) int
semver_minor minor .(kubernetes.Semver) int
semver_patch patch .(kubernetes.Semver) int
string_to_semver semver (string) kubernetes.Semver
string_bool_to_semver semver (string, bool) kubernetes.Semver";

/// `jsonpatch.go`
pub(super) const JSON_PATCH: &str = "\
string_jsonpatch_escapeKey_string jsonpatch.escapeKey (string) string";
