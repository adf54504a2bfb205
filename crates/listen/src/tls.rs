//! TLS for streams (RFC 5425): who this machine is, and one connection's session.
//!
//! ```text
//! certificate, key, authority of the senders ─▶ Identity ─▶ Session: deciphers what a connection sends
//! ```
//!
//! Versions 1.2 and 1.3. With an authority, a sender has to show a certificate that it signed.

use std::fs::File;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Read as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use bartizan_base::{Diagnostic, Place};
use bartizan_config::ossec_conf::codes;
use bartizan_config::ossec_conf::remote::{NamedFile, Remote};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection};

use crate::frame::BadCount;
use crate::stream::{Read, is_nothing};

/// Largest file of certificates or keys that is read, in bytes.
const FILE_BYTES: u64 = 1 << 20;
/// Records that one reading deciphers at most.
const RECORDS: usize = 16;

/// What is shown to senders, and what they have to show.
#[derive(Clone)]
pub struct Identity {
    config: Arc<ServerConfig>,
    /// What the files held.
    files: u64,
}

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        self.files == other.files
    }
}

impl Eq for Identity {}

impl std::fmt::Debug for Identity {
    // Nothing of a key is ever printed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity")
    }
}

impl Identity {
    /// Reads the files that a block names; relative ones are below `home`.
    ///
    /// # Errors
    ///
    /// What is wrong with which file, at the place where it is named.
    pub fn load(block: &Remote, home: &Path) -> Result<Self, Diagnostic> {
        let certificate = named(block, block.certificate.as_ref(), "certificate")?;
        let key = named(block, block.key.as_ref(), "key")?;
        let chain = certificates(certificate, home)?;
        let key_bytes = read(key, home)?;
        let secret = PrivateKeyDer::from_pem_slice(&key_bytes)
            .map_err(|_| wrong(key, home, "there is no private key in the form PEM"))?;
        let provider = Arc::new(ring::default_provider());
        let mut hasher = DefaultHasher::new();
        (read(certificate, home)?, &key_bytes).hash(&mut hasher);
        if let Some(authority) = &block.client_ca {
            read(authority, home)?.hash(&mut hasher);
        }
        let files = hasher.finish();
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong(certificate, home, &error.to_string()))?;
        let config = match &block.client_ca {
            None => config.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                for root in certificates(authority, home)? {
                    roots.add(root).map_err(|error| wrong(authority, home, &error.to_string()))?;
                }
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                        .build()
                        .map_err(|error| wrong(authority, home, &error.to_string()))?;
                config.with_client_cert_verifier(verifier)
            }
        };
        let mut config = config.with_single_cert(chain, secret).map_err(|error| {
            wrong(key, home, &format!("it does not suit the certificate: {error}"))
        })?;
        // Nothing is sent but what the beginning needs: senders of syslog do not read.
        config.send_tls13_tickets = 0;
        Ok(Self { config: Arc::new(config), files })
    }
}

fn named<'a>(
    block: &Remote,
    file: Option<&'a NamedFile>,
    option: &str,
) -> Result<&'a NamedFile, Diagnostic> {
    file.ok_or_else(|| {
        let message = format!("`tls` cannot do without `{option}`");
        diagnostic(codes::MISSING, block.place.clone(), message)
    })
}

fn certificates(file: &NamedFile, home: &Path) -> Result<Vec<CertificateDer<'static>>, Diagnostic> {
    let bytes = read(file, home)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(wrong(file, home, "there is no certificate in the form PEM")),
    }
}

fn read(file: &NamedFile, home: &Path) -> Result<Vec<u8>, Diagnostic> {
    let path = home.join(&file.path);
    let mut bytes = Vec::new();
    let read = File::open(&path).and_then(|f| f.take(FILE_BYTES).read_to_end(&mut bytes));
    read.map_err(|error| {
        let message = format!("cannot read {}: {error}", path.display());
        diagnostic(codes::MISSING_FILE, Some(file.place.clone()), message)
    })?;
    Ok(bytes)
}

fn wrong(file: &NamedFile, home: &Path, why: &str) -> Diagnostic {
    let message = format!("{}: {why}", home.join(&file.path).display());
    diagnostic(codes::INVALID_VALUE, Some(file.place.clone()), message)
}

fn diagnostic(code: &'static str, place: Option<Place>, message: String) -> Diagnostic {
    Diagnostic::new(bartizan_base::Severity::Error, code, place, message)
}

/// What a connection and this machine agreed on.
#[derive(Debug)]
pub(crate) struct Session(Box<ServerConnection>);

impl Session {
    pub(crate) fn new(identity: &Identity) -> io::Result<Self> {
        let connection = ServerConnection::new(Arc::clone(&identity.config));
        connection.map(|connection| Self(Box::new(connection))).map_err(io::Error::other)
    }

    /// Whether they have not agreed yet.
    pub(crate) fn is_beginning(&self) -> bool {
        self.0.is_handshaking()
    }

    pub(crate) fn wants_to_send(&self) -> bool {
        self.0.wants_write()
    }

    /// Reads what came and hands on its text. `is_ready` becomes false when there is no more.
    pub(crate) fn read(
        &mut self,
        stream: &mut TcpStream,
        chunk: &mut [u8],
        is_ready: &mut bool,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), BadCount>,
    ) -> Read {
        let mut read = Read::Open;
        for _ in 0..RECORDS {
            read = self.read_record(stream, chunk, is_ready, sink);
            if !*is_ready || !matches!(read, Read::Open) {
                break;
            }
        }
        // Also what went wrong is sent, so that the other side can tell its people.
        while self.0.wants_write() && self.0.write_tls(stream).is_ok_and(|sent| sent > 0) {}
        read
    }

    fn read_record(
        &mut self,
        stream: &mut TcpStream,
        chunk: &mut [u8],
        is_ready: &mut bool,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), BadCount>,
    ) -> Read {
        match self.0.read_tls(stream) {
            Ok(_) => {}
            Err(error) if is_nothing(&error) => {
                *is_ready = false;
                return Read::Open;
            }
            // A sender that was killed; what it sent before was read.
            Err(_) => return Read::Ended,
        }
        if let Err(error) = self.0.process_new_packets() {
            return Read::Malformed(format!("TLS: {error}"));
        }
        loop {
            match self.0.reader().read(chunk) {
                Ok(0) => return Read::Ended,
                Ok(length) => {
                    if let Err(error) = sink(chunk.get(..length).unwrap_or_default()) {
                        return Read::Malformed(error.to_string());
                    }
                }
                Err(error) if is_nothing(&error) => return Read::Open,
                // The stream ended without saying so.
                Err(_) => return Read::Ended,
            }
        }
    }
}
