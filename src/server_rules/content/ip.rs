//! IP addresses and CIDRs.
//!
//! Apart because the server reads them in a sloppy way of its own (leading zeros) and then, for 1.36 and later, refuses
//! what it read. Source: apimachinery `pkg/util/validation/ip.go`, `k8s.io/utils/net` (1.36).

use crate::finding::FieldErrors;
use crate::object::Path;
use crate::schema::Minor;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const BAD_IP: &str = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const BAD_CIDR: &str = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

/// An address and the length of its network prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    /// The address as written, bits behind the prefix included.
    pub address: IpAddr,
    /// How many leading bits name the network.
    pub prefix: u8,
}

impl Cidr {
    /// The address with all bits behind the prefix cleared.
    pub fn network(self) -> IpAddr {
        match self.address {
            IpAddr::V4(v4) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & mask))
            }
            IpAddr::V6(v6) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & mask))
            }
        }
    }

    /// Whether an address lies in the network (`net.IPNet.Contains`).
    pub fn contains(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(_), IpAddr::V4(_)) | (IpAddr::V6(_), IpAddr::V6(_)) => {
                Self { address, prefix: self.prefix }.network() == self.network()
            }
            _ => false,
        }
    }
}

/// Leading decimal digits: their value (below 2^24) and what follows.
fn decimal(text: &str) -> Option<(u32, &str)> {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let mut value = 0u32;
    for byte in text[..end].bytes() {
        value = value * 10 + u32::from(byte - b'0');
        if value >= 0xff_ffff {
            return None;
        }
    }
    (end > 0).then_some((value, &text[end..]))
}

/// Four decimal numbers up to 255, leading zeros let through.
fn parse_v4(text: &str) -> Option<Ipv4Addr> {
    let mut octets = [0u8; 4];
    let mut rest = text;
    for (index, octet) in octets.iter_mut().enumerate() {
        if index > 0 {
            rest = rest.strip_prefix('.')?;
        }
        let (value, behind) = decimal(rest)?;
        *octet = u8::try_from(value).ok()?;
        rest = behind;
    }
    rest.is_empty().then(|| Ipv4Addr::from(octets))
}

/// Up to eight groups of hexadecimal digits, leading zeros let through without limit.
fn parse_v6(text: &str) -> Option<Ipv6Addr> {
    let mut groups = [0u16; 8];
    let mut ellipsis = None;
    let mut count = 0;
    let mut rest = text;
    if let Some(behind) = rest.strip_prefix("::") {
        ellipsis = Some(0);
        rest = behind;
        if rest.is_empty() {
            return Some(Ipv6Addr::UNSPECIFIED);
        }
    }
    while count < 8 {
        let end = rest.bytes().position(|byte| !byte.is_ascii_hexdigit()).unwrap_or(rest.len());
        let digits = &rest[..end];
        if digits.is_empty() {
            return None;
        }
        if rest[end..].starts_with('.') {
            if (ellipsis.is_none() && count != 6) || count > 6 {
                return None;
            }
            let octets = parse_v4(rest)?.octets();
            groups[count] = u16::from_be_bytes([octets[0], octets[1]]);
            groups[count + 1] = u16::from_be_bytes([octets[2], octets[3]]);
            count += 2;
            rest = "";
            break;
        }
        let significant = digits.trim_start_matches('0');
        groups[count] = if significant.is_empty() { 0 } else { u16::from_str_radix(significant, 16).ok()? };
        count += 1;
        rest = &rest[end..];
        if rest.is_empty() {
            break;
        }
        rest = rest.strip_prefix(':')?;
        if rest.is_empty() {
            return None;
        }
        if let Some(behind) = rest.strip_prefix(':') {
            if ellipsis.is_some() {
                return None;
            }
            ellipsis = Some(count);
            rest = behind;
            if rest.is_empty() {
                break;
            }
        }
    }
    if !rest.is_empty() {
        return None;
    }
    match ellipsis {
        None if count < 8 => None,
        None => Some(Ipv6Addr::from(groups)),
        Some(_) if count == 8 => None,
        Some(at) => {
            let mut spread = [0u16; 8];
            spread[..at].copy_from_slice(&groups[..at]);
            let tail = count - at;
            spread[8 - tail..].copy_from_slice(&groups[at..count]);
            Some(Ipv6Addr::from(spread))
        }
    }
}

