//! Objects in a folder, as AWS lays them out.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use floodmark_formats::log_type::Encoding;
use floodmark_formats::synthetic::{Place, Random, Record, header_of, key};
use floodmark_formats::time::Micros;
use libdeflater::{CompressionLvl, Compressor};

use crate::demo::incidents::traffic::Traffic;

/// The account of all synthetic logs.
pub(crate) const ACCOUNT: &str = "111122223333";

/// The region of all synthetic logs.
pub(crate) const REGION: &str = "eu-west-1";

/// One object before it is written.
pub(crate) struct Object {
    traffic: &'static Traffic,
    time: Micros,
    text: String,
}

impl Object {
    /// An object without records, for this time in its name.
    pub(crate) fn new(traffic: &'static Traffic, time: Micros) -> Self {
        Self { traffic, time, text: header_of(traffic.log, traffic.fields) }
    }

    /// Adds a record.
    pub(crate) fn push(&mut self, record: &Record) {
        let line = record.line();
        let line = match self.traffic.log.encoding {
            // Fields that are written after those of the chosen form.
            Encoding::Words { separators, .. }
                if self.traffic.fields < self.traffic.log.fields.len() =>
            {
                let end =
                    line.match_indices(char::from(separators[0])).nth(self.traffic.fields - 1);
                line[..end.map_or(line.len(), |(at, _)| at)].to_owned()
            }
            _ => line,
        };
        self.text.push_str(&line);
        self.text.push('\n');
    }

    /// Writes it below the folder of the logs.
    pub(crate) fn write(&self, logs: &Path, random: &mut Random) -> anyhow::Result<()> {
        let place = Place {
            account: ACCOUNT,
            region: REGION,
            resource: self.traffic.resource,
            time: self.time,
        };
        let suffix = if self.traffic.folder.is_empty() { ".log.gz" } else { ".gz" };
        let key = self.traffic.folder.to_owned() + &key(self.traffic.log, &place, random) + suffix;
        write_gzip(&logs.join(key), &self.text)
    }
}

/// Writes a file, compressed, and the folders above it.
pub(crate) fn write_gzip(path: &Path, text: &str) -> anyhow::Result<()> {
    let write = || -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut compressor = Compressor::new(CompressionLvl::fastest());
        let mut compressed = vec![0; compressor.gzip_compress_bound(text.len())];
        let length = compressor
            .gzip_compress(text.as_bytes(), &mut compressed)
            .map_err(std::io::Error::other)?;
        let mut file = File::create(path)?;
        file.write_all(&compressed[..length])?;
        file.sync_all()
    };
    write().with_context(|| format!("cannot write `{}`", path.display()))
}
