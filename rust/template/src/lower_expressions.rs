//! The expression half of lowering.
use num_bigint::BigInt;

use crate::ast::{Args, Binary, Comparison, Const, Expr, ExprNode};
use crate::filters::Filter;
use crate::hint::did_you_mean;
use crate::lower::{Lowering, Scope, count};
use crate::members::{is_method_of_mappings, is_method_of_texts, is_of_mappings};
use crate::program::{
    Arguments, Constant, FieldFacts, Lookup, LoopPart, Method, Name, Op, Operand, Shape, Variable,
};
use crate::tests::Test;
use crate::walk::may_be_constant;
use crate::{Class, Error};

/// Objects that Jinja offers and this engine does not.
const UNSUPPORTED_GLOBALS: [&str; 1] = ["lipsum"];

impl<'s> Lowering<'s> {
    /// Computes an expression onto the stack.
    pub(crate) fn expr(&mut self, expr: &Expr<'s>, scope: &Scope<'s>) -> Result<(), Error> {
        if let Some(operand) = self.in_place(expr, scope)? {
            self.op_at(expr.at, Op::Push(operand));
            return Ok(());
        }
        match &expr.node {
            ExprNode::Const(_) | ExprNode::Name(_) => {}
            ExprNode::Attribute(inner, name) => {
                let object = self.operand(inner, scope)?;
                let name = self.name(name);
                self.op_at(expr.at, Op::Attribute(object, name));
            }
            ExprNode::Item(inner, index) => {
                let (object, key) = match inner.node {
                    // A name means the same after the key was computed.
                    ExprNode::Name(_) => (self.operand(inner, scope)?, self.operand(index, scope)?),
                    _ => self.operands(inner, index, scope)?,
                };
                let counter = self.is_counter(index);
                self.op_at(expr.at, Op::Item { object, key, counter });
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
            ExprNode::Binary(Binary::Add, ..) if self.join(expr, scope)? => {}
            ExprNode::Binary(op, left, right) => {
                let (left, right) = self.operands(left, right, scope)?;
                self.op_at(expr.at, Op::Binary(*op, left, right));
            }
            ExprNode::Not(inner) => {
                let operand = self.operand(inner, scope)?;
                self.op_at(expr.at, Op::Not(operand));
            }
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

    /// Where an instruction that comes next finds an expression's value.
    pub(crate) fn operand(&mut self, expr: &Expr<'s>, scope: &Scope<'s>) -> Result<Operand, Error> {
        if let Some(operand) = self.in_place(expr, scope)? {
            return Ok(operand);
        }
        self.expr(expr, scope)?;
        Ok(Operand::Top)
    }

    /// The same for two values, the left one looked up first.
    pub(crate) fn operands(
        &mut self,
        left: &Expr<'s>,
        right: &Expr<'s>,
        scope: &Scope<'s>,
    ) -> Result<(Operand, Operand), Error> {
        if is_in_place(right) {
            return Ok((self.operand(left, scope)?, self.operand(right, scope)?));
        }
        self.expr(left, scope)?;
        self.expr(right, scope)?;
        Ok((Operand::Top, Operand::Top))
    }

    /// The operand of an expression that needs no instruction of its own.
    fn in_place(&mut self, expr: &Expr<'s>, scope: &Scope<'s>) -> Result<Option<Operand>, Error> {
        if !is_in_place(expr) {
            return Ok(None);
        }
        Ok(Some(match &expr.node {
            ExprNode::Name(name) => {
                let (variable, name) = self.load(name, expr.at, scope)?;
                Operand::Slot(variable, name)
            }
            ExprNode::Attribute(inner, key) => self.field(inner, key, Lookup::Attribute, expr.at, scope)?,
            ExprNode::Item(inner, key) => match &key.node {
                ExprNode::Const(Const::Str(key)) => self.field(inner, key, Lookup::Item, expr.at, scope)?,
                _ => return Ok(None),
            },
            ExprNode::Filter(Some(field), ..) => return self.trimmed(field, expr.at, scope),
            ExprNode::Const(constant) => Operand::Constant(self.constant(constant, expr.at)?),
            _ => return Ok(None),
        }))
    }

    fn field(
        &mut self,
        of: &Expr<'s>,
        key: &str,
        lookup: Lookup,
        at: usize,
        scope: &Scope<'s>,
    ) -> Result<Operand, Error> {
        let ExprNode::Name(name) = of.node else { return Err(self.unsupported(at, "a member of this")) };
        let (variable, name) = self.load(name, of.at, scope)?;
        let of_loop = LoopPart::named(key);
        let key = self.name(key);
        let facts = FieldFacts { variable, name, key, lookup, of_loop, at: count(at), trim: None };
        self.program.fields.push(facts);
        Ok(Operand::Field(count(self.program.fields.len() - 1)))
    }

    /// The operand of `field | trim`.
    fn trimmed(&mut self, field: &Expr<'s>, at: usize, scope: &Scope<'s>) -> Result<Option<Operand>, Error> {
        let operand = self.in_place(field, scope)?;
        if let Some(facts) = self.program.fields.last_mut() {
            facts.trim = Some(count(at));
        }
        Ok(operand)
    }

    /// Jumps if an expression is true, or false; gives the instructions whose target is not known yet.
    pub(crate) fn jump_if(
        &mut self,
        on: bool,
        test: &Expr<'s>,
        scope: &Scope<'s>,
    ) -> Result<Vec<usize>, Error> {
        match &test.node {
            ExprNode::Not(inner) => self.jump_if(!on, inner, scope),
            ExprNode::And(left, right) => self.jump_if_both(on, false, left, right, scope),
            ExprNode::Or(left, right) => self.jump_if_both(on, true, left, right, scope),
            _ => {
                let jump = self.jump(on, test, scope)?;
                self.at = test.at;
                Ok(vec![self.forward(jump)])
            }
        }
    }

    /// The instruction that jumps if a test is true, or false.
    fn jump(&mut self, on: bool, test: &Expr<'s>, scope: &Scope<'s>) -> Result<Op, Error> {
        match &test.node {
            ExprNode::Compare(left, rest) if rest.len() == 1 => {
                let (comparison, right) = &rest[0];
                if let (Some(negated), Some(text)) =
                    (is_negated(*comparison), constant_text(right).filter(|text| text.len() <= LONG_KEY))
                {
                    let left = self.operand(left, scope)?;
                    return Ok(Op::JumpIfEquals(on != negated, left, self.name(text), 0));
                }
                let (left, right) = self.operands(left, right, scope)?;
                Ok(Op::JumpIfCompare(on, *comparison, left, right, 0))
            }
            ExprNode::Test(inner, name, args) if **args == Args::default() => match Test::named(name) {
                Some(test) => Ok(Op::JumpIfTest(on, test, self.operand(inner, scope)?, 0)),
                None => Ok(Op::JumpIf(on, self.operand(test, scope)?, 0)),
            },
            _ => Ok(Op::JumpIf(on, self.operand(test, scope)?, 0)),
        }
    }

    /// Of two tests, the second counts only if the first is not `decided`.
    fn jump_if_both(
        &mut self,
        on: bool,
        decided: bool,
        left: &Expr<'s>,
        right: &Expr<'s>,
        scope: &Scope<'s>,
    ) -> Result<Vec<usize>, Error> {
        let mut jumps = self.jump_if(decided, left, scope)?;
        let others = self.jump_if(on, right, scope)?;
        if on == decided {
            jumps.extend(others);
            return Ok(jumps);
        }
        jumps.into_iter().for_each(|jump| self.land(jump));
        Ok(others)
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

    fn constant(&mut self, constant: &Const, at: usize) -> Result<u32, Error> {
        let constant = match constant {
            Const::None => Constant::None,
            Const::Bool(truth) => Constant::Bool(*truth),
            Const::Float(number) => Constant::Float(*number),
            Const::Str(text) => Constant::Str(self.name(text)),
            Const::Integer(digits) => self.integer(digits, at)?,
        };
        let known = position_among_last(&self.program.constants, &constant);
        let index = known.unwrap_or_else(|| {
            self.program.constants.push(constant);
            self.program.constants.len() - 1
        });
        Ok(count(index))
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

    fn load(&mut self, name: &'s str, at: usize, scope: &Scope<'s>) -> Result<(Variable, Name), Error> {
        let Some(slot) = scope.symbols.find(name) else {
            // Jinja fails over names that it didn't look for there.
            return Err(self.unsupported(at, &format!("name `{name}` in the filter of a `set` block")));
        };
        let from_context = scope.symbols.loads_from_context(slot);
        if from_context && UNSUPPORTED_GLOBALS.contains(&name) {
            return Err(self.unsupported(at, &format!("`{name}`")));
        }
        self.program.reads_clock |= from_context && name == "strftime_now";
        Ok((self.variable(slot), self.name(name)))
    }

    pub(crate) fn is_counter(&self, index: &Expr<'s>) -> bool {
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
        self.expr(inner, scope)?;
        for part in parts {
            match part {
                Some(part) => self.expr(part, scope)?,
                None => {
                    let none = self.constant(&Const::None, at)?;
                    self.op_at(at, Op::Push(Operand::Constant(none)));
                }
            }
        }
        // Jinja may compute it at once, and then what has no such parts is undefined instead of wrong.
        let parts = parts.iter().flatten();
        let early = std::iter::once(inner).chain(parts).all(may_be_constant);
        self.op_at(at, Op::Slice { early });
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
        let early = u32::from(may_be_constant(left));
        self.sparable += early;
        self.expr(right, scope)?;
        self.sparable -= early;
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
        let skips = self.jump_if(false, test, scope)?;
        self.expr(then, scope)?;
        let end = self.forward(Op::Jump(0));
        skips.into_iter().for_each(|skip| self.land(skip));
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
        if let [(comparison, second)] = rest {
            let (left, right) = self.operands(first, second, scope)?;
            self.op_at(at, Op::Compare(*comparison, left, right));
            return Ok(());
        }
        self.expr(first, scope)?;
        let Some(((last, last_operand), chained)) = rest.split_last() else { return Ok(()) };
        let mut ends = Vec::new();
        for (comparison, operand) in chained {
            self.expr(operand, scope)?;
            self.at = at;
            ends.push(self.forward(Op::CompareChain(*comparison, 0)));
        }
        self.expr(last_operand, scope)?;
        self.op_at(at, Op::Compare(*last, Operand::Top, Operand::Top));
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
        let known = position_among_last(&self.program.shapes, &shape);
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
            let method = Method {
                name: self.name(method),
                of_text: is_method_of_texts(method),
                of_mapping: is_method_of_mappings(method),
            };
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
        if let (Some(filter), Some(inner)) = (known, inner)
            && *args == Args::default()
        {
            let operand = self.operand(inner, scope)?;
            self.op_at(at, Op::FilterOf(filter, operand));
            return Ok(());
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
        if let Some(test) = known.filter(|_| *args == Args::default()) {
            let operand = self.operand(inner, scope)?;
            self.op_at(at, Op::TestOf(test, operand));
            return Ok(());
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
        if self.extends || self.sparable > 0 {
            // Jinja may never come to look for it.
            return Err(self.unsupported(at, &format!("unknown {what} `{name}` in this place")));
        }
        if !scope.soft {
            let names = if what == "filter" { Filter::NAMES } else { Test::NAMES };
            let error = self.error(at, Class::Syntax, "TemplateAssertionError", format!("{message}."));
            return Err(error.hints(did_you_mean(name, names.iter().copied())));
        }
        self.arguments(args, scope)?;
        let message = self.name(&format!("{message} found."));
        self.op_at(at, Op::Fail(message));
        Ok(())
    }
}

/// Whether a comparison for equality asks for the opposite.
fn is_negated(comparison: Comparison) -> Option<bool> {
    match comparison {
        Comparison::Eq => Some(false),
        Comparison::Ne => Some(true),
        _ => None,
    }
}

/// The text of an expression that is just that.
pub(crate) fn constant_text<'e>(expr: &'e Expr<'_>) -> Option<&'e str> {
    match &expr.node {
        ExprNode::Const(Const::Str(text)) => Some(text),
        _ => None,
    }
}

/// Where a value is, if it is one of the last few.
fn position_among_last<T: PartialEq>(values: &[T], wanted: &T) -> Option<usize> {
    const FEW: usize = 128;
    let from = values.len().saturating_sub(FEW);
    values[from..].iter().position(|known| known == wanted).map(|at| from + at)
}

/// Keys that are longer are looked up where looking at them is counted.
const LONG_KEY: usize = 256;

/// Whether an expression's value can be looked up when it is needed: nothing it reads can change while the
/// operands beside it are looked up, nor does it call anything.
fn is_in_place(expr: &Expr<'_>) -> bool {
    match &expr.node {
        ExprNode::Const(_) | ExprNode::Name(_) => true,
        ExprNode::Filter(Some(of), "trim", args) => **args == Args::default() && is_field(of),
        _ => is_field(expr),
    }
}

/// Whether an expression is a member of a variable, which [`FieldFacts`] can tell.
fn is_field(expr: &Expr<'_>) -> bool {
    let is_name = |of: &Expr<'_>| matches!(of.node, ExprNode::Name(_));
    match &expr.node {
        ExprNode::Attribute(of, key) => is_name(of) && !is_of_mappings(key) && key.len() <= LONG_KEY,
        ExprNode::Item(of, key) => {
            is_name(of) && matches!(&key.node, ExprNode::Const(Const::Str(key)) if key.len() <= LONG_KEY)
        }
        _ => false,
    }
}