/// Reads an address as the server does (`ParseIPSloppy`): leading zeros are dropped, zones refused; an IPv4-mapped
/// IPv6 address counts as IPv4, as Go's `net.IP` has it.
pub fn parse_ip(text: &str) -> Option<IpAddr> {
    match text.bytes().find(|byte| matches!(byte, b'.' | b':'))? {
        b'.' => parse_v4(text).map(IpAddr::V4),
        _ => parse_v6(text).map(|v6| v6.to_ipv4_mapped().map_or(IpAddr::V6(v6), IpAddr::V4)),
    }
}

/// Whether it is an IPv6 address; one mapped from IPv4 is none (`netutils.IsIPv6String`).
pub fn is_ipv6(text: &str) -> bool {
    matches!(parse_ip(text), Some(IpAddr::V6(_)))
}

/// Whether it is an IPv4 address; one mapped into IPv6 is one (`netutils.IsIPv4String`).
pub fn is_ipv4(text: &str) -> bool {
    matches!(parse_ip(text), Some(IpAddr::V4(_)))
}

/// Reads a CIDR as the server does (`ParseCIDRSloppy`).
pub fn parse_cidr(text: &str) -> Option<Cidr> {
    let (address, mask) = text.split_once('/')?;
    let (prefix, behind) = decimal(mask)?;
    if !behind.is_empty() {
        return None;
    }
    let (address, bits) = match parse_v4(address) {
        Some(v4) => (IpAddr::V4(v4), 32),
        None => (IpAddr::V6(parse_v6(address)?), 128),
    };
    (prefix <= bits).then_some(Cidr { address, prefix: u8::try_from(prefix).ok()? })
}

/// Whether the minor refuses leading zeros and mapped addresses in old fields (gate `StrictIPCIDRValidation`, on by
/// default since 1.36).
fn is_strict(minor: Minor) -> bool {
    minor >= Minor(36)
}

/// An address in a field that is older than strict validation (`IsValidIPForLegacyField`).
pub fn validate_legacy_ip(text: &str, minor: Minor, path: &Path<'_>, errors: &mut FieldErrors) -> Option<IpAddr> {
    read_ip(text, is_strict(minor), path, errors)
}

/// An address in a field that always was strict (`IsValidIP`).
pub fn validate_ip(text: &str, path: &Path<'_>, errors: &mut FieldErrors) -> Option<IpAddr> {
    let address = read_ip(text, true, path, errors)?;
    let canonical = address.to_string();
    if canonical != text && text.parse::<IpAddr>().is_ok_and(|strict| !is_mapped(strict)) {
        errors.invalid(path, text, &format!("must be in canonical form (\"{canonical}\")"));
    }
    Some(address)
}

fn read_ip(text: &str, strict: bool, path: &Path<'_>, errors: &mut FieldErrors) -> Option<IpAddr> {
    let Some(address) = parse_ip(text) else {
        errors.invalid(path, text, BAD_IP);
        return None;
    };
    if strict {
        match text.parse::<IpAddr>() {
            Err(_) => errors.invalid(path, text, "must not have leading 0s"),
            Ok(parsed) if is_mapped(parsed) => {
                errors.invalid(path, text, "must not be an IPv4-mapped IPv6 address");
            }
            Ok(_) => {}
        }
    }
    Some(address)
}

fn is_mapped(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some())
}

/// A CIDR in a field that is older than strict validation (`IsValidCIDRForLegacyField`).
pub fn validate_legacy_cidr(text: &str, minor: Minor, path: &Path<'_>, errors: &mut FieldErrors) -> Option<Cidr> {
    read_cidr(text, is_strict(minor), path, errors)
}

