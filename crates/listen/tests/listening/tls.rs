//! Streams by TLS (RFC 5425), with certificates made here.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bartizan_base::{Dialect, Source, diagnostic};
use bartizan_config::ossec_conf::{self, remote::Remote};
use bartizan_listen::{Identity, Settings, Transport};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::scene::{PATIENCE, Plan, Scene};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("signed")
}

/// A certificate for `localhost` and its key, as PEM.
fn issue(authority: &Authority) -> (String, String) {
    let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    let key = KeyPair::generate().expect("a key");
    (params.signed_by(&key, authority).expect("signed").pem(), key.serialize_pem())
}

/// A block with its files in `home`.
fn block(home: &Path, more: &str) -> Remote {
    let text = format!(
        "<ossec_config>\n<remote><connection>syslog</connection><protocol>tls</protocol>\n\
         <allowed-ips>any</allowed-ips>\n<certificate>server.pem</certificate>\n<key>{}/server.key</key>\n\
         {more}</remote></ossec_config>",
        home.display()
    );
    let (configuration, _) = ossec_conf::read(&Source::new("ossec.conf", text), Dialect::OURS);
    configuration.expect("well-formed").remotes.remove(0)
}

fn write(home: &Path, name: &str, text: &str) {
    fs::write(home.join(name), text).expect("written");
}

fn home_of(authority: &Authority) -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a folder");
    let (certificate, key) = issue(authority);
    write(home.path(), "server.pem", &certificate);
    write(home.path(), "server.key", &key);
    write(home.path(), "ca.pem", &authority.pem());
    home
}

fn start(home: &Path, more: &str) -> Scene {
    let mut plan = Plan::new(&[Transport::Tls]);
    plan.settings.listeners[0].identity =
        Some(Identity::load(&block(home, more), home).expect("good"));
    plan.start()
}

/// A sender that trusts `authority`, and shows a certificate if it has one.
fn connect(
    scene: &Scene,
    authority: &Authority,
    shown: Option<(String, String)>,
) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).expect("a root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots);
    let config = match shown {
        None => config.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).expect("PEM")];
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("PEM");
            config.with_client_auth_cert(chain, key).expect("a pair")
        }
    };
    let name = "localhost".try_into().expect("a name");
    let connection = ClientConnection::new(Arc::new(config), name).expect("a connection");
    let stream = scene.tcp();
    stream.set_read_timeout(Some(PATIENCE)).expect("set");
    StreamOwned::new(connection, stream)
}

#[test]
fn messages_by_tls_arrive_like_those_of_any_stream() {
    let authority = authority();
    let home = home_of(&authority);
    let mut scene = start(home.path(), "");
    let mut connection = connect(&scene, &authority, None);
    connection.write_all(b"8 <13>abcd<13>two\n<13>la").unwrap();
    scene.wait_for(2);
    connection.write_all(b"st").unwrap();
    connection.conn.send_close_notify();
    connection.flush().unwrap();
    scene.wait_for(3);
    assert_eq!(scene.texts(), ["abcd", "two", "last"]);
    assert_eq!(scene.events[0].0, "127.0.0.1");
    assert!(scene.said.iter().all(|said| said.ends_with(": listening")), "{:?}", scene.said);
}

#[test]
fn much_by_tls_arrives_each_once_and_in_order() {
    const LINES: usize = 20_000;
    let authority = authority();
    let home = home_of(&authority);
    let mut scene = start(home.path(), "");
    let mut connection = connect(&scene, &authority, None);
    let writer = std::thread::spawn(move || {
        for number in 0..LINES {
            writeln!(connection, "<13>line {number} {}", "x".repeat(number % 300)).unwrap();
        }
        connection.conn.send_close_notify();
        connection.flush().unwrap();
    });
    scene.wait_for(LINES);
    writer.join().unwrap();
    for (number, text) in scene.texts().iter().enumerate() {
        assert_eq!(text, &format!("line {number} {}", "x".repeat(number % 300)));
    }
}

#[test]
fn with_an_authority_a_sender_has_to_show_its_certificate() {
    let (ours, theirs) = (authority(), authority());
    let home = home_of(&ours);
    let mut scene = start(home.path(), "<client_ca>ca.pem</client_ca>\n");
    let mut known = connect(&scene, &ours, Some(issue(&ours)));
    known.write_all(b"<13>known\n").unwrap();
    scene.wait_for(1);
    for (number, shown) in (1..).zip([None, Some(issue(&theirs))]) {
        let mut stranger = connect(&scene, &ours, shown);
        let _ = stranger.write_all(b"<13>stranger\n");
        assert!(!matches!(stranger.read(&mut [0; 1]), Ok(1..)));
        scene.poll_until("it is refused", |scene| scene.counts(0).malformed == number);
    }
    assert_eq!(scene.texts(), ["known"]);
    let told = scene.said.iter().filter(|said| said.contains("TLS: ")).count();
    assert_eq!(told, 1, "{:?}", scene.said);
}

#[test]
fn what_is_no_tls_is_closed_and_counted() {
    let home = home_of(&authority());
    let mut scene = start(home.path(), "");
    scene.tcp().write_all(b"<13>plain text\n").unwrap();
    scene.poll_until("it is told", |scene| scene.said.iter().any(|said| said.contains("TLS: ")));
    assert!(scene.events.is_empty());
    assert_eq!(scene.counts(0).malformed, 1);
}

#[test]
fn a_beginning_that_does_not_end_is_closed() {
    let home = home_of(&authority());
    let mut plan = Plan::new(&[Transport::Tls]).limits(|l| l.handshake = Duration::from_millis(20));
    let identity = Identity::load(&block(home.path(), ""), home.path()).expect("good");
    plan.settings.listeners[0].identity = Some(identity);
    let mut scene = plan.start();
    let mut silent = scene.tcp();
    silent.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(silent.read(&mut [0; 1]).unwrap(), 0);
    scene.poll_until("it is counted", |scene| scene.counts(0).closed_idle == 1);
}

#[track_caller]
fn check_refused(home: &Path, more: &str, place: &str, expected: &str) {
    let (settings, said) = Settings::of(&[block(home, more)], home);
    assert!(settings.listeners.is_empty());
    assert!(diagnostic::any_error(&said) && said.len() == 1);
    let said = said[0].to_string();
    assert!(said.contains(place) && said.contains(expected), "{said}");
}

#[test]
fn what_is_wrong_with_a_certificate_is_told_with_its_place() {
    let authority = authority();
    let home = home_of(&authority);
    let (certificate, other_key) = issue(&authority);
    let home = home.path();
    let key = fs::read_to_string(home.join("server.key")).unwrap();
    write(home, "server.key", &other_key);
    check_refused(home, "", "ossec.conf:5:6", "server.key: it does not suit the certificate");
    write(home, "server.key", &certificate);
    check_refused(home, "", "ossec.conf:5:6", "server.key: there is no private key");
    write(home, "server.key", &key);
    check_refused(
        home,
        "<client_ca>none.pem</client_ca>",
        "ossec.conf:6:12",
        "none.pem: No such file",
    );
    write(home, "server.pem", "nothing");
    check_refused(home, "", "ossec.conf:4:14", "server.pem: there is no certificate");
    fs::remove_file(home.join("server.pem")).unwrap();
    check_refused(home, "", "ossec.conf:4:14", "cannot read");
}
