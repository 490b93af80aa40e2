//! Going through the syntax tree: what statements read, print and assign.
use crate::ast::{Args, Block, Body, Const, Expr, ExprNode, Stmt, StmtNode};

/// Every name that an expression reads.
pub(crate) fn each_name<'s>(expr: &Expr<'s>, meet: &mut dyn FnMut(&'s str)) {
    if let ExprNode::Name(name) = expr.node {
        meet(name);
    }
    each_child(expr, &mut |child| each_name(child, meet));
}

/// Whether Jinja may compute an expression when it compiles a template.
pub(crate) fn may_be_constant(expr: &Expr<'_>) -> bool {
    match &expr.node {
        ExprNode::Name(_) | ExprNode::Call(..) => false,
        // What decides them may spare the other operand.
        ExprNode::And(first, _) | ExprNode::Or(first, _) | ExprNode::Compare(first, _) => {
            may_be_constant(first)
        }
        ExprNode::Conditional(test, then, otherwise) => {
            may_be_constant(test)
                && (may_be_constant(then) || otherwise.as_ref().is_some_and(|other| may_be_constant(other)))
        }
        _ => {
            let mut constant = true;
            each_child(expr, &mut |child| constant &= may_be_constant(child));
            constant
        }
    }
}

/// Whether some statements read one of some names anywhere inside.
pub(crate) fn reads_any(body: &[Stmt<'_>], wanted: &[&str]) -> bool {
    let mut found = false;
    each_expr(body, &mut |expr| each_name(expr, &mut |name: &str| found |= wanted.contains(&name)));
    found
}

pub(crate) fn each_name_in_args<'s>(args: &Args<'s>, meet: &mut dyn FnMut(&'s str)) {
    each_argument(args, &mut |child| each_name(child, meet));
}

/// Whether no argument can fail: all are constants or names.
pub(crate) fn all_simple(args: &Args<'_>) -> bool {
    let mut simple = args.star.is_none() && args.double_star.is_none();
    each_argument(args, &mut |arg| simple &= matches!(arg.node, ExprNode::Const(_) | ExprNode::Name(_)));
    simple
}

pub(crate) fn arguments<'e, 's>(args: &'e Args<'s>) -> impl Iterator<Item = &'e Expr<'s>> {
    let stars = args.star.iter().chain(&args.double_star).map(|value| &**value);
    args.positional.iter().chain(args.named.iter().map(|(_, value)| value)).chain(stars)
}

fn each_argument<'e, 's>(args: &'e Args<'s>, meet: &mut dyn FnMut(&'e Expr<'s>)) {
    arguments(args).for_each(meet);
}

/// The expressions directly inside of one.
pub(crate) fn each_child<'e, 's>(expr: &'e Expr<'s>, meet: &mut dyn FnMut(&'e Expr<'s>)) {
    match &expr.node {
        ExprNode::Const(_) | ExprNode::Name(_) => {}
        ExprNode::Attribute(inner, _)
        | ExprNode::Not(inner)
        | ExprNode::Negative(inner)
        | ExprNode::Positive(inner) => {
            meet(inner);
        }
        ExprNode::Item(left, right)
        | ExprNode::Binary(_, left, right)
        | ExprNode::And(left, right)
        | ExprNode::Or(left, right) => {
            meet(left);
            meet(right);
        }
        ExprNode::Slice(inner, parts) => {
            meet(inner);
            parts.iter().flatten().for_each(meet);
        }
        ExprNode::Call(inner, args) | ExprNode::Test(inner, _, args) => {
            meet(inner);
            each_argument(args, meet);
        }
        ExprNode::Filter(inner, _, args) => {
            inner.iter().for_each(|inner| meet(inner));
            each_argument(args, meet);
        }
        ExprNode::Compare(first, rest) => {
            meet(first);
            rest.iter().for_each(|(_, operand)| meet(operand));
        }
        ExprNode::Concat(items) | ExprNode::List(items) | ExprNode::Tuple(items) => {
            items.iter().for_each(meet);
        }
        ExprNode::Conditional(test, then, otherwise) => {
            meet(test);
            meet(then);
            otherwise.iter().for_each(|otherwise| meet(otherwise));
        }
        ExprNode::Dict(pairs) => pairs.iter().for_each(|(key, value)| {
            meet(key);
            meet(value);
        }),
    }
}

/// Every expression of some statements, blocks inside of them included; and every target.
pub(crate) fn each_expr<'e, 's>(body: &'e [Stmt<'s>], meet: &mut dyn FnMut(&'e Expr<'s>)) {
    for statement in body {
        match &statement.node {
            StmtNode::Text(_) | StmtNode::Break | StmtNode::Continue => {}
            StmtNode::Print(expr)
            | StmtNode::Set(_, expr)
            | StmtNode::Extends(expr)
            | StmtNode::Include { template: expr, .. }
            | StmtNode::Import { template: expr, .. } => meet(expr),
            StmtNode::Block(node) => each_expr(&node.body, meet),
            StmtNode::If { test, then, elifs, otherwise } => {
                meet(test);
                each_expr(then, meet);
                for (test, body) in elifs {
                    meet(test);
                    each_expr(body, meet);
                }
                each_expr(otherwise, meet);
            }
            StmtNode::For(node) => {
                meet(&node.iter);
                node.test.iter().for_each(&mut *meet);
                each_expr(&node.body, meet);
                each_expr(&node.otherwise, meet);
            }
            StmtNode::SetBlock { filter, body, .. } => {
                filter.iter().for_each(&mut *meet);
                each_expr(body, meet);
            }
            StmtNode::Filter { filter, body } => {
                meet(filter);
                each_expr(body, meet);
            }
            StmtNode::With { values, body } => {
                values.iter().for_each(|(_, value)| meet(value));
                each_expr(body, meet);
            }
            StmtNode::Macro(_, node) | StmtNode::Generation(node) => {
                node.defaults.iter().for_each(&mut *meet);
                each_expr(&node.body, meet);
            }
            StmtNode::Call { block, callee, args } => {
                meet(callee);
                each_argument(args, meet);
                block.defaults.iter().for_each(&mut *meet);
                each_expr(&block.body, meet);
            }
        }
    }
}