/// A CIDR in a field that always was strict (`IsValidCIDR`).
pub fn validate_cidr(text: &str, path: &Path<'_>, errors: &mut FieldErrors) -> Option<Cidr> {
    let before = errors.list.len();
    let cidr = read_cidr(text, true, path, errors)?;
    let canonical = format!("{}/{}", cidr.network(), cidr.prefix);
    if errors.list.len() == before && canonical != text {
        errors.invalid(path, text, &format!("must be in canonical form (\"{canonical}\")"));
    }
    Some(cidr)
}

fn read_cidr(text: &str, strict: bool, path: &Path<'_>, errors: &mut FieldErrors) -> Option<Cidr> {
    let Some(cidr) = parse_cidr(text) else {
        errors.invalid(path, text, BAD_CIDR);
        return None;
    };
    if strict {
        let (address, mask) = text.split_once('/').unwrap_or((text, ""));
        let zeros = mask.len() > 1 && mask.starts_with('0');
        match address.parse::<IpAddr>() {
            parsed if zeros || parsed.is_err() => {
                errors.invalid(path, text, "must not have leading 0s in IP or prefix length");
            }
            Ok(parsed) if is_mapped(parsed) => {
                errors.invalid(path, text, "must not have an IPv4-mapped IPv6 address");
            }
            Ok(_) if cidr.network() != cidr.address => {
                errors.invalid(path, text, "must not have bits set beyond the prefix length");
            }
            _ => {}
        }
    }
    Some(cidr)
}

