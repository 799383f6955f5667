//! The cards of those who are named in an answer (jCard, RFC 7095): an array of properties.

use serde_json::Value;

/// A card, which may be anything: a registry wrote it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Card<'a>(&'a [Value]);

impl<'a> Card<'a> {
    /// The card of an entity, if it has one.
    pub(super) fn of(entity: &'a Value) -> Option<Self> {
        let array = entity.get("vcardArray")?.as_array()?;
        Some(Self(array.get(1)?.as_array()?))
    }

    /// The first text of a property, such as `fn`, `org`, `kind` or `email`. A structured value's first part counts.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        let value = self.property(name)?.get(3)?;
        let text = value.as_str().or_else(|| value.get(0)?.as_str())?;
        let text = text.trim();
        (!text.is_empty()).then_some(text)
    }

    /// The country of the address: its code if there is one (RFC 8605), or what stands last in the address.
    pub(super) fn country(&self) -> Option<&'a str> {
        let address = self.property("adr")?;
        let code = address.get(1).and_then(|parameters| parameters.get("cc")?.as_str());
        code.or_else(|| address.get(3)?.as_array()?.last()?.as_str())
    }

    fn property(&self, name: &str) -> Option<&'a [Value]> {
        let properties = self.0.iter().filter_map(|property| property.as_array());
        let mut named = properties.filter(|property| {
            let written = property.first().and_then(Value::as_str);
            written.is_some_and(|written| written.eq_ignore_ascii_case(name))
        });
        named.next().map(Vec::as_slice)
    }
}
