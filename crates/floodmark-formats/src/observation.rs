//! Where the records of a log are made: once an event, or at each place that a packet passes.

/// Where a log's records are made, and so how often a byte stands in them. Names are those of columns.
#[derive(Clone, Copy, Debug)]
pub enum Observation {
    /// Each record is an event of its own, such as a request.
    Event,
    /// Each record is one direction of a flow, with bytes and packets of its own.
    Direction,
    /// At each network interface that a packet passes: the sender's, the receiver's, and those between that forward it.
    Interfaces(Interfaces),
    /// At each attachment of a gateway that a packet passes: where it comes in and where it goes out.
    Attachments(Attachments),
}

/// The columns that tell which interface made a record, and which end of the flow it is.
#[derive(Clone, Copy, Debug)]
pub struct Interfaces {
    /// The interface.
    pub interface: &'static str,
    /// The sender's address; at the interface's own end its primary one.
    pub source: &'static str,
    /// The receiver's address; at the interface's own end its primary one.
    pub destination: &'static str,
    /// The sender's address as the packet bears it.
    pub packet_source: &'static str,
    /// The receiver's address as the packet bears it.
    pub packet_destination: &'static str,
    /// `egress` or `ingress`, seen from the interface.
    pub direction: &'static str,
    /// The instance that has the interface; `-` if a service has it.
    pub instance: &'static str,
    /// What a service's interface is for.
    pub purpose: &'static str,
    /// The purposes of interfaces that forward what others send.
    pub forwarding: &'static [&'static str],
    /// How many bytes the flow had.
    pub bytes: &'static str,
    /// How many packets the flow had.
    pub packets: &'static str,
    /// `REJECT` for what did not pass.
    pub action: &'static str,
}

/// The columns that tell which attachment made a record, and where the packets came from or went to.
#[derive(Clone, Copy, Debug)]
pub struct Attachments {
    /// The attachment.
    pub attachment: &'static str,
    /// The attachment at the flow's other end.
    pub other: &'static str,
    /// `ingress` into the gateway or `egress` out of it.
    pub direction: &'static str,
}
