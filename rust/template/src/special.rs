//! The special names, `loop`, `caller` and the like, which exist only where a template reads them: as in Jinja, if
//! that is what it first does with them, in the order in which Jinja goes through the tree.
use crate::ast::{Body, Expr, Macro, StmtNode, Target};
use crate::walk::each_name;

/// Whether some statements read a special name before they assign it; blocks don't count.
pub(crate) fn reads_special(body: &Body<'_>, name: &str) -> bool {
    First { name }.in_body(body) == Some(Use::Read)
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Use {
    Read,
    Assigned,
}

struct First<'n> {
    name: &'n str,
}

impl First<'_> {
    fn in_body(&self, body: &Body<'_>) -> Option<Use> {
        body.iter().find_map(|statement| self.in_statement(&statement.node))
    }

    fn in_statement(&self, node: &StmtNode<'_>) -> Option<Use> {
        match node {
            StmtNode::Text(_) | StmtNode::Break | StmtNode::Continue | StmtNode::Block(_) => None,
            StmtNode::Print(expr)
            | StmtNode::Extends(expr)
            | StmtNode::Include { template: expr, .. }
            | StmtNode::Import { template: expr, .. } => self.in_expr(expr),
            StmtNode::If { test, then, elifs, otherwise } => self
                .in_expr(test)
                .or_else(|| self.in_body(then))
                .or_else(|| {
                    elifs.iter().find_map(|(test, body)| self.in_expr(test).or_else(|| self.in_body(body)))
                })
                .or_else(|| self.in_body(otherwise)),
            StmtNode::For(node) => self
                .in_target(&node.target)
                .or_else(|| self.in_expr(&node.iter))
                .or_else(|| self.in_body(&node.body))
                .or_else(|| self.in_body(&node.otherwise))
                .or_else(|| node.test.as_ref().and_then(|test| self.in_expr(test))),
            StmtNode::Set(target, value) => self.in_target(target).or_else(|| self.in_expr(value)),
            StmtNode::SetBlock { target, filter, body } => self
                .in_target(target)
                .or_else(|| filter.as_ref().and_then(|filter| self.in_expr(filter)))
                .or_else(|| self.in_body(body)),
            StmtNode::Macro(_, node) | StmtNode::Generation(node) => self.in_macro(node),
            StmtNode::Call { block, callee, args } => self
                .in_expr(callee)
                .or_else(|| crate::walk::arguments(args).find_map(|arg| self.in_expr(arg)))
                .or_else(|| self.in_macro(block)),
            StmtNode::Filter { filter, body } => self.in_body(body).or_else(|| self.in_expr(filter)),
            StmtNode::With { values, body } => values
                .iter()
                .find_map(|(target, _)| self.in_target(target))
                .or_else(|| values.iter().find_map(|(_, value)| self.in_expr(value)))
                .or_else(|| self.in_body(body)),
        }
    }

    fn in_macro(&self, node: &Macro<'_>) -> Option<Use> {
        let assigned = node.params.contains(&self.name).then_some(Use::Assigned);
        assigned
            .or_else(|| node.defaults.iter().find_map(|default| self.in_expr(default)))
            .or_else(|| self.in_body(&node.body))
    }

    fn in_target(&self, target: &Target<'_>) -> Option<Use> {
        match target {
            Target::Name(name) => (*name == self.name).then_some(Use::Assigned),
            Target::Attribute(..) => None,
            Target::Tuple(targets) => targets.iter().find_map(|target| self.in_target(target)),
        }
    }

    fn in_expr(&self, expr: &Expr<'_>) -> Option<Use> {
        let mut found = None;
        each_name(expr, &mut |name| {
            if name == self.name {
                found = Some(Use::Read);
            }
        });
        found
    }
}
