//! The expression half of lowering.
use num_bigint::BigInt;

use crate::ast::{Args, Comparison, Const, Expr, ExprNode};
use crate::filters::Filter;
use crate::hint::did_you_mean;
use crate::lower::{Lowering, Scope, count};
use crate::program::{Arguments, Constant, Op, Shape};
use crate::tests::Test;
use crate::{Class, Error};

/// Objects that Jinja offers and this engine does not.
const UNSUPPORTED_GLOBALS: [&str; 5] = ["lipsum", "cycler", "joiner", "self", "super"];

impl<'s> Lowering<'s> {
    pub(crate) fn expr(&mut self, expr: &Expr<'s>, scope: &Scope<'s>) -> Result<(), Error> {
        match &expr.node {
            ExprNode::Const(constant) => self.constant(constant, expr.at)?,
            ExprNode::Name(name) => self.load(name, expr.at, scope)?,
            ExprNode::Attribute(inner, name) => {
                self.expr(inner, scope)?;
                let name = self.name(name);
                self.op_at(expr.at, Op::Attribute(name));
            }
            ExprNode::Item(inner, index) => {
                self.expr(inner, scope)?;
                self.expr(index, scope)?;
                let counter = self.is_counter(index);
                self.op_at(expr.at, Op::Item { counter });
            }
            ExprNode::Slice(inner, parts) => self.slice(inner, parts, expr.at, scope)?,
            ExprNode::Call(callee, args) => self.call(callee, args, expr.at, scope)?,
            ExprNode::Filter(inner, name, args) => {
                self.filter(inner.as_deref(), name, args, expr.at, scope)?;
            }
            ExprNode::Test(inner, name, args) => self.test(inner, name, args, expr.at, scope)?,
            ExprNode::Compare(first, rest) => self.compare(first, rest, expr.at, scope)?,
            ExprNode::And(left, right) => self.short_circuit(Op::JumpIfFalseOrPop(0), left, right, scope)?,
            ExprNode::Or(left, right) => self.short_circuit(Op::JumpIfTrueOrPop(0), left, right, scope)?,
            ExprNode::Conditional(test, then, otherwise) => {
                self.conditional(test, then, otherwise.as_deref(), expr.at, &scope.soft())?;
            }
            ExprNode::Binary(op, left, right) => {
                self.expr(left, scope)?;
                self.expr(right, scope)?;
                self.op_at(expr.at, Op::Binary(*op));
            }
            ExprNode::Not(inner) => self.unary(inner, Op::Not, expr.at, scope)?,
            ExprNode::Negative(inner) => self.unary(inner, Op::Negative, expr.at, scope)?,
            ExprNode::Positive(inner) => self.unary(inner, Op::Positive, expr.at, scope)?,
            ExprNode::Concat(items) => self.sequence(items, Op::Concat, expr.at, scope)?,
            ExprNode::List(items) => self.sequence(items, Op::List, expr.at, scope)?,
            ExprNode::Tuple(items) => self.sequence(items, Op::Tuple, expr.at, scope)?,
            ExprNode::Dict(pairs) => {
                for (key, value) in pairs {
                    self.expr(key, scope)?;
                    self.expr(value, scope)?;
                }
                self.op_at(expr.at, Op::Dict(count(pairs.len())));
            }
        }
        Ok(())
    }

    pub(crate) fn op_at(&mut self, at: usize, op: Op) {
        self.at = at;
        self.op(op);
    }

    fn unary(&mut self, inner: &Expr<'s>, op: Op, at: usize, scope: &Scope<'s>) -> Result<(), Error> {
        self.expr(inner, scope)?;
        self.op_at(at, op);
        Ok(())
    }

