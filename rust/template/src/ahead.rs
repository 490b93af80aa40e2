//! How far ahead a template looks: whether what it prints of a message may depend on later ones.
//!
//! A template that walks the messages once, from first to last, and asks for no others prints the same of a
//! message whatever follows it. Only what is surely of that kind is taken for it.
use std::collections::BTreeSet;

use crate::ast::{Body, Const, Expr, ExprNode, For, Stmt, StmtNode, Target};
use crate::walk::{blocks, each_child, each_expr};

/// What of a loop over the messages can be read without looking ahead.
const BEHIND: [&str; 8] = ["first", "index", "index0", "previtem", "depth", "depth0", "changed", "cycle"];

/// Of how many messages at the start all output may depend; nothing else depends on a message that comes after
/// it. `None` where that can't be told.
pub(crate) fn horizon(body: &Body<'_>) -> Option<usize> {
    let mut reader = Reader { lists: BTreeSet::from(["messages"]), ..Reader::default() };
    while reader.finds_further_lists(body) {}
    attribute_writes(body, &mut reader.writes);
    reader.body(body, Place::default());
    (!reader.looks_ahead).then_some(1 + reader.skipped)
}

/// Where a statement stands.
#[derive(Clone, Copy, Default)]
struct Place {
    /// Whether `loop` is that of the loop over the messages.
    loop_is_of_messages: bool,
    /// Whether what is printed here may be printed later, or more than once.
    is_inside: bool,
}

#[derive(Default)]
struct Reader<'s> {
    /// Names of the messages, or of what is left of them after the first.
    lists: BTreeSet<&'s str>,
    /// How many messages such names may leave out.
    skipped: usize,
    /// The attributes of namespaces that are assigned.
    writes: BTreeSet<&'s str>,
    /// Whether a loop over the messages has been passed, so that namespaces know all of them.
    is_after: bool,
    looks_ahead: bool,
}

impl<'s> Reader<'s> {
    fn finds_further_lists(&mut self, body: &Body<'s>) -> bool {
        let known = self.lists.len();
        let mut further = Vec::new();
        each_set(body, &mut |name, value| further.extend(self.is_list(value).then_some(name)));
        self.lists.extend(further);
        self.lists.len() > known
    }

    fn is_list(&self, expr: &Expr<'_>) -> bool {
        match &expr.node {
            ExprNode::Name(name) => self.lists.contains(name),
            ExprNode::Slice(inner, parts) => self.is_list(inner) && skips(parts).is_some(),
            ExprNode::Conditional(_, then, Some(otherwise)) => self.is_list(then) && self.is_list(otherwise),
            _ => false,
        }
    }

    /// Reads an expression that is a list of messages.
    fn list(&mut self, expr: &Expr<'s>, place: Place) {
        match &expr.node {
            ExprNode::Slice(inner, parts) => {
                self.skipped = self.skipped.saturating_add(skips(parts).unwrap_or(0));
                self.list(inner, place);
            }
            ExprNode::Conditional(test, then, otherwise) => {
                self.expr(test, place);
                self.list(then, place);
                otherwise.iter().for_each(|otherwise| self.list(otherwise, place));
            }
            _ => {}
        }
    }

    fn body(&mut self, body: &Body<'s>, place: Place) {
        body.iter().for_each(|statement| self.statement(statement, place));
    }

