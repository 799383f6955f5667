//! Which names in FROM are common table expressions: each is visible behind its definition, within its query.

use datafusion::sql::sqlparser::ast::{ObjectName, Query};

/// The common table expressions that are visible while a statement is walked, query by query.
#[derive(Debug, Default)]
pub(crate) struct Scopes(Vec<Scope>);

#[derive(Debug)]
struct Scope {
    /// The names in the order of their definitions.
    names: Vec<String>,
    /// How many of them are visible.
    visible: usize,
    recursive: bool,
}

impl Scopes {
    /// A query begins.
    pub(crate) fn enter(&mut self, query: &Query) {
        let names = query.with.iter().flat_map(|with| &with.cte_tables);
        self.0.push(Scope {
            names: names.map(|table| table.alias.name.value.clone()).collect(),
            visible: 0,
            recursive: query.with.as_ref().is_some_and(|with| with.recursive),
        });
    }

    /// The query that began last ends.
    pub(crate) fn leave(&mut self) {
        self.0.pop();
        // Definitions are walked before the query that they are for.
        if let Some(outer) = self.0.last_mut() {
            outer.visible = (outer.visible + 1).min(outer.names.len());
        }
    }

    /// Whether a name means a common table expression here.
    pub(crate) fn is_defined(&self, name: &ObjectName) -> bool {
        let [part] = name.0.as_slice() else {
            return false;
        };
        part.as_ident().is_some_and(|ident| {
            self.0.iter().any(|scope| {
                let visible = scope.visible + usize::from(scope.recursive);
                scope.names.iter().take(visible).any(|name| *name == ident.value)
            })
        })
    }
}