    fn sequence(
        &mut self,
        items: &[Expr<'s>],
        op: impl FnOnce(u32) -> Op,
        at: usize,
        scope: &Scope<'s>,
    ) -> Result<(), Error> {
        items.iter().try_for_each(|item| self.expr(item, scope))?;
        self.op_at(at, op(count(items.len())));
        Ok(())
    }

    fn constant(&mut self, constant: &Const, at: usize) -> Result<(), Error> {
        let constant = match constant {
            Const::None => Constant::None,
            Const::Bool(truth) => Constant::Bool(*truth),
            Const::Float(number) => Constant::Float(*number),
            Const::Str(text) => Constant::Str(self.name(text)),
            Const::Integer(digits) => self.integer(digits, at)?,
        };
        let known = self.program.constants.iter().position(|known| *known == constant);
        let index = known.unwrap_or_else(|| {
            self.program.constants.push(constant);
            self.program.constants.len() - 1
        });
        self.op_at(at, Op::Const(count(index)));
        Ok(())
    }

    fn integer(&self, digits: &str, at: usize) -> Result<Constant, Error> {
        let (radix, digits) = match digits.get(..2) {
            Some("0x") => (16, &digits[2..]),
            Some("0o") => (8, &digits[2..]),
            Some("0b") => (2, &digits[2..]),
            _ => (10, digits),
        };
        if digits.len() > 4300 {
            return Err(self.error(
                at,
                Class::Syntax,
                "ValueError",
                "integer has more than 4300 digits".to_owned(),
            ));
        }
        let number = BigInt::parse_bytes(digits.as_bytes(), radix).unwrap_or_default();
        Ok(i64::try_from(&number).map_or(Constant::Big(number), Constant::Int))
    }

    fn load(&mut self, name: &'s str, at: usize, scope: &Scope<'s>) -> Result<(), Error> {
        let Some(slot) = scope.symbols.find(name) else {
            return Err(self.unsupported(at, &format!("name `{name}` in this place")));
        };
        let from_context = scope.symbols.loads_from_context(slot);
        if from_context && UNSUPPORTED_GLOBALS.contains(&name) {
            return Err(self.unsupported(at, &format!("`{name}`")));
        }
        self.program.reads_clock |= from_context && name == "strftime_now";
        let variable = self.variable(slot);
        let name = self.name(name);
        self.op_at(at, Op::Load(variable, name));
        Ok(())
    }

    fn is_counter(&self, index: &Expr<'s>) -> bool {
        match &index.node {
            ExprNode::Name(name) => self.counters.contains(name),
            ExprNode::Attribute(inner, "index0") => inner.node == ExprNode::Name("loop"),
            _ => false,
        }
    }

    fn slice(
        &mut self,
        inner: &Expr<'s>,
        parts: &[Option<Expr<'s>>; 3],
        at: usize,
        scope: &Scope<'s>,
    ) -> Result<(), Error> {
        if crate::walk::is_computed_constant(inner) {
            // Jinja computes it at once, where what has no parts is undefined instead of wrong.
            return Err(self.unsupported(at, "slice of a constant"));
        }
        self.expr(inner, scope)?;
        for part in parts {
            match part {
                Some(part) => self.expr(part, scope)?,
                None => self.constant(&Const::None, at)?,
            }
        }
        self.op_at(at, Op::Slice);
        Ok(())
    }

    fn short_circuit(
        &mut self,
        jump: Op,
        left: &Expr<'s>,
        right: &Expr<'s>,
        scope: &Scope<'s>,
    ) -> Result<(), Error> {
        self.expr(left, scope)?;
        let end = self.forward(jump);
        self.expr(right, scope)?;
        self.land(end);
        Ok(())
    }

    fn conditional(
        &mut self,
        test: &Expr<'s>,
        then: &Expr<'s>,
        otherwise: Option<&Expr<'s>>,
        at: usize,
        scope: &Scope<'s>,
    ) -> Result<(), Error> {
        self.expr(test, scope)?;
        let skip = self.forward(Op::JumpIfFalse(0));
        self.expr(then, scope)?;
        let end = self.forward(Op::Jump(0));
        self.land(skip);
        match otherwise {
            Some(otherwise) => self.expr(otherwise, scope)?,
            None => self.op_at(at, Op::NoElse),
        }
        self.land(end);
        Ok(())
    }

    fn compare(
        &mut self,
        first: &Expr<'s>,
        rest: &[(Comparison, Expr<'s>)],
        at: usize,
        scope: &Scope<'s>,
    ) -> Result<(), Error> {
        self.expr(first, scope)?;
        let Some(((last, last_operand), chained)) = rest.split_last() else { return Ok(()) };
        let mut ends = Vec::new();
        for (comparison, operand) in chained {
            self.expr(operand, scope)?;
            self.at = at;
            ends.push(self.forward(Op::CompareChain(*comparison, 0)));
        }
        self.expr(last_operand, scope)?;
        self.op_at(at, Op::Compare(*last));
        ends.into_iter().for_each(|end| self.land(end));
        Ok(())
    }

    /// Pushes the arguments of a call; a call block's body comes last, as the argument `caller`.
    pub(crate) fn push_arguments(
        &mut self,
        args: &Args<'s>,
        scope: &Scope<'s>,
        caller: Option<u32>,
    ) -> Result<Arguments, Error> {
        args.positional.iter().try_for_each(|arg| self.expr(arg, scope))?;
        let mut named = Vec::with_capacity(args.named.len());
        for (name, value) in &args.named {
            self.expr(value, scope)?;
            named.push(self.name(name));
        }
        if let Some(index) = caller {
            self.op(Op::Macro(index));
        }
        for value in args.star.iter().chain(&args.double_star) {
            self.expr(value, scope)?;
        }
        let (star, double_star) = (args.star.is_some(), args.double_star.is_some());
        Ok(Arguments { positional: args.positional.len(), named, star, double_star })
    }

    pub(crate) fn shape(&mut self, shape: Arguments) -> Shape {
        let known = self.program.shapes.iter().position(|known| *known == shape);
        count(known.unwrap_or_else(|| {
            self.program.shapes.push(shape);
            self.program.shapes.len() - 1
        }))
    }

    fn arguments(&mut self, args: &Args<'s>, scope: &Scope<'s>) -> Result<Shape, Error> {
        let shape = self.push_arguments(args, scope, None)?;
        Ok(self.shape(shape))
    }

    fn call(
        &mut self,
        callee: &Expr<'s>,
        args: &Args<'s>,
        at: usize,
        scope: &Scope<'s>,
    ) -> Result<(), Error> {
        if let ExprNode::Attribute(receiver, method) = &callee.node {
            self.expr(receiver, scope)?;
            let method = self.name(method);
            if !crate::walk::all_simple(args) {
                // An argument may fail too, and what has no methods fails first.
                self.op_at(callee.at, Op::Receiver);
            }
            let shape = self.arguments(args, scope)?;
            self.op_at(callee.at, Op::Method(method, shape));
            return Ok(());
        }
        self.expr(callee, scope)?;
        let shape = self.arguments(args, scope)?;
        self.op_at(at, Op::Call(shape));
        Ok(())
    }

    fn filter(
        &mut self,
        inner: Option<&Expr<'s>>,
        name: &str,
        args: &Args<'s>,
        at: usize,
        scope: &Scope<'s>,
    ) -> Result<(), Error> {
        let known = Filter::named(name);
        if known.is_none() && Filter::is_jinjas(name) {
            return Err(self.unsupported(at, &format!("filter `{name}`")));
        }
        if let Some(inner) = inner {
            self.expr(inner, scope)?;
        }
        match known {
            Some(filter) => {
                let shape = self.arguments(args, scope)?;
                self.op_at(at, Op::Filter(filter, shape));
                Ok(())
            }
            None => self.unknown("filter", name, args, at, scope),
        }
    }

    fn test(
        &mut self,
        inner: &Expr<'s>,
        name: &str,
        args: &Args<'s>,
        at: usize,
        scope: &Scope<'s>,
    ) -> Result<(), Error> {
        let known = Test::named(name);
        if known.is_none() && Test::is_jinjas(name) {
            return Err(self.unsupported(at, &format!("test `{name}`")));
        }
        self.expr(inner, scope)?;
        match known {
            Some(test) => {
                let shape = self.arguments(args, scope)?;
                self.op_at(at, Op::Test(test, shape));
                Ok(())
            }
            None => self.unknown("test", name, args, at, scope),
        }
    }

    /// As in Jinja: wrong at once, but inside of a branch only when it is reached.
    fn unknown(
        &mut self,
        what: &str,
        name: &str,
        args: &Args<'s>,
        at: usize,
        scope: &Scope<'s>,
    ) -> Result<(), Error> {
        let message = format!("No {what} named '{name}'");
        if !scope.soft {
            let names = if what == "filter" { Filter::NAMES } else { Test::NAMES };
            let error = self.error(at, Class::Syntax, "TemplateAssertionError", format!("{message}."));
            return Err(error.hints(did_you_mean(name, names.iter().copied())));
        }
        self.arguments(args, scope)?;
        let message = self.name(&format!("{message} found."));
        self.op_at(at, Op::Unknown(message));
        Ok(())
    }
}
