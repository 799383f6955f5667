//! Common table expressions of one name, one within another: the inner one gets another name.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Ident, ObjectName, Query, TableAlias, TableFactor, VisitorMut,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use crate::dialect::names;
use crate::dialect::rewrite::build;

/// Renames common table expressions that hide others.
#[derive(Default)]
pub(crate) struct Shadows {
    scopes: Vec<Scope>,
    renamed: usize,
}

struct Scope {
    /// The names as they are written, and as they are planned.
    names: Vec<(String, String)>,
    visible: usize,
    recursive: bool,
}

impl VisitorMut for Shadows {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        let mut scope = Scope { names: Vec::new(), visible: 0, recursive: false };
        if let Some(with) = &mut query.with {
            scope.recursive = with.recursive;
            for table in &mut with.cte_tables {
                let written = table.alias.name.value.clone();
                let is_hiding = (self.scopes.iter())
                    .any(|outer| outer.names.iter().any(|(name, _)| *name == written));
                if is_hiding {
                    self.renamed += 1;
                    let planned = names::hidden(&written, self.renamed);
                    table.alias.name = build::name(&planned, table.alias.name.span);
                }
                scope.names.push((written, table.alias.name.value.clone()));
            }
        }
        self.scopes.push(scope);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &mut Query) -> ControlFlow<()> {
        self.scopes.pop();
        if let Some(outer) = self.scopes.last_mut() {
            outer.visible = (outer.visible + 1).min(outer.names.len());
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, alias, args: None, .. } = factor
            && let Some((written, planned, span)) = self.resolve(name)
            && written != planned
        {
            *name = ObjectName::from(build::name(&planned, span));
            alias.get_or_insert_with(|| TableAlias {
                explicit: true,
                name: build::name(&written, span),
                columns: Vec::new(),
                at: None,
            });
        }
        ControlFlow::Continue(())
    }
}

impl Shadows {
    fn resolve(&self, name: &ObjectName) -> Option<(String, String, Span)> {
        let [part] = name.0.as_slice() else {
            return None;
        };
        let Ident { value, span, .. } = part.as_ident()?;
        self.scopes.iter().rev().find_map(|scope| {
            let visible = scope.visible + usize::from(scope.recursive);
            let found = scope.names.iter().take(visible).find(|(name, _)| name == value);
            found.map(|(written, planned)| (written.clone(), planned.clone(), *span))
        })
    }
}
