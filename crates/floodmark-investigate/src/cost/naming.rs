//! Names of addresses in SQL, from what is kept on this machine. What is not known is NULL; nothing is asked for.

/// What an address of our own is, as the inventory names it as of a time.
pub(super) fn interface(address: &str, at: &str) -> String {
    format!("interface_of({address}, {at})")
}

/// The network that an address outside belongs to, as the registries name it.
pub(super) fn network(address: &str) -> String {
    format!("network_name({address})")
}

/// The AWS service whose address it is, by AWS's list.
pub(super) fn service(address: &str) -> String {
    format!("aws_service({address})")
}

/// The region of that service's address.
pub(super) fn region(address: &str) -> String {
    format!("aws_region({address})")
}
