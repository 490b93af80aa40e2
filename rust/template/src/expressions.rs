//! The expression half of the parser: one function per level of precedence, as in Jinja.
use crate::Error;
use crate::ast::{Args, Binary, Comparison, Const, Expr, ExprNode};
use crate::parser::Parser;
use crate::token::{Kind, Op};
use crate::walk::each_child;

/// Expressions within each other, long chains of operators included: Python allows two hundred brackets.
const MAX_DEPTH: u32 = 185;

type Parsed<'s> = Result<Expr<'s>, Error>;

/// How strongly operators bind, the loosest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Not,
    Compare,
    Sum,
    Concat,
    Product,
    Power,
}

fn arithmetic(operator: &Kind<'_>) -> Binary {
    match operator {
        Kind::Op(Op::Sub) => Binary::Sub,
        Kind::Op(Op::Mul) => Binary::Mul,
        Kind::Op(Op::Div) => Binary::Div,
        Kind::Op(Op::FloorDiv) => Binary::FloorDiv,
        Kind::Op(Op::Mod) => Binary::Mod,
        Kind::Op(Op::Pow) => Binary::Pow,
        _ => Binary::Add,
    }
}

impl<'s> Parser<'s> {
    /// An expression of a kind, unless it is nested too deep for those who go through it.
    fn expr(&self, at: usize, node: ExprNode<'s>) -> Parsed<'s> {
        let mut expr = Expr { at, depth: 1, node };
        let mut deepest = 0;
        each_child(&expr, &mut |child| deepest = deepest.max(child.depth));
        expr.depth += deepest;
        if expr.depth > MAX_DEPTH { Err(self.too_deep(at)) } else { Ok(expr) }
    }

    /// An expression, conditional ones included.
    pub(crate) fn expression(&mut self) -> Parsed<'s> {
        self.bracketed(Self::conditional)
    }

