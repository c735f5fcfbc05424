//! Where a request comes from, and which host it is for: as the connection and its head say, or as a proxy
//! says that is trusted.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, OnceLock},
};

use axum::http::{HeaderMap, Request, header::FORWARDED, uri::Authority};
use ipnet::IpNet;
use passlink_adapters::inbound::api::ForwardedHost;
use passlink_application::limits::ClientAddress;

const X_FORWARDED_FOR: &str = "x-forwarded-for";
const X_FORWARDED_HOST: &str = "x-forwarded-host";
/// How many networks the log warns of that send such a header and are not trusted.
const TOLD: usize = 16;

/// The proxies whose word on their clients, and on the host that those ask, is taken.
#[derive(Clone)]
pub(crate) struct TrustedProxies {
    nets: Arc<[IpNet]>,
    /// The networks that the log has warned of. There is room for several, so that a client that sends
    /// such a header first does not hide a proxy. There is no room where no warning is needed.
    told: Arc<[OnceLock<IpAddr>]>,
}

impl TrustedProxies {
    /// None, where it does not matter who the clients are.
    pub fn none() -> Self {
        Self { nets: Arc::default(), told: Arc::default() }
    }

    /// Takes addresses and networks.
    ///
    /// Errors: the first text that is neither.
    pub fn parse(texts: &[String]) -> Result<Self, String> {
        let nets = texts.iter().map(|text| net(text).ok_or_else(|| text.clone()));
        let told = (0..TOLD).map(|_| OnceLock::new()).collect();
        Ok(Self { nets: nets.collect::<Result<_, _>>()?, told })
    }

    /// The network that a connection with `peer` is counted by; `None` for a trusted proxy, which has
    /// those of all its clients.
    pub fn network(&self, peer: SocketAddr) -> Option<IpAddr> {
        let peer = peer.ip().to_canonical();
        (!self.trusts(peer)).then(|| ClientAddress(peer).network())
    }

    /// Notes on a request of the connection with `peer` where it comes from, and what host a proxy was
    /// asked for.
    pub fn note<B>(&self, peer: SocketAddr, mut request: Request<B>) -> Request<B> {
        let client = ClientAddress(self.client(peer.ip(), request.headers()));
        request.extensions_mut().insert(client);
        if self.trusts(peer.ip().to_canonical())
            && let Some(host) = forwarded_host(request.headers())
        {
            request.extensions_mut().insert(host);
        }
        request
    }

    /// The last hop that is not trusted. Each proxy adds the one before it at the end.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let mut hops = hops(headers);
        // Whoever speaks for clients and is not trusted is probably a proxy.
        if !hops.is_empty() && !self.trusts(client) && self.is_news(client) {
            tracing::warn!(
                peer = %client,
                "a peer that is not trusted sends X-Forwarded-For or Forwarded: if it is a proxy in \
                 front of this server, name it in server.trusted_proxies; without that, all people \
                 behind it share the limits of one client"
            );
        }
        while self.trusts(client)
            && let Some(Some(hop)) = hops.pop()
        {
            client = hop.to_canonical();
        }
        client
    }

    /// Whether nothing was said of the peer's network yet, and there is room to note that it is now.
    fn is_news(&self, peer: IpAddr) -> bool {
        let network = ClientAddress(peer).network();
        for told in self.told.iter() {
            let mut is_new = false;
            let noted = told.get_or_init(|| {
                is_new = true;
                network
            });
            if *noted == network {
                return is_new;
            }
        }
        false
    }

    /// An IPv4 address has two forms, and a network may be told in either.
    fn trusts(&self, address: IpAddr) -> bool {
        let mapped = match address {
            IpAddr::V4(address) => address.to_ipv6_mapped().into(),
            IpAddr::V6(_) => address,
        };
        self.nets.iter().any(|net| net.contains(&address) || net.contains(&mapped))
    }
}

fn net(text: &str) -> Option<IpNet> {
    let text = text.trim();
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// The hops of `X-Forwarded-For`, or of `Forwarded` (RFC 7239) where there is none; `None` for one
/// that is no address. Which of the two counts is not for a client to say: a proxy adds to the one
/// that it was set up for, whatever stands there already.
fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let (name, read): (_, fn(&str) -> Option<IpAddr>) = if headers.contains_key(X_FORWARDED_FOR) {
        (X_FORWARDED_FOR, address)
    } else {
        (FORWARDED.as_str(), forwarded)
    };
    let hops = headers.get_all(name).iter().flat_map(|value| split(value.as_bytes(), b','));
    // Elements of a list may be empty (RFC 9110, section 5.6.1).
    let hops = hops.filter(|hop| !hop.trim_ascii().is_empty());
    hops.map(|hop| std::str::from_utf8(hop).ok().and_then(read)).collect()
}

/// Splits a list, but not within quotes, where a proxy repeats what a client wrote. A quote without
/// a partner is the client's own, and does not hide what the proxy adds.
fn split(list: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let is_even = list.iter().filter(|octet| **octet == b'"').count().is_multiple_of(2);
    let mut quoted = false;
    list.split(move |octet| {
        quoted ^= is_even && *octet == b'"';
        *octet == separator && !quoted
    })
}

fn forwarded(element: &str) -> Option<IpAddr> {
    parameter(element, "for").and_then(address)
}

/// A parameter of an element of `Forwarded`, without its quotes.
fn parameter<'e>(element: &'e str, wanted: &str) -> Option<&'e str> {
    split(element.as_bytes(), b';')
        .filter_map(|pair| std::str::from_utf8(pair).ok()?.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted))
        .map(|(_, value)| value.trim().trim_matches('"'))
}

/// The host by `X-Forwarded-Host`, or by `Forwarded` where there is none; none if neither has one. It is
/// the last one, which the nearest proxy has added.
fn forwarded_host(headers: &HeaderMap) -> Option<ForwardedHost> {
    let last = |name: &str| {
        let lists = headers.get_all(name).iter();
        let elements = lists.flat_map(|list| split(list.as_bytes(), b',')).map(<[u8]>::trim_ascii);
        elements.filter(|element| !element.is_empty()).last()
    };
    let host = match last(X_FORWARDED_HOST) {
        Some(host) => std::str::from_utf8(host).unwrap_or_default(),
        None => parameter(std::str::from_utf8(last(FORWARDED.as_str())?).ok()?, "host")?,
    };
    Some(ForwardedHost(Authority::try_from(host).ok()))
}

/// An address, with or without a port, which may be hidden (`_x`); in brackets or not for IPv6, where
/// the zone (`%eth0`) is set aside.
fn address(node: &str) -> Option<IpAddr> {
    let node = node.trim().trim_matches('"');
    let bare = match (node.strip_prefix('['), node.split_once(':')) {
        (Some(node), _) => node.split_once(']')?.0,
        (None, Some((v4, port))) if !port.contains(':') => v4,
        (None, _) => node,
    };
    bare.split_once('%').map_or(bare, |(address, _)| address).parse().ok()
}

#[cfg(test)]
mod tests;
