//! `PREPARE`, `EXECUTE`, `DEALLOCATE PREPARE` and `EXPLAIN`: statements about statements.

use std::ops::Range;

use crate::dialect::ddl::parser::Parser;
use crate::dialect::ddl::statement::{Explain, Statement};
use crate::error::Result;

/// Reads what follows `EXPLAIN`.
pub(super) fn parse_explain(parser: &mut Parser) -> Result<Statement> {
    let analyze = parser.take("ANALYZE");
    let verbose = analyze && parser.take("VERBOSE");
    let (mut format, mut kind) = (None, None);
    // Parentheses can also belong to a query.
    if parser.is("(") && (parser.is_at(1, "FORMAT") || parser.is_at(1, "TYPE")) {
        parser.list(|parser| {
            match parser.one_of(&["FORMAT", "TYPE"])? {
                "FORMAT" => format = Some(parser.one_of(&["GRAPHVIZ", "JSON", "TEXT"])?.to_owned()),
                _ => {
                    let kinds = ["DISTRIBUTED", "IO", "LOGICAL", "VALIDATE"];
                    kind = Some(parser.one_of(&kinds)?.to_owned());
                }
            }
            Ok(())
        })?;
    }
    Ok(Statement::Explain(Explain { analyze, verbose, format, kind, inner: parser.rest()? }))
}

/// Reads what follows `PREPARE`.
pub(super) fn parse_prepare(parser: &mut Parser) -> Result<Statement> {
    let name = parser.identifier()?;
    parser.expect("FROM")?;
    Ok(Statement::Prepare { name, query: parser.rest()? })
}

/// Reads what follows `EXECUTE`.
pub(super) fn parse_execute(parser: &mut Parser) -> Result<Statement> {
    // A statement may be named so too.
    let immediate =
        parser.is("IMMEDIATE") && !parser.is_at(1, "USING") && parser.peek_at(1).is_some();
    if immediate {
        parser.advance();
        let position = parser.position();
        let text = parser.string()?;
        return Ok(Statement::ExecuteImmediate { text, position, parameters: using(parser)? });
    }
    let position = parser.position();
    let name = parser.identifier()?;
    Ok(Statement::Execute { name, position, parameters: using(parser)? })
}

/// Reads what follows `DEALLOCATE`.
pub(super) fn parse_deallocate(parser: &mut Parser) -> Result<Statement> {
    parser.expect("PREPARE")?;
    let position = parser.position();
    Ok(Statement::Deallocate { name: parser.identifier()?, position })
}

/// `USING expression, …`, if it comes.
fn using(parser: &mut Parser) -> Result<Vec<Range<usize>>> {
    if !parser.take("USING") {
        return Ok(Vec::new());
    }
    let mut parameters = vec![parser.until(&[","])?];
    while parser.take(",") {
        parameters.push(parser.until(&[","])?);
    }
    Ok(parameters)
}
