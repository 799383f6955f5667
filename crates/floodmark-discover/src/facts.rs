//! What is known of the addresses of a column, looked up once for each address.

use std::net::IpAddr;
use std::sync::Arc;

use floodmark_engine::{Error, Result};
use floodmark_who::{Fact, Who};

use crate::dictionary::{Dictionary, NULL, Numbers};

/// A fact of the addresses of another column.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The column of the addresses.
    pub(crate) of: usize,
    fact: Fact,
    pub(crate) dictionary: Dictionary,
    /// The code of the fact by the code of the address.
    pub(crate) codes: Vec<u32>,
    who: Arc<Who>,
}

impl Facts {
    /// A fact of which nothing is looked up yet.
    pub(crate) fn new(of: usize, fact: Fact, who: Arc<Who>) -> Self {
        Self { of, fact, dictionary: Dictionary::new(Numbers::None), codes: vec![NULL], who }
    }

    /// Looks up the addresses that are new.
    ///
    /// # Errors
    ///
    /// Those of damaged files.
    pub(crate) fn update(&mut self, addresses: &Dictionary) -> Result<()> {
        for code in self.codes.len()..addresses.len() {
            let told = match addresses.get(code as u32) {
                Some(address) => self.told(address)?,
                None => None,
            };
            self.codes.push(told.map_or(NULL, |text| self.dictionary.code(&text)));
        }
        Ok(())
    }

    /// What is known of an address; None if nothing is, or if it is none.
    ///
    /// # Errors
    ///
    /// Those of damaged files.
    pub(crate) fn told(&self, address: &str) -> Result<Option<String>> {
        let Ok(address) = address.parse::<IpAddr>() else { return Ok(None) };
        let told = self.who.tell(self.fact, address.to_canonical(), None).map_err(Error::from)?;
        Ok(told.value().map(|text| text.to_string()))
    }

    /// The same fact, of which nothing that was looked up is kept.
    #[must_use]
    pub(crate) fn forgotten(&self) -> Self {
        Self::new(self.of, self.fact, Arc::clone(&self.who))
    }
}
