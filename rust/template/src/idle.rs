//! Loops that have nothing left to do once a flag is set, such as
//! `{% for m in messages[::-1] %}{% set index = messages|length - 1 - loop.index0 %}{% if ns.open and … %}`.
use crate::ast::{Args, Binary, Const, Expr, ExprNode, For, StmtNode, Target};
use crate::program::LoopPart;

/// `namespace.attribute`, and whether it is true or false when there is nothing left to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flag<'s> {
    pub(crate) namespace: &'s str,
    pub(crate) attribute: &'s str,
    pub(crate) when: bool,
}

/// The flag that decides whether a loop's body does anything. What the body does before it looks at the flag is
/// the same each time but for the loop's counters, and seen by nobody.
pub(crate) fn flag<'s>(node: &For<'s>) -> Option<Flag<'s>> {
    let (last, sets) = node.body.split_last().filter(|_| node.test.is_none() && !node.recursive)?;
    let StmtNode::If { test, elifs, otherwise, .. } = &last.node else { return None };
    let mut own = names(&node.target);
    for set in sets {
        let StmtNode::Set(Target::Name(name), value) = &set.node else { return None };
        if !is_steady(value, &own) {
            return None;
        }
        own.push(name);
    }
    let flag = first(test).filter(|flag| !own.contains(&flag.namespace));
    flag.filter(|_| elifs.is_empty() && otherwise.is_empty())
}

fn names<'s>(target: &Target<'s>) -> Vec<&'s str> {
    match target {
        Target::Name(name) | Target::Attribute(name, _) => vec![name],
        Target::Tuple(targets) => targets.iter().flat_map(names).collect(),
    }
}

/// What a test looks at first, if nothing else counts where that decides.
fn first<'s>(test: &Expr<'s>) -> Option<Flag<'s>> {
    match &test.node {
        ExprNode::And(left, _) => first(left),
        ExprNode::Not(inner) => match inner.node {
            ExprNode::Attribute(..) => first(inner).map(|flag| Flag { when: true, ..flag }),
            _ => None,
        },
        ExprNode::Attribute(of, attribute) => match of.node {
            ExprNode::Name(namespace) if namespace != "loop" => {
                Some(Flag { namespace, attribute, when: false })
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether an expression, once computed, can be computed in every iteration: a sum of constants, variables from
/// outside, their lengths, and the loop's counters.
fn is_steady(expr: &Expr<'_>, own: &[&str]) -> bool {
    match &expr.node {
        ExprNode::Const(Const::Integer(_)) => true,
        ExprNode::Name(name) => *name != "loop" && !own.contains(name),
        ExprNode::Attribute(of, part) => matches!(of.node, ExprNode::Name("loop")) && is_counter(part),
        ExprNode::Filter(Some(of), "length", args) => {
            matches!(of.node, ExprNode::Name(_)) && is_steady(of, own) && **args == Args::default()
        }
        ExprNode::Binary(Binary::Add | Binary::Sub, left, right) => {
            is_steady(left, own) && is_steady(right, own)
        }
        _ => false,
    }
}

fn is_counter(part: &str) -> bool {
    use LoopPart::{Index, Index0, Length, RevIndex, RevIndex0};
    matches!(LoopPart::named(part), Some(Index | Index0 | Length | RevIndex | RevIndex0))
}
