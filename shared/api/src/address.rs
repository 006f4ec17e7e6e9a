//! The source address of a request, as API Gateway reports it. Headers are not trusted.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv6Addr},
};

use axum::{extract::FromRequestParts, http::request::Parts};
use lambda_http::request::RequestContext;

/// The network by which attempts are counted: an IPv4 address, or the first 64 bits of an IPv6 address,
/// which providers assign to one subscriber.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceAddress(Vec<u8>);

impl SourceAddress {
    /// Parses the gateway's notation. All invalid addresses are counted together.
    pub fn of(text: &str) -> Self {
        let octets = match text.parse::<IpAddr>() {
            Ok(IpAddr::V4(v4)) => v4.octets().to_vec(),
            Ok(IpAddr::V6(v6)) => Self::of_v6(v6),
            Err(_) => Vec::new(),
        };
        Self(octets)
    }

    fn of_v6(v6: Ipv6Addr) -> Vec<u8> {
        match v6.to_ipv4_mapped() {
            Some(v4) => v4.octets().to_vec(),
            None => v6.octets()[..8].to_vec(),
        }
    }

    /// The bytes that identify the network.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SourceAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let text = match parts.extensions.get::<RequestContext>() {
            Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.as_deref(),
            _ => None,
        };
        Ok(Self::of(text.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::SourceAddress;

    #[test]
    fn an_ipv6_network_counts_as_one() {
        let of = SourceAddress::of;
        assert_eq!(of("2001:db8:0:1::1"), of("2001:db8:0:1:ffff::2"));
        assert_ne!(of("2001:db8:0:1::1"), of("2001:db8:0:2::1"));
        assert_eq!(of("::ffff:203.0.113.7"), of("203.0.113.7"));
        assert_ne!(of("203.0.113.7"), of("203.0.113.8"));
        assert_eq!(of("nonsense"), of(""));
    }
}
