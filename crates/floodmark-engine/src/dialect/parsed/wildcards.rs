//! `SELECT *` leaves the hidden columns out, also where the statement names some.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    ExcludeSelectItem, Ident, ObjectName, Query, Select, SelectItem,
    SelectItemQualifiedWildcardKind, Statement, TableFactor, VisitMut, VisitorMut,
    WildcardAdditionalOptions,
};

use crate::dialect::parsed::TableName;
use crate::dialect::scope::Scopes;

/// Makes each `*` over a table that has hidden columns leave these out.
pub(crate) fn leave_out(
    statement: &mut Statement,
    hidden: &[String],
    has_hidden: &dyn Fn(&TableName) -> bool,
) {
    let mut leave_out = LeaveOut { hidden, has_hidden, scopes: Scopes::default() };
    let _ = VisitMut::visit(statement, &mut leave_out);
}

struct LeaveOut<'a> {
    hidden: &'a [String],
    has_hidden: &'a dyn Fn(&TableName) -> bool,
    scopes: Scopes,
}

impl LeaveOut<'_> {
    /// The names under which a part of FROM gives tables that have hidden columns.
    fn tables(&self, factor: &TableFactor, found: &mut Vec<String>) {
        if let TableFactor::NestedJoin { table_with_joins, .. } = factor {
            self.tables(&table_with_joins.relation, found);
            for join in &table_with_joins.joins {
                self.tables(&join.relation, found);
            }
        }
        found.extend(self.table(factor));
    }

    fn table(&self, factor: &TableFactor) -> Option<String> {
        let TableFactor::Table { name, alias, .. } = factor else {
            return None;
        };
        if self.scopes.is_defined(name) {
            return None;
        }
        let name = TableName::of(name)?;
        (self.has_hidden)(&name)
            .then(|| alias.as_ref().map_or(name.name, |alias| alias.name.value.to_lowercase()))
    }

    /// Leaves the hidden columns out, besides those that the statement leaves out itself.
    fn exclude(&self, options: &mut WildcardAdditionalOptions) {
        let mut names: Vec<ObjectName> = match options.opt_exclude.take() {
            None => Vec::new(),
            Some(ExcludeSelectItem::Single(name)) => vec![name],
            Some(ExcludeSelectItem::Multiple(names)) => names,
        };
        let hidden = self.hidden.iter().map(|name| ObjectName::from(Ident::with_quote('"', name)));
        let hidden: Vec<_> = hidden.filter(|name| !names.contains(name)).collect();
        names.extend(hidden);
        options.opt_exclude = Some(ExcludeSelectItem::Multiple(names));
    }
}

impl VisitorMut for LeaveOut<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        self.scopes.enter(query);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &mut Query) -> ControlFlow<()> {
        self.scopes.leave();
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        let factors = select.from.iter().flat_map(|from| {
            std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation))
        });
        let mut tables = Vec::new();
        for factor in factors {
            self.tables(factor, &mut tables);
        }
        for item in &mut select.projection {
            match item {
                SelectItem::Wildcard(options) if !tables.is_empty() => self.exclude(options),
                SelectItem::QualifiedWildcard(
                    SelectItemQualifiedWildcardKind::ObjectName(name),
                    options,
                ) => {
                    let name = name.0.last().and_then(|part| part.as_ident());
                    let name = name.map(|name| name.value.to_lowercase());
                    if name.is_some_and(|name| tables.contains(&name)) {
                        self.exclude(options);
                    }
                }
                _ => {}
            }
        }
        ControlFlow::Continue(())
    }
}