    fn statement(&mut self, statement: &Stmt<'s>, place: Place) {
        let inside = Place { is_inside: true, ..place };
        match &statement.node {
            StmtNode::Text(_) | StmtNode::Break | StmtNode::Continue => {}
            StmtNode::Set(Target::Name(_), value) if self.is_list(value) => self.list(value, place),
            StmtNode::Print(value) | StmtNode::Set(_, value) => self.value(value, place),
            StmtNode::If { test, then, elifs, otherwise } => {
                let branches = std::iter::once(then).chain(elifs.iter().map(|(_, body)| body));
                self.expr(test, place);
                elifs.iter().for_each(|(test, _)| self.expr(test, place));
                self.branches(branches.chain(std::iter::once(otherwise)), place);
            }
            StmtNode::For(node) => self.for_loop(node, place),
            StmtNode::SetBlock { filter, body, .. } => {
                filter.iter().for_each(|filter| self.value(filter, place));
                self.body(body, inside);
            }
            StmtNode::Filter { filter, body } => {
                self.value(filter, place);
                self.body(body, inside);
            }
            StmtNode::With { values, body } => {
                values.iter().for_each(|(_, value)| self.value(value, place));
                self.body(body, place);
            }
            StmtNode::Macro(..) | StmtNode::Generation(_) | StmtNode::Call { .. } => self.called(statement),
            StmtNode::Block(_)
            | StmtNode::Include { .. }
            | StmtNode::Import { .. }
            | StmtNode::Extends(_) => {
                self.looks_ahead = true;
            }
        }
    }

    fn branches<'e>(&mut self, branches: impl Iterator<Item = &'e Body<'s>>, place: Place)
    where
        's: 'e,
    {
        let before = self.is_after;
        let mut after = before;
        for branch in branches {
            self.is_after = before;
            self.body(branch, place);
            after |= self.is_after;
        }
        self.is_after = after;
    }

    fn for_loop(&mut self, node: &For<'s>, place: Place) {
        let of_messages = self.is_list(&node.iter);
        self.looks_ahead |= node.recursive;
        if of_messages {
            self.looks_ahead |= place.is_inside || self.is_after;
            self.list(&node.iter, place);
        } else {
            self.value(&node.iter, place);
        }
        let inner = Place { loop_is_of_messages: of_messages, is_inside: true };
        node.test.iter().for_each(|test| self.value(test, inner));
        self.body(&node.body, inner);
        self.is_after |= of_messages;
        self.body(&node.otherwise, place);
    }

    /// Reads what may run at any time.
    fn called(&mut self, statement: &Stmt<'s>) {
        let before = std::mem::replace(&mut self.is_after, true);
        let place = Place { loop_is_of_messages: true, is_inside: true };
        each_expr(std::slice::from_ref(statement), &mut |expr| self.value(expr, place));
        self.is_after = before;
    }

    /// Reads an expression that may be printed.
    fn value(&mut self, expr: &Expr<'s>, place: Place) {
        self.looks_ahead |= self.is_after && self.reads_written(expr);
        self.expr(expr, place);
    }

    fn reads_written(&self, expr: &Expr<'s>) -> bool {
        let mut found = match &expr.node {
            ExprNode::Attribute(_, name) => self.writes.contains(name),
            ExprNode::Item(_, key) => {
                matches!(&key.node, ExprNode::Const(Const::Str(name)) if self.writes.contains(name.as_str()))
            }
            _ => false,
        };
        each_child(expr, &mut |child| found |= self.reads_written(child));
        found
    }

    fn expr(&mut self, expr: &Expr<'s>, place: Place) {
        match &expr.node {
            ExprNode::Name(name) => {
                self.looks_ahead |= self.lists.contains(name) || place.loop_is_of_messages && *name == "loop";
            }
            ExprNode::Attribute(inner, name) if is_named(inner, "loop") && BEHIND.contains(name) => {}
            ExprNode::Item(inner, key) if self.is_name_of_list(inner) && is_zero(key) => {}
            ExprNode::Test(inner, "defined", _) if self.is_name_of_list(inner) => {}
            _ => each_child(expr, &mut |child| self.expr(child, place)),
        }
    }

    fn is_name_of_list(&self, expr: &Expr<'_>) -> bool {
        matches!(expr.node, ExprNode::Name(name) if self.lists.contains(name))
    }
}

