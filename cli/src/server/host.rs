//! Who may ask: clients that name this server by an address of its own.
//!
//! A web page can make the browser of its reader send requests to 127.0.0.1, and by giving its own name that address (DNS rebinding) it
//! can even read the answers. Such a request carries the page's name in `Host`, or its origin in `Origin`. So `Host` must be an address, `localhost`, or a
//! name that was allowed, and `Origin`, which only browsers send, must be this server itself.

use std::fmt;
use std::net::IpAddr;

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName};

/// Who may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Audience {
    /// Whether other machines may.
    pub(crate) beyond_loopback: bool,
    /// Names, besides `localhost`, under which clients may know this server.
    pub(crate) names: Vec<String>,
}

/// Why a request is not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// `Host` is absent, twice there, or unreadable.
    #[error("a request names its host once, in the header `Host`")]
    NoHost,
    /// `Host` is not this server.
    #[error("`{0}` is not the name of this server; use its address, or allow the name with --allow-host")]
    OtherHost(String),
    /// A page of another server asks.
    #[error("pages of `{0}` may not use this server")]
    OtherOrigin(String),
}

impl Audience {
    /// Whether a request with these headers is answered.
    pub(crate) fn admits(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let host = only(headers, &HOST).ok_or(Refusal::NoHost)?;
        if !self.knows(name_of(host)) {
            return Err(Refusal::OtherHost(host.to_owned()));
        }
        if !headers.contains_key(ORIGIN) {
            return Ok(());
        }
        match only(headers, &ORIGIN) {
            Some(origin) if origin.strip_prefix("http://").is_some_and(|own| own.eq_ignore_ascii_case(host)) => Ok(()),
            origin => Err(Refusal::OtherOrigin(origin.unwrap_or("unknown").to_owned())),
        }
    }

    fn knows(&self, name: &str) -> bool {
        // Clients put this before the host of StartSyncExecution and TestState, unless they are told not to.
        let name = name.strip_prefix("sync-").unwrap_or(name);
        if let Ok(address) = name.parse::<IpAddr>() {
            return self.beyond_loopback || address.is_loopback();
        }
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        is("localhost") || self.names.iter().any(|known| is(known))
    }
}

/// A header that is there once.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())?.to_str().ok()
}

/// The name or address in `NAME`, `NAME:PORT`, `[ADDRESS]` or `[ADDRESS]:PORT`.
fn name_of(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.beyond_loopback { "every machine that reaches this port" } else { "this machine only" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    fn loopback() -> Audience {
        Audience { beyond_loopback: false, names: vec!["backstep.test".to_owned()] }
    }

    #[test]
    fn only_an_address_of_this_machine_or_an_allowed_name_is_this_server() {
        for host in [
            "127.0.0.1:8083",
            "127.1.2.3",
            "localhost:1",
            "sync-localhost:1",
            "LOCALHOST",
            "[::1]:8083",
            "[::1]",
            "backstep.test:80",
        ] {
            assert_eq!(loopback().admits(&headers(&[(HOST, host)])), Ok(()), "{host}");
        }
        for host in [
            "evil.example:8083",
            "sync-evil.example",
            "10.0.0.1",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "",
            "[::2]",
            "0.0.0.0",
        ] {
            let refusal = Refusal::OtherHost(host.to_owned());
            assert_eq!(loopback().admits(&headers(&[(HOST, host)])), Err(refusal), "{host}");
        }
    }

    #[test]
    fn beyond_loopback_every_address_is_taken_but_no_name() {
        let audience = Audience { beyond_loopback: true, names: Vec::new() };
        assert_eq!(audience.admits(&headers(&[(HOST, "10.0.0.1:8083")])), Ok(()));
        assert!(audience.admits(&headers(&[(HOST, "evil.example")])).is_err());
    }

    #[test]
    fn a_page_of_another_server_is_refused() {
        let admits = |origin: &str| loopback().admits(&headers(&[(HOST, "localhost:8083"), (ORIGIN, origin)]));
        assert_eq!(admits("http://localhost:8083"), Ok(()));
        for origin in ["http://evil.example", "http://localhost:3000", "https://localhost:8083", "null", ""] {
            assert_eq!(admits(origin), Err(Refusal::OtherOrigin(origin.to_owned())), "{origin}");
        }
    }

    #[test]
    fn a_request_without_a_host_or_with_two_is_refused() {
        assert_eq!(loopback().admits(&HeaderMap::new()), Err(Refusal::NoHost));
        let mut twice = headers(&[(HOST, "localhost")]);
        twice.append(HOST, "evil.example".parse().unwrap());
        assert_eq!(loopback().admits(&twice), Err(Refusal::NoHost));
    }
}