/// The warning for an address that is accepted in an old field though not in its usual form (`GetWarningsForIP`); the
/// text without the field's path.
pub fn ip_warning(text: &str) -> Option<String> {
    let address = parse_ip(text)?;
    match text.parse::<IpAddr>() {
        Err(_) => Some(format!("non-standard IP address \"{text}\" is invalid: use \"{address}\"")),
        Ok(parsed) if is_mapped(parsed) => {
            Some(format!("non-standard IP address \"{text}\" is invalid: use \"{address}\""))
        }
        Ok(IpAddr::V6(v6)) if v6.to_string() != text => {
            Some(format!("IPv6 address \"{text}\" should be in RFC 5952 canonical format (\"{v6}\")"))
        }
        Ok(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server_rules::VALIDATION;
    use proptest::prelude::*;

    fn said<T>(check: impl FnOnce(&Path<'_>, &mut FieldErrors) -> Option<T>) -> Vec<String> {
        let mut errors = FieldErrors::new(&VALIDATION);
        check(&Path::ROOT.field("ip"), &mut errors);
        errors.list.iter().map(crate::finding::FieldError::message).collect()
    }

    #[test]
    fn reads_what_the_server_reads() {
        assert_eq!(parse_ip("10.1.2.3"), Some(IpAddr::from([10, 1, 2, 3])));
        assert_eq!(parse_ip("010.001.2.3"), Some(IpAddr::from([10, 1, 2, 3])));
        assert_eq!(parse_ip("::ffff:10.1.2.3"), Some(IpAddr::from([10, 1, 2, 3])));
        assert_eq!(parse_ip("fd00::00001"), Some(IpAddr::from([0xfd00, 0, 0, 0, 0, 0, 0, 1])));
        assert_eq!(parse_ip("::"), Some(IpAddr::from([0u16; 8])));
        assert_eq!(parse_ip("1::2:3:4:5:6:7:8"), None);
        for bad in ["", "10.1.2", "10.1.2.256", "10.1.2.3.4", "fe80::1%eth0", "1:2:3:4:5:6:7", "a:::b", ":", "1:"] {
            assert_eq!(parse_ip(bad), None, "{bad}");
        }
        assert_eq!(parse_cidr("10.1.2.3/8").map(Cidr::network), Some(IpAddr::from([10, 0, 0, 0])));
        assert_eq!(parse_cidr("10.1.2.3/33"), None);
        assert_eq!(parse_cidr("10.1.2.3"), None);
        assert_eq!(parse_cidr("0.0.0.0/0").map(Cidr::network), Some(IpAddr::from([0, 0, 0, 0])));
        assert!(parse_cidr("fd00::/8").is_some_and(|cidr| cidr.contains(IpAddr::from([0xfd12, 0, 0, 0, 0, 0, 0, 1]))));
    }

    #[test]
    fn old_fields_became_strict() {
        let zeros = |minor| said(|path, errors| validate_legacy_ip("10.01.2.3", Minor(minor), path, errors));
        assert_eq!(zeros(35), Vec::<String>::new());
        assert_eq!(zeros(36), ["ip: Invalid value: \"10.01.2.3\": must not have leading 0s"]);
        assert_eq!(
            said(|path, errors| validate_legacy_cidr("10.1.2.3/8", Minor(36), path, errors)),
            ["ip: Invalid value: \"10.1.2.3/8\": must not have bits set beyond the prefix length"]
        );
    }

    #[test]
    fn new_fields_want_the_canonical_form() {
        assert_eq!(
            said(|path, errors| validate_ip("FD00::1", path, errors)),
            ["ip: Invalid value: \"FD00::1\": must be in canonical form (\"fd00::1\")"]
        );
        assert_eq!(
            said(|path, errors| validate_cidr("fd00:0::/64", path, errors)),
            ["ip: Invalid value: \"fd00:0::/64\": must be in canonical form (\"fd00::/64\")"]
        );
        assert_eq!(said(|path, errors| validate_ip("fd00::1", path, errors)), Vec::<String>::new());
    }

    /// As Go has it: an IPv4-mapped address is an IPv4 address.
    fn unmapped(address: IpAddr) -> IpAddr {
        match address {
            IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
            IpAddr::V4(_) => address,
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(address: IpAddr) {
            prop_assert_eq!(parse_ip(&address.to_string()), Some(unmapped(address)));
        }

        #[test]
        fn other_texts_are_addresses_but_for_zeros_in_front(text in "[0-9a-f]{0,3}([:.]{1,2}[0-9a-f]{1,3}){0,8}(::)?") {
            let strict = text.parse::<IpAddr>().ok().map(unmapped);
            let read = parse_ip(&text);
            if strict.is_some() {
                prop_assert_eq!(read, strict);
            } else if let Some(read) = read {
                let bare: Vec<String> = text
                    .split_inclusive(['.', ':'])
                    .map(|part| {
                        let (digits, end) = part.split_at(part.trim_end_matches(['.', ':']).len());
                        let significant = digits.trim_start_matches('0');
                        let shown = if significant.is_empty() && !digits.is_empty() { "0" } else { significant };
                        format!("{shown}{end}")
                    })
                    .collect();
                prop_assert_eq!(bare.concat().parse::<IpAddr>().ok().map(unmapped), Some(read), "{}", text);
            }
        }

        #[test]
        fn a_range_holds_its_network_and_what_shares_the_prefix(bits: u32, prefix in 0..=32u8, other: u32) {
            let range = parse_cidr(&format!("{}/{prefix}", Ipv4Addr::from(bits))).expect("a range");
            prop_assert_eq!((range.address, range.prefix), (IpAddr::from(Ipv4Addr::from(bits)), prefix));
            prop_assert!(range.contains(range.network()));
            let shares = prefix == 0 || (bits ^ other) >> (32 - u32::from(prefix)) == 0;
            prop_assert_eq!(range.contains(IpAddr::from(Ipv4Addr::from(other))), shares);
        }

        #[test]
        fn a_prefix_is_within_the_address(address: IpAddr, prefix in 0..400u32) {
            let most = if address.is_ipv4() { 32 } else { 128 };
            prop_assert_eq!(parse_cidr(&format!("{address}/{prefix}")).is_some(), prefix <= most);
        }
    }
}