/// How many items a slice leaves out, if they are the first ones.
fn skips(parts: &[Option<Expr<'_>>; 3]) -> Option<usize> {
    match parts {
        [None, None, None] => Some(0),
        [Some(start), None, None] => number(start),
        _ => None,
    }
}

fn number(expr: &Expr<'_>) -> Option<usize> {
    match &expr.node {
        ExprNode::Const(Const::Integer(digits)) => digits.parse().ok(),
        _ => None,
    }
}

fn is_zero(expr: &Expr<'_>) -> bool {
    number(expr) == Some(0)
}

fn is_named(expr: &Expr<'_>, wanted: &str) -> bool {
    matches!(expr.node, ExprNode::Name(name) if name == wanted)
}

fn each_set<'e, 's>(body: &'e Body<'s>, meet: &mut dyn FnMut(&'s str, &'e Expr<'s>)) {
    for statement in body {
        if let StmtNode::Set(Target::Name(name), value) = &statement.node {
            meet(name, value);
        }
        blocks(statement).into_iter().for_each(|body| each_set(body, meet));
    }
}

/// The namespace attributes that some statements assign.
fn attribute_writes<'s>(body: &Body<'s>, writes: &mut BTreeSet<&'s str>) {
    for statement in body {
        if let StmtNode::Set(target, _) | StmtNode::SetBlock { target, .. } = &statement.node {
            note_attributes(target, writes);
        }
        blocks(statement).into_iter().for_each(|body| attribute_writes(body, writes));
    }
}

fn note_attributes<'s>(target: &Target<'s>, writes: &mut BTreeSet<&'s str>) {
    match target {
        Target::Name(_) => {}
        Target::Attribute(_, attribute) => {
            writes.insert(attribute);
        }
        Target::Tuple(targets) => targets.iter().for_each(|target| note_attributes(target, writes)),
    }
}

#[cfg(test)]
mod tests {
    use crate::Template;

    const EACH: &str = "{% for m in messages %}{{ m.content }}{% endfor %}";

    fn horizon(source: &str) -> Option<usize> {
        Template::compile(source).expect("a template").horizon()
    }

    #[test]
    fn one_walk_from_first_to_last_looks_no_further() {
        assert_eq!(horizon(EACH), Some(1));
        assert_eq!(
            horizon("{% for m in messages %}{{ loop.index }}{{ loop.previtem.role }}{% endfor %}"),
            Some(1)
        );
        assert_eq!(horizon("{{ messages[0].role }}{% if messages is defined %}!{% endif %}"), Some(1));
        let flag = "{% set ns = namespace(seen=false) %}{% for m in messages %}{% if not ns.seen %}{{ m.content }}\
                    {% endif %}{% set ns.seen = true %}{% endfor %}{% if add_generation_prompt %}>{% endif %}";
        assert_eq!(horizon(flag), Some(1));
    }

    #[test]
    fn messages_that_are_left_out_at_the_start_count() {
        let rest = "{% if messages[0].role == 'system' %}{% set rest = messages[1:] %}{% else %}{% set rest = messages %}\
                    {% endif %}{% for m in rest %}{{ m.content }}{% endfor %}";
        assert_eq!(horizon(rest), Some(2));
        assert_eq!(horizon("{% for m in messages[2:] %}{{ m.content }}{% endfor %}"), Some(3));
    }

    #[test]
    fn whatever_asks_for_later_messages_looks_ahead() {
        for asks in [
            "{{ messages|length }}",
            "{{ messages[-1].role }}",
            "{% for m in messages %}{{ messages[loop.index0 + 1].role }}{% endfor %}",
            "{% for m in messages %}{{ m.content }}{% if loop.last %}!{% endif %}{% endfor %}",
            "{% for m in messages %}{% for n in messages %}{{ n.role }}{% endfor %}{% endfor %}",
            "{% for m in messages[:-1] %}{{ m.role }}{% endfor %}",
            "{% set text %}{% for m in messages %}{{ m.role }}{% endfor %}{% endset %}{{ text }}",
            "{% macro all() %}{{ messages[1].role }}{% endmacro %}{{ all() }}",
            "{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.n }}",
        ] {
            assert_eq!(horizon(asks), None, "{asks}");
        }
        assert_eq!(horizon(&format!("{EACH}{EACH}")), None);
    }
}
