//! Types in Hive's words.

use crate::dialect::ddl::lexer::Kind;
use crate::dialect::ddl::parser::{Parser, nearest};
use crate::error::{Error, Result};
use crate::limits::TYPE_DEPTH_MAX;

/// The types without parts, as Hive writes them and as the catalog keeps them.
const PLAIN: &[(&str, &str)] = &[
    ("tinyint", "tinyint"),
    ("smallint", "smallint"),
    ("int", "int"),
    ("integer", "int"),
    ("bigint", "bigint"),
    ("boolean", "boolean"),
    ("float", "float"),
    ("double", "double"),
    ("string", "string"),
    ("binary", "binary"),
    ("date", "date"),
    ("timestamp", "timestamp"),
];

/// The types with numbers in parentheses: the default ones, and the largest that each may be.
const SIZED: &[(&str, &[u32], &[u32])] =
    &[("decimal", &[10, 0], &[38, 38]), ("varchar", &[], &[65_535]), ("char", &[], &[255])];

/// The types with types in them.
const NESTED: &[&str] = &["array", "map", "struct"];

impl Parser<'_> {
    /// A type, in lower case without blanks.
    pub(super) fn hive_type(&mut self) -> Result<String> {
        self.type_at_depth(0)
    }

    fn type_at_depth(&mut self, depth: usize) -> Result<String> {
        if depth > TYPE_DEPTH_MAX {
            let text = format!("a type is nested deeper than {TYPE_DEPTH_MAX} times");
            return Err(self.malformed(text));
        }
        let Some(token) = self.peek().filter(|token| token.kind == Kind::Word) else {
            return Err(self.unrecognised());
        };
        let word = self.text(token).to_ascii_lowercase();
        if let Some((_, name)) = PLAIN.iter().find(|(written, _)| *written == word) {
            self.advance();
            return Ok((*name).to_owned());
        }
        let numeric = matches!(word.as_str(), "numeric" | "dec");
        let sized = if numeric { "decimal" } else { word.as_str() };
        if let Some((name, defaults, largest)) = SIZED.iter().find(|(name, ..)| *name == sized) {
            self.advance();
            return self.sized(name, defaults, largest);
        }
        match word.as_str() {
            "array" => {
                self.advance();
                self.expect("<")?;
                let of = self.type_at_depth(depth + 1)?;
                self.expect(">")?;
                Ok(format!("array<{of}>"))
            }
            "map" => {
                self.advance();
                self.expect("<")?;
                let key = self.type_at_depth(depth + 1)?;
                self.expect(",")?;
                let value = self.type_at_depth(depth + 1)?;
                self.expect(">")?;
                Ok(format!("map<{key},{value}>"))
            }
            "struct" => {
                self.advance();
                self.expect("<")?;
                let mut fields = vec![self.field(depth)?];
                while self.one_of(&[",", ">"])? == "," {
                    fields.push(self.field(depth)?);
                }
                Ok(format!("struct<{}>", fields.join(",")))
            }
            _ => Err(self.unknown_type(&word)),
        }
    }

    fn unknown_type(&self, word: &str) -> Error {
        let known: Vec<_> = PLAIN.iter().map(|(name, _)| *name).collect();
        let known: Vec<_> = known.into_iter().chain(SIZED.iter().map(|(name, ..)| *name)).collect();
        let known: Vec<_> = known.iter().chain(NESTED).copied().collect();
        let error = self.unrecognised();
        match word {
            "text" | "uuid" | "json" => error.hint("did you mean `string`?"),
            "long" => error.hint("did you mean `bigint`?"),
            "real" => error.hint("did you mean `float`?"),
            "row" => error.hint("did you mean `struct<name:type,…>`?"),
            _ => match nearest(word, &known) {
                Some(known) => error.hint(format!("did you mean `{known}`?")),
                None => error,
            },
        }
    }

    fn sized(&mut self, name: &str, defaults: &[u32], largest: &[u32]) -> Result<String> {
        let start = self.previous();
        let mut sizes = defaults.to_vec();
        if self.is("(") || sizes.is_empty() {
            let written = self.list(|parser| {
                let number = parser.number()?;
                number.parse::<u32>().map_err(|_| parser.unrecognised())
            })?;
            if written.len() > largest.len() {
                return Err(self.unrecognised());
            }
            sizes.truncate(largest.len());
            for (at, size) in written.into_iter().enumerate() {
                match sizes.get_mut(at) {
                    Some(place) => *place = size,
                    None => sizes.push(size),
                }
            }
        }
        let fits = sizes.iter().zip(largest).all(|(size, largest)| size <= largest);
        let scaled = sizes.get(1).is_none_or(|scale| *scale <= sizes[0]);
        if !fits || !scaled || sizes[0] == 0 {
            let text = match name {
                "decimal" => {
                    "Decimal precision out of allowed range [1,38], or scale above it".into()
                }
                _ => format!("{name} length out of allowed range [1, {}]", largest[0]),
            };
            let place = self.position_of(start);
            return Err(Error::invalid_query(text).code("TYPE_MISMATCH").at(Some(place)));
        }
        let sizes: Vec<_> = sizes.iter().map(u32::to_string).collect();
        Ok(format!("{name}({})", sizes.join(",")))
    }

    /// `name: type COMMENT '…'`. The comment is not kept: the catalog has no place for it.
    fn field(&mut self, depth: usize) -> Result<String> {
        let name = self.field_name()?;
        if !self.take(":") {
            return Err(self.unexpected(&[":"]).hint("fields are written `name:type`"));
        }
        let of = self.type_at_depth(depth + 1)?;
        self.comment()?;
        Ok(format!("{name}:{of}"))
    }

    /// A field's name. One that has signs in it, such as `user-agent`, is written in backticks or as it is.
    fn field_name(&mut self) -> Result<String> {
        let first = self.peek();
        let mut name = match first {
            Some(token) if token.kind == Kind::Number => {
                self.advance();
                self.text(token).to_owned()
            }
            _ => self.identifier()?,
        };
        while let (Some(previous), Some(token)) = (self.previous(), self.peek())
            && token.start == previous.end
            && !matches!(self.text(token), ":" | "," | ">" | "<")
            && token.kind != Kind::Open
        {
            name.push_str(&self.unquoted(token).to_lowercase());
            self.advance();
        }
        Ok(name)
    }
}
