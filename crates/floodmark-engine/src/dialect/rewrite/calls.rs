//! Refuses calls of functions that Trino does not have, before other syntax becomes calls of the planner's functions.

use std::ops::ControlFlow;

use datafusion::error::DataFusionError;
use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, ObjectNamePart, VisitorMut,
};

use crate::dialect::functions;
use crate::error::{Error, ErrorKind};

/// Looks at each call as it is written.
pub(crate) struct Calls<'a> {
    pub(crate) errors: &'a mut Vec<Error>,
}

impl VisitorMut for Calls<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::Function(function) => self.function(function),
            Expr::Overlay { .. } => self.refuse("overlay"),
            Expr::Convert { .. } => self.refuse("convert"),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

impl Calls<'_> {
    fn function(&mut self, function: &mut Function) {
        // What is written without parentheses may be a column.
        if function.args == FunctionArguments::None {
            return;
        }
        let name = match function.name.0.as_slice() {
            [ObjectNamePart::Identifier(ident)] => ident.value.to_lowercase(),
            _ => function.name.to_string(),
        };
        if name.starts_with('$') {
            return;
        }
        if functions::MISSING.contains(&name.as_str()) {
            let message = format!("the function {name} is not supported");
            self.errors.push(Error::new(ErrorKind::NotSupported, message));
        } else if !functions::is_callable(&name) {
            self.refuse(&name);
        } else if let Some(ObjectNamePart::Identifier(ident)) = function.name.0.first_mut() {
            match name.as_str() {
                // The planner has its own idea of `map()`.
                "map" => ident.value = "$map".to_owned(),
                "regexp_replace" if has_lambda(&function.args) => {
                    ident.value = "$regexp_replace".to_owned();
                }
                _ => {}
            }
        }
    }

    /// The error in the planner's words, which are explained, and found in the text, like those of the planner itself.
    fn refuse(&mut self, name: &str) {
        let mut message = format!("Invalid function '{name}'.");
        if let Some(nearest) = functions::nearest(name) {
            message.push_str(&format!("\nDid you mean '{nearest}'?"));
        }
        self.errors.push(Error::from(DataFusionError::Plan(message)));
    }
}

fn has_lambda(args: &FunctionArguments) -> bool {
    let FunctionArguments::List(list) = args else { return false };
    list.args
        .iter()
        .any(|arg| matches!(arg, FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Lambda(_)))))
}
