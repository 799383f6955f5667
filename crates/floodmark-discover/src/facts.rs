//! What is known of the addresses of a column, looked up once for each address.

use std::net::IpAddr;
use std::sync::Arc;

use floodmark_engine::{Error, Result};
use floodmark_who::{Fact, Known, Who};

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
            let address = addresses.get(code as u32).and_then(|text| text.parse::<IpAddr>().ok());
            let told = match address {
                Some(address) => {
                    let told = self.who.tell(self.fact, address.to_canonical(), None);
                    told.map_err(Error::from)?
                }
                None => Known::Nothing,
            };
            self.codes.push(told.value().map_or(NULL, |text| self.dictionary.code(&text)));
        }
        Ok(())
    }
}
