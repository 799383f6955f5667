//! Networks as text in files.

/// One network.
pub(crate) mod one {
    use ipnet::IpNet;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(crate) fn serialize<S: Serializer>(network: &IpNet, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(network)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<IpNet, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(|_| de::Error::custom(format_args!("`{text}` is no network")))
    }
}

/// A list of networks.
pub(crate) mod many {
    use ipnet::IpNet;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(crate) fn serialize<S: Serializer>(networks: &[IpNet], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(networks.iter().map(IpNet::to_string))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<IpNet>, D::Error> {
        let texts = Vec::<String>::deserialize(from)?;
        let read = |text: &String| {
            text.parse().map_err(|_| de::Error::custom(format_args!("`{text}` is no network")))
        };
        texts.iter().map(read).collect()
    }
}
