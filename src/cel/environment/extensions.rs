//! The functions of cel-go's own extensions that Kubernetes uses.
//!
//! Apart because it is tables. Sources: `cel/library.go` and `ext/` of cel-go v0.26, in the versions that apiserver
//! `pkg/cel/environment/base.go` (1.36) asks for.

/// `ext.Strings`, version 0.
pub(super) const STRINGS: &str = "\
string_char_at_int charAt .(string, int) string
string_index_of_string indexOf .(string, string) int
string_index_of_string_int indexOf .(string, string, int) int
list_join join .(list(string)) string
list_join_string join .(list(string), string) string
string_last_index_of_string lastIndexOf .(string, string) int
string_last_index_of_string_int lastIndexOf .(string, string, int) int
string_lower_ascii lowerAscii .(string) string
string_replace_string_string replace .(string, string, string) string
string_replace_string_string_int replace .(string, string, string, int) string
string_split_string split .(string, string) list(string)
string_split_string_int split .(string, string, int) list(string)
string_substring_int substring .(string, int) string
string_substring_int_int substring .(string, int, int) string
string_trim trim .(string) string
string_upper_ascii upperAscii .(string) string";

/// What `ext.Strings` has more in version 2.
pub(super) const STRINGS_2: &str = "\
string_format format .(string, list(dyn)) string
strings_quote strings.quote (string) string";

/// `cel.OptionalTypes`, version 2.
pub(super) const OPTIONAL: &str = "\
select_optional_field _?._ (dyn, string) optional_type(V)
list_optindex_optional_int _[?_] (list(V), int) optional_type(V)
optional_list_optindex_optional_int _[?_] (optional_type(list(V)), int) optional_type(V)
map_optindex_optional_value _[?_] (map(K, V), K) optional_type(V)
optional_map_optindex_optional_value _[?_] (optional_type(map(K, V)), K) optional_type(V)
optional_list_index_int _[_] (optional_type(list(V)), int) optional_type(V)
optional_map_index_value _[_] (optional_type(map(K, V)), K) optional_type(V)
list_first first .(list(V)) optional_type(V)
optional_hasValue hasValue .(optional_type(V)) bool
list_last last .(list(V)) optional_type(V)
optional_none optional.none () optional_type(V)
optional_of optional.of (V) optional_type(V)
optional_ofNonZeroValue optional.ofNonZeroValue (V) optional_type(V)
optional_unwrap optional.unwrap (list(optional_type(V))) list(V)
optional_or_optional or .(optional_type(V), optional_type(V)) optional_type(V)
optional_orValue_value orValue .(optional_type(V), V) V
optional_unwrapOpt unwrapOpt .(list(optional_type(V))) list(V)
optional_value value .(optional_type(V)) V";

/// `ext.Sets`.
pub(super) const SETS: &str = "\
list_sets_contains_list sets.contains (list(T), list(T)) bool
list_sets_equivalent_list sets.equivalent (list(T), list(T)) bool
list_sets_intersects_list sets.intersects (list(T), list(T)) bool";

/// `ext.TwoVarComprehensions`.
pub(super) const TWO_VARIABLES: &str = "\
@mapInsert_map_key_value cel.@mapInsert (map(K, V), K, V) map(K, V)
@mapInsert_map_map cel.@mapInsert (map(K, V), map(K, V)) map(K, V)";

/// `ext.Lists`, version 3.
pub(super) const LISTS: &str = "\
list_int_sortByAssociatedKeys @sortByAssociatedKeys .(list(T), list(int)) list(T)
list_uint_sortByAssociatedKeys @sortByAssociatedKeys .(list(T), list(uint)) list(T)
list_double_sortByAssociatedKeys @sortByAssociatedKeys .(list(T), list(double)) list(T)
list_bool_sortByAssociatedKeys @sortByAssociatedKeys .(list(T), list(bool)) list(T)
list_google.protobuf.Duration_sortByAssociatedKeys @sortByAssociatedKeys .(list(T), list(duration)) list(T)
list_google.protobuf.Timestamp_sortByAssociatedKeys @sortByAssociatedKeys .(list(T), list(timestamp)) list(T)
list_string_sortByAssociatedKeys @sortByAssociatedKeys .(list(T), list(string)) list(T)
list_bytes_sortByAssociatedKeys @sortByAssociatedKeys .(list(T), list(bytes)) list(T)
list_distinct distinct .(list(T)) list(T)
list_flatten flatten .(list(list(T))) list(T)
list_flatten_int flatten .(list(dyn), int) list(dyn)
lists_range lists.range (int) list(int)
list_reverse reverse .(list(T)) list(T)
list_slice slice .(list(T), int, int) list(T)
list_int_sort sort .(list(int)) list(int)
list_uint_sort sort .(list(uint)) list(uint)
list_double_sort sort .(list(double)) list(double)
list_bool_sort sort .(list(bool)) list(bool)
list_google.protobuf.Duration_sort sort .(list(duration)) list(duration)
list_google.protobuf.Timestamp_sort sort .(list(timestamp)) list(timestamp)
list_string_sort sort .(list(string)) list(string)
list_bytes_sort sort .(list(bytes)) list(bytes)";
