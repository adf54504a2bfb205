//! A listener on the loopback interface, and senders of all kinds.

mod backlog;
mod rsyslog;
mod scene;
mod senders;
mod standards;
mod tcp;
mod tls;
mod udp;
