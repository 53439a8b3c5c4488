//! IP addresses and networks.
//!
//! Apart because Go's `netip` decides what one is. Source: apiserver `pkg/cel/library/ip.go`, `cidr.go` (1.36), Go's
//! `net/netip`.

use super::{Answer, failed};
use crate::cel::error::EvaluationError;
use crate::cel::value::Value;
use crate::go_quote::go_quote;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Calls a function of addresses and networks.
pub fn call(function: &str, arguments: &[Value]) -> Answer {
    Some(match (function, arguments) {
        ("ip", [Value::String(text)]) => parse(text).map(Value::Ip),
        ("ip", [Value::Cidr(address, _)]) => Ok(Value::Ip(*address)),
        ("isIP", [Value::String(text)]) => Ok(parse(text).is_ok().into()),
        ("ip.isCanonical", [Value::String(text)]) => parse(text).map(|address| (address.to_string() == **text).into()),
        ("family", [Value::Ip(address)]) => Ok(Value::Int(if address.is_ipv4() { 4 } else { 6 })),
        ("isUnspecified", [Value::Ip(address)]) => Ok(address.is_unspecified().into()),
        ("isLoopback", [Value::Ip(address)]) => Ok(address.is_loopback().into()),
        ("isLinkLocalMulticast", [Value::Ip(address)]) => Ok(is_link_local_multicast(*address).into()),
        ("isLinkLocalUnicast", [Value::Ip(address)]) => Ok(is_link_local_unicast(*address).into()),
        ("isGlobalUnicast", [Value::Ip(address)]) => Ok((!(address.is_unspecified()
            || address.is_loopback()
            || address.is_multicast()
            || is_link_local_unicast(*address)
            || *address == IpAddr::V4(Ipv4Addr::BROADCAST)))
        .into()),
        ("cidr", [Value::String(text)]) => parse_network(text).map(|(address, length)| Value::Cidr(address, length)),
        ("isCIDR", [Value::String(text)]) => Ok(parse_network(text).is_ok().into()),
        ("prefixLength", [Value::Cidr(_, length)]) => Ok(Value::Int(i64::from(*length))),
        ("masked", [Value::Cidr(address, length)]) => Ok(Value::Cidr(masked(*address, *length), *length)),
        ("containsIP", [Value::Cidr(address, length), Value::Ip(other)]) => {
            Ok(contains(*address, *length, *other).into())
        }
        ("containsIP", [Value::Cidr(address, length), Value::String(text)]) => {
            parse(text).map(|other| contains(*address, *length, other).into())
        }
        ("containsCIDR", [Value::Cidr(address, length), Value::Cidr(other, longer)]) => {
            Ok((length <= longer && contains(*address, *length, *other)).into())
        }
        ("containsCIDR", [Value::Cidr(address, length), Value::String(text)]) => {
            parse_network(text).map(|(other, longer)| (*length <= longer && contains(*address, *length, other)).into())
        }
        _ => return None,
    })
}

/// An address, without a zone and not of one family within the other.
fn parse(text: &str) -> Result<IpAddr, EvaluationError> {
    let quoted = go_quote(text);
    let wrong = |words: String| Err(EvaluationError::Failed(words.into()));
    if let Some((address, zone)) = text.split_once('%')
        && !zone.is_empty()
        && address.parse::<Ipv6Addr>().is_ok()
    {
        return wrong(format!("IP address {quoted} with zone value is not allowed"));
    }
    match text.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) if address.to_ipv4_mapped().is_some() => {
            wrong(format!("IPv4-mapped IPv6 address {quoted} is not allowed"))
        }
        Ok(address) => Ok(address),
        Err(_) => wrong(format!(
            "IP Address {quoted} parse error during conversion from string: ParseAddr({quoted}): unable to parse IP"
        )),
    }
}

fn parse_network(text: &str) -> Result<(IpAddr, u8), EvaluationError> {
    let twice = "network address parse error during conversion from string: ".repeat(2);
    let quoted = go_quote(text);
    let wrong = |why: &str| Err(EvaluationError::failed(format!("{twice}netip.ParsePrefix({quoted}): {why}")));
    let Some((address, length)) = text.rsplit_once('/') else { return wrong("no '/'") };
    let Ok(address) = address.parse::<IpAddr>() else {
        return wrong(&format!("ParseAddr({}): unable to parse IP", go_quote(address)));
    };
    let digits = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || (length.len() > 1 && length.starts_with('0')) {
        return wrong(&format!("bad bits after slash: {}", go_quote(length)));
    }
    let most = if address.is_ipv4() { 32 } else { 128 };
    let Some(length) = length.parse::<u8>().ok().filter(|length| *length <= most) else {
        return wrong("prefix length out of range");
    };
    if let IpAddr::V6(mapped) = address
        && mapped.to_ipv4_mapped().is_some()
    {
        return failed(format!(
            "network address parse error during conversion from string: IPv4-mapped IPv6 address {quoted} is not allowed"
        ))
        .map(|_| (address, length));
    }
    Ok((address, length))
}

fn is_link_local_unicast(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.segments()[0] & 0xffc0 == 0xfe80,
    }
}

fn is_link_local_multicast(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.octets()[..3] == [224, 0, 0],
        IpAddr::V6(address) => address.segments()[0] & 0xff0f == 0xff02,
    }
}

fn masked(address: IpAddr, length: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & mask))
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
        }
    }
}

fn contains(network: IpAddr, length: u8, address: IpAddr) -> bool {
    network.is_ipv4() == address.is_ipv4() && masked(network, length) == masked(address, length)
}

#[cfg(test)]
mod tests {
    use crate::cel::interpreter::testing::{fails, holds};

    #[test]
    fn knows_addresses() {
        holds("isIP('10.0.0.1') && isIP('fd00::1') && !isIP('10.0.0.256') && !isIP('::ffff:10.0.0.1')");
        holds("ip('10.0.0.1').family() == 4 && ip('::1').isLoopback() && ip('0.0.0.0').isUnspecified()");
        holds("ip('10.0.0.1').isGlobalUnicast() && !ip('169.254.0.1').isGlobalUnicast()");
        holds("ip.isCanonical('fd00::1') && !ip.isCanonical('fd00:0::1') && string(ip('10.0.0.1')) == '10.0.0.1'");
        fails("ip('::1%eth0').family() == 6", "IP address \"::1%eth0\" with zone value is not allowed");
    }

    #[test]
    fn knows_networks() {
        holds("isCIDR('10.0.0.0/8') && !isCIDR('10.0.0.0/33') && !isCIDR('10.0.0.0/08') && !isCIDR('10.0.0.0')");
        holds("cidr('10.0.0.0/8').containsIP('10.1.2.3') && !cidr('10.0.0.0/8').containsIP(ip('11.0.0.1'))");
        holds("cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && !cidr('10.1.0.0/16').containsCIDR('10.0.0.0/8')");
        holds("cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8') && cidr('10.0.0.0/8').prefixLength() == 8");
        holds("cidr('10.0.0.0/8').ip() == ip('10.0.0.0') && cidr('::/0').containsIP('fd00::1')");
    }
}