    /// An expression, or a tuple of them without parentheses; never empty.
    pub(crate) fn tuple(&mut self, conditionals: bool) -> Parsed<'s> {
        let at = self.at();
        let (mut items, is_tuple) = self.tuple_items(conditionals)?;
        match items.pop() {
            Some(only) if !is_tuple => Ok(only),
            None if !is_tuple => Err(self.unexpected("an expression")),
            last => {
                items.extend(last);
                self.expr(at, ExprNode::Tuple(items))
            }
        }
    }

    fn tuple_items(&mut self, conditionals: bool) -> Result<(Vec<Expr<'s>>, bool), Error> {
        let mut items = Vec::new();
        let mut is_tuple = false;
        while !self.ends_tuple() {
            items.push(if conditionals {
                self.expression()?
            } else {
                self.bracketed(|parser| parser.operation(Level::Or))?
            });
            if !self.skip_op(Op::Comma) {
                break;
            }
            is_tuple = true;
        }
        Ok((items, is_tuple))
    }

    fn ends_tuple(&self) -> bool {
        matches!(self.peek(), Kind::VariableEnd | Kind::BlockEnd | Kind::Op(Op::RightParen))
    }

    fn conditional(&mut self) -> Parsed<'s> {
        let at = self.at();
        let mut expr = self.operation(Level::Or)?;
        while self.skip_name("if") {
            let test = self.operation(Level::Or)?;
            let otherwise =
                if self.skip_name("else") { Some(Box::new(self.nested(Self::conditional)?)) } else { None };
            expr = self.expr(at, ExprNode::Conditional(Box::new(test), Box::new(expr), otherwise))?;
        }
        Ok(expr)
    }

    /// An expression of operators that bind at least as strongly as `loosest`. One function for all of them, so
    /// that brackets within each other take little of the stack.
    fn operation(&mut self, loosest: Level) -> Parsed<'s> {
        let at = self.at();
        let mut left = if loosest <= Level::Not && self.skip_name("not") {
            let inner = self.nested(|parser| parser.operation(Level::Not))?;
            self.expr(at, ExprNode::Not(Box::new(inner)))?
        } else {
            self.unary(true)?
        };
        while let Some(level) = self.operator().filter(|level| *level >= loosest) {
            // What can fail stands where its operator does.
            let at = if matches!(level, Level::Or | Level::And | Level::Concat) { at } else { self.at() };
            let node = self.operated(left, level)?;
            left = self.expr(at, node)?;
        }
        Ok(left)
    }

    /// The level of the operator that comes next.
    fn operator(&self) -> Option<Level> {
        Some(match self.peek() {
            Kind::Name("or") => Level::Or,
            Kind::Name("and") => Level::And,
            Kind::Name("not") if *self.peek_second() == Kind::Name("in") => Level::Compare,
            Kind::Name("in") | Kind::Op(Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Gt | Op::Ge) => {
                Level::Compare
            }
            Kind::Op(Op::Add | Op::Sub) => Level::Sum,
            Kind::Op(Op::Tilde) => Level::Concat,
            Kind::Op(Op::Mul | Op::Div | Op::FloorDiv | Op::Mod) => Level::Product,
            Kind::Op(Op::Pow) => Level::Power,
            _ => return None,
        })
    }

    /// An operator of a level and what is right of it; all are left-associative (`**` too, in Jinja).
    fn operated(&mut self, left: Expr<'s>, level: Level) -> Result<ExprNode<'s>, Error> {
        match level {
            Level::Compare => return self.comparisons(left),
            Level::Concat => return self.concat(left),
            _ => {}
        }
        let operator = self.advance();
        let right = Box::new(match level {
            Level::Or => self.operation(Level::And)?,
            Level::And => self.operation(Level::Not)?,
            Level::Sum => self.operation(Level::Concat)?,
            Level::Product => self.operation(Level::Power)?,
            _ => self.unary(true)?,
        });
        let left = Box::new(left);
        Ok(match level {
            Level::Or => ExprNode::Or(left, right),
            Level::And => ExprNode::And(left, right),
            _ => ExprNode::Binary(arithmetic(&operator), left, right),
        })
    }

    fn comparisons(&mut self, first: Expr<'s>) -> Result<ExprNode<'s>, Error> {
        let mut rest = Vec::new();
        while let Some(comparison) = self.comparison() {
            rest.push((comparison, self.operation(Level::Sum)?));
        }
        Ok(ExprNode::Compare(Box::new(first), rest))
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let found = match self.peek() {
            Kind::Op(Op::Eq) => Comparison::Eq,
            Kind::Op(Op::Ne) => Comparison::Ne,
            Kind::Op(Op::Lt) => Comparison::Lt,
            Kind::Op(Op::Le) => Comparison::Le,
            Kind::Op(Op::Gt) => Comparison::Gt,
            Kind::Op(Op::Ge) => Comparison::Ge,
            Kind::Name("in") => Comparison::In,
            Kind::Name("not") if *self.peek_second() == Kind::Name("in") => {
                self.advance();
                Comparison::NotIn
            }
            _ => return None,
        };
        self.advance();
        Some(found)
    }

    fn concat(&mut self, first: Expr<'s>) -> Result<ExprNode<'s>, Error> {
        let mut parts = vec![first];
        while self.skip_op(Op::Tilde) {
            parts.push(self.operation(Level::Product)?);
        }
        Ok(ExprNode::Concat(parts))
    }

    fn unary(&mut self, with_filters: bool) -> Parsed<'s> {
        let at = self.at();
        let expr = if self.skip_op(Op::Sub) {
            let inner = self.nested(|parser| parser.unary(false))?;
            self.expr(at, ExprNode::Negative(Box::new(inner)))?
        } else if self.skip_op(Op::Add) {
            let inner = self.nested(|parser| parser.unary(false))?;
            self.expr(at, ExprNode::Positive(Box::new(inner)))?
        } else {
            self.primary()?
        };
        let expr = self.postfix(expr)?;
        if with_filters { self.filters_and_tests(expr) } else { Ok(expr) }
    }

    fn primary(&mut self) -> Parsed<'s> {
        let at = self.at();
        let node = match self.peek() {
            Kind::Name(_) => self.name_or_constant()?,
            Kind::Str(_) => self.strings(),
            Kind::Integer(digits) => {
                let digits = digits.clone();
                self.advance();
                ExprNode::Const(Const::Integer(digits))
            }
            Kind::Float(value) => {
                let value = *value;
                self.advance();
                ExprNode::Const(Const::Float(value))
            }
            Kind::Op(Op::LeftParen) => return self.parenthesized(),
            Kind::Op(Op::LeftBracket) => self.list()?,
            Kind::Op(Op::LeftBrace) => self.dict()?,
            _ => return Err(self.unexpected("an expression")),
        };
        self.expr(at, node)
    }

    fn name_or_constant(&mut self) -> Result<ExprNode<'s>, Error> {
        Ok(match self.expect_name()? {
            "true" | "True" => ExprNode::Const(Const::Bool(true)),
            "false" | "False" => ExprNode::Const(Const::Bool(false)),
            "none" | "None" => ExprNode::Const(Const::None),
            name => ExprNode::Name(name),
        })
    }

    /// Adjacent string constants are one.
    fn strings(&mut self) -> ExprNode<'s> {
        let mut text = String::new();
        while let Kind::Str(part) = self.peek() {
            text.push_str(part);
            self.advance();
        }
        ExprNode::Const(Const::Str(text))
    }

    fn parenthesized(&mut self) -> Parsed<'s> {
        let at = self.at();
        self.expect_op(Op::LeftParen)?;
        let (mut items, is_tuple) = self.tuple_items(true)?;
        self.expect_op(Op::RightParen)?;
        if items.len() == 1 && !is_tuple {
            return Ok(items.remove(0));
        }
        self.expr(at, ExprNode::Tuple(items))
    }

    fn list(&mut self) -> Result<ExprNode<'s>, Error> {
        self.expect_op(Op::LeftBracket)?;
        let mut items = Vec::new();
        while !self.is_op(Op::RightBracket) {
            items.push(self.expression()?);
            if !self.is_op(Op::RightBracket) {
                self.expect_op(Op::Comma)?;
            }
        }
        self.expect_op(Op::RightBracket)?;
        Ok(ExprNode::List(items))
    }

    fn dict(&mut self) -> Result<ExprNode<'s>, Error> {
        self.expect_op(Op::LeftBrace)?;
        let mut pairs = Vec::new();
        while !self.is_op(Op::RightBrace) {
            let key = self.expression()?;
            self.expect_op(Op::Colon)?;
            pairs.push((key, self.expression()?));
            if !self.is_op(Op::RightBrace) {
                self.expect_op(Op::Comma)?;
            }
        }
        self.expect_op(Op::RightBrace)?;
        Ok(ExprNode::Dict(pairs))
    }

    fn postfix(&mut self, mut expr: Expr<'s>) -> Parsed<'s> {
        loop {
            let at = self.at();
            expr = match self.peek() {
                Kind::Op(Op::Dot) => self.attribute(expr)?,
                Kind::Op(Op::LeftBracket) => self.subscript(expr)?,
                Kind::Op(Op::LeftParen) => {
                    let args = self.call_arguments()?;
                    self.expr(at, ExprNode::Call(Box::new(expr), Box::new(args)))?
                }
                _ => return Ok(expr),
            };
        }
    }

    fn filters_and_tests(&mut self, mut expr: Expr<'s>) -> Parsed<'s> {
        loop {
            let at = self.at();
            expr = match self.peek() {
                Kind::Op(Op::Pipe) => self.filters(Some(expr))?,
                Kind::Name("is") => self.test(expr)?,
                Kind::Op(Op::LeftParen) => {
                    let args = self.call_arguments()?;
                    self.expr(at, ExprNode::Call(Box::new(expr), Box::new(args)))?
                }
                _ => return Ok(expr),
            };
        }
    }

    fn attribute(&mut self, expr: Expr<'s>) -> Parsed<'s> {
        let at = self.at();
        self.advance();
        let index_at = self.at();
        let node = match self.advance() {
            Kind::Name(name) => ExprNode::Attribute(Box::new(expr), name),
            Kind::Integer(digits) => {
                let index = self.expr(index_at, ExprNode::Const(Const::Integer(digits)))?;
                ExprNode::Item(Box::new(expr), Box::new(index))
            }
            _ => return Err(self.error(index_at, "expected a name or number after `.`")),
        };
        self.expr(at, node)
    }

    fn subscript(&mut self, expr: Expr<'s>) -> Parsed<'s> {
        let at = self.at();
        self.advance();
        if self.skip_op(Op::RightBracket) {
            // Jinja takes nothing between brackets for an empty tuple.
            let index = self.expr(at, ExprNode::Tuple(Vec::new()))?;
            return self.expr(at, ExprNode::Item(Box::new(expr), Box::new(index)));
        }
        let start = if self.is_op(Op::Colon) { None } else { Some(self.expression()?) };
        let node = if self.skip_op(Op::Colon) {
            let stop = self.slice_part()?;
            let step = if self.skip_op(Op::Colon) { self.slice_part()? } else { None };
            ExprNode::Slice(Box::new(expr), Box::new([start, stop, step]))
        } else {
            let Some(index) = start else { return Err(self.unexpected("a subscript")) };
            ExprNode::Item(Box::new(expr), Box::new(self.tuple_index(index)?))
        };
        self.expect_op(Op::RightBracket)?;
        self.expr(at, node)
    }

    /// `a[1, 2]` subscribes by a tuple.
    fn tuple_index(&mut self, first: Expr<'s>) -> Parsed<'s> {
        if !self.is_op(Op::Comma) {
            return Ok(first);
        }
        let at = first.at;
        let mut items = vec![first];
        while self.skip_op(Op::Comma) {
            items.push(self.expression()?);
        }
        self.expr(at, ExprNode::Tuple(items))
    }

    fn slice_part(&mut self) -> Result<Option<Expr<'s>>, Error> {
        if self.is_op(Op::Colon) || self.is_op(Op::RightBracket) {
            return Ok(None);
        }
        self.expression().map(Some)
    }

    /// `| name(args) | …` after an expression, or after a block's output.
    pub(crate) fn filters(&mut self, mut expr: Option<Expr<'s>>) -> Parsed<'s> {
        loop {
            if !self.skip_op(Op::Pipe) {
                return expr.ok_or_else(|| self.unexpected("a filter"));
            }
            expr = Some(self.first_filter(expr)?);
        }
    }

    /// A filter without its `|`.
    pub(crate) fn first_filter(&mut self, expr: Option<Expr<'s>>) -> Parsed<'s> {
        let at = self.at();
        let name = self.dotted_name()?;
        let args = if self.is_op(Op::LeftParen) { self.arguments()? } else { Args::default() };
        self.expr(at, ExprNode::Filter(expr.map(Box::new), name, Box::new(args)))
    }

    /// The name of a filter or test; none that has dots is known.
    fn dotted_name(&mut self) -> Result<&'s str, Error> {
        let start = self.at();
        let mut name = self.expect_name()?;
        while self.skip_op(Op::Dot) {
            let at = self.at();
            let end = at + self.expect_name()?.len();
            name = &self.source[start..end];
        }
        Ok(name)
    }

    fn test(&mut self, expr: Expr<'s>) -> Parsed<'s> {
        let at = self.at();
        self.advance();
        let negated = self.skip_name("not");
        let name = self.dotted_name()?;
        let args = if self.is_op(Op::LeftParen) { self.arguments()? } else { self.bare_argument()? };
        let test = self.expr(at, ExprNode::Test(Box::new(expr), name, Box::new(args)))?;
        if negated { self.expr(at, ExprNode::Not(Box::new(test))) } else { Ok(test) }
    }

    /// `is divisibleby 3`: one argument without parentheses.
    fn bare_argument(&mut self) -> Result<Args<'s>, Error> {
        let starts_argument = match self.peek() {
            Kind::Name(name) => !matches!(*name, "else" | "or" | "and"),
            Kind::Str(_) | Kind::Integer(_) | Kind::Float(_) => true,
            Kind::Op(op) => matches!(op, Op::LeftBracket | Op::LeftBrace),
            _ => false,
        };
        if !starts_argument {
            return Ok(Args::default());
        }
        if self.is_name("is") {
            return Err(self.error(self.at(), "can't chain tests with `is`"));
        }
        let argument = self.primary()?;
        let positional = vec![self.postfix(argument)?];
        Ok(Args { positional, ..Args::default() })
    }
}