/// The constants of an expression: all may be printed, some are compared with.
pub(crate) fn note_constants(expr: &Expr<'_>, compared: &mut Vec<String>, literals: &mut Vec<String>) {
    match &expr.node {
        ExprNode::Const(Const::Str(text)) => literals.push(text.clone()),
        ExprNode::Compare(first, rest) => {
            std::iter::once(&**first)
                .chain(rest.iter().map(|(_, operand)| operand))
                .for_each(|operand| note_operand(operand, compared));
        }
        ExprNode::Test(_, _, args) => {
            args.positional.iter().for_each(|operand| note_operand(operand, compared));
        }
        _ => {}
    }
    each_child(expr, &mut |child| note_constants(child, compared, literals));
}

fn note_operand(operand: &Expr<'_>, compared: &mut Vec<String>) {
    match &operand.node {
        ExprNode::Const(Const::Str(text)) => compared.push(text.clone()),
        ExprNode::List(items) | ExprNode::Tuple(items) => {
            items.iter().for_each(|item| note_operand(item, compared));
        }
        _ => {}
    }
}

/// Filters that give `Markup`.
const MARKUP_FILTERS: [&str; 6] = ["safe", "escape", "e", "forceescape", "urlize", "xmlattr"];

/// Whether some statements may make a value that is `Markup`, be it through a filter that is named by a text.
pub(crate) fn makes_markup(body: &[Stmt<'_>]) -> bool {
    let mut found = false;
    each_expr(body, &mut |expr| found |= names_markup_filter(expr));
    found
}

fn names_markup_filter(expr: &Expr<'_>) -> bool {
    let mut found = match &expr.node {
        ExprNode::Filter(_, name, _) => MARKUP_FILTERS.contains(name),
        ExprNode::Const(Const::Str(text)) => MARKUP_FILTERS.contains(&text.as_str()),
        _ => false,
    };
    each_child(expr, &mut |child| found |= names_markup_filter(child));
    found
}

/// The statements directly inside of one, each block apart.
pub(crate) fn blocks<'e, 's>(statement: &'e Stmt<'s>) -> Vec<&'e Body<'s>> {
    match &statement.node {
        StmtNode::If { then, elifs, otherwise, .. } => {
            let elifs = elifs.iter().map(|(_, body)| body);
            std::iter::once(then).chain(elifs).chain(std::iter::once(otherwise)).collect()
        }
        StmtNode::For(node) => vec![&node.body, &node.otherwise],
        StmtNode::SetBlock { body, .. } | StmtNode::Filter { body, .. } | StmtNode::With { body, .. } => {
            vec![body]
        }
        StmtNode::Macro(_, node) | StmtNode::Generation(node) | StmtNode::Call { block: node, .. } => {
            vec![&node.body]
        }
        StmtNode::Block(node) => vec![&node.body],
        _ => Vec::new(),
    }
}

/// Every block of some statements, those within others included, in the order of the source.
pub(crate) fn each_block<'e, 's>(body: &'e Body<'s>, meet: &mut dyn FnMut(usize, &'e Block<'s>)) {
    for statement in body {
        if let StmtNode::Block(block) = &statement.node {
            meet(statement.at, block);
        }
        blocks(statement).into_iter().for_each(|body| each_block(body, meet));
    }
}

pub(crate) fn each_text<'s>(body: &Body<'s>, meet: &mut dyn FnMut(&'s str)) {
    for statement in body {
        if let StmtNode::Text(text) = statement.node {
            meet(text);
        }
        blocks(statement).into_iter().for_each(|body| each_text(body, meet));
    }
}

/// Whether some statements may ask for a template to extend.
pub(crate) fn extends(body: &Body<'_>) -> bool {
    body.iter().any(|statement| {
        matches!(statement.node, StmtNode::Extends(_)) || blocks(statement).into_iter().any(extends)
    })
}

/// Whether anything that an expression may call has a generation block: a macro, a recursive loop, a block.
pub(crate) fn tags_in_calls(body: &Body<'_>) -> bool {
    body.iter().any(|statement| {
        let is_called = match &statement.node {
            StmtNode::Macro(..) | StmtNode::Block(_) => true,
            StmtNode::For(node) => node.recursive,
            _ => false,
        };
        let within = if is_called { has_tags } else { tags_in_calls };
        blocks(statement).into_iter().any(within)
    })
}

fn has_tags(body: &Body<'_>) -> bool {
    let is_tag = |statement: &Stmt<'_>| matches!(statement.node, StmtNode::Generation(_));
    body.iter().any(|statement| is_tag(statement) || blocks(statement).into_iter().any(has_tags))
}
