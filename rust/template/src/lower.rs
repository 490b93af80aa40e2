//! Statements → program.
use std::collections::HashMap;
use std::rc::Rc;

use num_bigint::BigInt;

use crate::ast::{Args, Body, Const, Expr, ExprNode, For, Macro, Stmt, StmtNode, Target};
use crate::filters::Filter;
use crate::program::{Arguments, Constant, Label, LoopFacts, MacroFacts, Name, Op, Program, Shape, Variable};
use crate::scope::{Load, Slot, Slots, Symbols, each_child, each_expr, reads_name};
use crate::source::position;
use crate::tests::Test;
use crate::{Class, Error};

/// Objects that Jinja offers and this engine does not.
const UNSUPPORTED_GLOBALS: [&str; 5] = ["lipsum", "cycler", "joiner", "self", "super"];

/// Lowers a parsed template.
pub(crate) fn lower(source: &str, body: &Body<'_>) -> Result<Program, Error> {
    let mut slots = Slots::default();
    let function = slots.function();
    let mut symbols = Symbols::new(None, function);
    symbols.visit_body(body, &mut slots);
    let frame = Scope { symbols: Rc::new(symbols), soft: false };
    let mut lowering = Lowering {
        source,
        program: Program::default(),
        slots,
        interned: HashMap::new(),
        functions: vec![function],
        counters: Vec::new(),
        loops: Vec::new(),
        at: 0,
        macro_writes: attribute_writes_in_macros(body),
    };
    lowering.note_constants(body);
    lowering.enter(&frame)?;
    lowering.body(body, &frame)?;
    lowering.op(Op::Return);
    lowering.program.slots = lowering.slots.count(function);
    Ok(lowering.program)
}

/// The names in force, and whether unknown filters may wait until they are reached.
#[derive(Clone)]
struct Scope<'s> {
    symbols: Rc<Symbols<'s>>,
    soft: bool,
}

impl Scope<'_> {
    fn soft(&self) -> Self {
        Self { soft: true, ..self.clone() }
    }
}

struct Lowering<'s> {
    source: &'s str,
    program: Program,
    slots: Slots<'s>,
    interned: HashMap<String, Name>,
    /// The functions around the current instruction, innermost last.
    functions: Vec<usize>,
    /// Targets of the loops around the current expression.
    counters: Vec<&'s str>,
    /// The loops around the current statement, with their heads.
    loops: Vec<(u32, Label)>,
    at: usize,
    macro_writes: Vec<&'s str>,
}

impl<'s> Lowering<'s> {
    fn op(&mut self, op: Op) {
        self.program.ops.push(op);
        self.program.positions.push(u32::try_from(self.at).unwrap_or(u32::MAX));
    }

    fn label(&self) -> Label {
        u32::try_from(self.program.ops.len()).unwrap_or(u32::MAX)
    }

    /// Puts in an instruction whose target is not known yet.
    fn forward(&mut self, op: Op) -> usize {
        self.op(op);
        self.program.ops.len() - 1
    }

    /// Makes a forward instruction lead to here.
    fn land(&mut self, forward: usize) {
        let here = self.label();
        match &mut self.program.ops[forward] {
            Op::Jump(label)
            | Op::JumpIfFalse(label)
            | Op::JumpIfFalseOrPop(label)
            | Op::JumpIfTrueOrPop(label)
            | Op::CompareChain(_, label)
            | Op::JumpIfSet(_, label) => *label = here,
            _ => {}
        }
    }

    fn name(&mut self, text: &str) -> Name {
        if let Some(known) = self.interned.get(text) {
            return *known;
        }
        let name = u32::try_from(self.program.names.len()).unwrap_or(u32::MAX);
        self.program.names.push(text.to_owned());
        self.interned.insert(text.to_owned(), name);
        name
    }

    fn error(&self, at: usize, class: Class, kind: &'static str, message: String) -> Error {
        Error::new(class, kind, message).at(position(self.source, at))
    }

    fn unsupported(&self, at: usize, what: &str) -> Error {
        self.error(
            at,
            Class::Unsupported,
            "UnsupportedTemplateError",
            format!("unsupported construct: {what}"),
        )
    }

    /// Notes the strings that the template compares with, and those it may print.
    fn note_constants(&mut self, body: &Body<'s>) {
        let mut compared = Vec::new();
        let mut literals = Vec::new();
        each_text(body, &mut |text| literals.push(text.to_owned()));
        each_expr(body, &mut |expr| note_constants(expr, &mut compared, &mut literals));
        self.program.compared.extend(compared);
        self.program.literals = literals.iter().map(|text| self.name(text)).collect();
    }

    fn variable(&self, slot: Slot) -> Variable {
        let hops = self.functions.iter().rev().take_while(|function| **function != slot.function).count();
        Variable {
            hops: u16::try_from(hops).unwrap_or(u16::MAX),
            slot: u16::try_from(slot.index).unwrap_or(u16::MAX),
        }
    }

    /// A scope inside of another, in the same function.
    fn inner(
        &mut self,
        scope: &Scope<'s>,
        visit: impl FnOnce(&mut Symbols<'s>, &mut Slots<'s>),
    ) -> Scope<'s> {
        let mut symbols = Symbols::new(Some(&scope.symbols), scope.symbols.function);
        visit(&mut symbols, &mut self.slots);
        Scope { symbols: Rc::new(symbols), soft: false }
    }

    /// Gives the slots of a scope their first values.
    fn enter(&mut self, scope: &Scope<'s>) -> Result<(), Error> {
        for &(slot, load) in &scope.symbols.loads {
            if slot.index > u32::from(u16::MAX) {
                return Err(self.unsupported(self.at, "more than 65535 variables in one function"));
            }
            let variable = self.variable(slot);
            match load {
                Load::Parameter => {}
                Load::Context(name) => {
                    let name = self.name(name);
                    self.op(Op::Resolve(variable, name));
                }
                Load::Alias(outer) => {
                    let outer = self.variable(outer);
                    self.op(Op::Alias(variable, outer));
                }
                Load::Undefined => self.op(Op::Clear(variable)),
            }
        }
        Ok(())
    }

    fn body(&mut self, body: &Body<'s>, scope: &Scope<'s>) -> Result<(), Error> {
        body.iter().try_for_each(|statement| self.statement(statement, scope))
    }

    fn statement(&mut self, statement: &Stmt<'s>, scope: &Scope<'s>) -> Result<(), Error> {
        self.at = statement.at;
        match &statement.node {
            StmtNode::Text(text) => {
                let name = self.name(text);
                self.op(Op::Text(name));
            }
            StmtNode::Print(expr) => self.print(expr, scope)?,
            StmtNode::If { test, then, elifs, otherwise } => {
                self.if_chain(test, then, elifs, otherwise, scope)?
            }
            StmtNode::For(node) => self.for_loop(node, scope)?,
            StmtNode::Set(target, value) => self.set(target, value, scope)?,
            StmtNode::SetBlock { target, filter, body } => {
                self.set_block(target, filter.as_ref(), body, scope)?
            }
            StmtNode::Macro(node) => {
                let index = self.function(node, scope)?;
                self.op(Op::Macro(index));
                self.store(&Target::Name(node.name), scope);
            }
            StmtNode::Call { block, callee, args } => self.call_block(block, callee, args, scope)?,
            StmtNode::Filter { filter, body } => self.filter_block(filter, body, scope)?,
            StmtNode::With { values, body } => self.with_block(values, body, scope)?,
            StmtNode::Generation(node) => {
                let index = self.function(node, scope)?;
                self.op(Op::Macro(index));
                self.op(Op::Generation);
            }
            StmtNode::Break => {
                if let Some(&(index, _)) = self.loops.last() {
                    self.op(Op::Break(index));
                }
            }
            StmtNode::Continue => {
                if let Some(&(index, head)) = self.loops.last() {
                    self.op(Op::Continue(head, index));
                }
            }
        }
        Ok(())
    }

    fn print(&mut self, expr: &Expr<'s>, scope: &Scope<'s>) -> Result<(), Error> {
        if let ExprNode::Const(Const::Str(text)) = &expr.node {
            let name = self.name(text);
            self.op(Op::Text(name));
            return Ok(());
        }
        self.expr(expr, scope)?;
        self.at = expr.at;
        self.op(Op::Emit);
        Ok(())
    }

    fn if_chain(
        &mut self,
        test: &Expr<'s>,
        then: &Body<'s>,
        elifs: &[(Expr<'s>, Body<'s>)],
        otherwise: &Body<'s>,
        scope: &Scope<'s>,
    ) -> Result<(), Error> {
        let scope = &scope.soft();
        let mut ends = Vec::new();
        let branches = std::iter::once((test, then)).chain(elifs.iter().map(|(test, body)| (test, body)));
        for (test, body) in branches {
            self.expr(test, scope)?;
            let skip = self.forward(Op::JumpIfFalse(0));
            self.body(body, scope)?;
            ends.push(self.forward(Op::Jump(0)));
            self.land(skip);
        }
        self.body(otherwise, scope)?;
        ends.into_iter().for_each(|end| self.land(end));
        Ok(())
    }

    fn for_loop(&mut self, node: &For<'s>, scope: &Scope<'s>) -> Result<(), Error> {
        let extended = reads_name(&node.body, "loop");
        let inner = self.inner(scope, |symbols, slots| {
            if extended {
                symbols.declare("loop", slots);
            }
            symbols.declare_target(&node.target, slots);
            symbols.visit_body(&node.body, slots);
        });
        self.expr(&node.iter, scope)?;
        if let Some(test) = node.test.as_ref().filter(|_| extended) {
            self.collect(node, test, scope)?;
        }
        let index = self.loop_facts(node);
        self.op(Op::Loop(index));
        let head = self.label();
        self.op(Op::Next(index));
        if let Some(test) = node.test.as_ref().filter(|_| !extended) {
            self.op(Op::Duplicate);
            self.loop_test(node, test, scope)?;
            let keep = self.forward(Op::JumpIfFalse(0));
            let body = self.forward(Op::Jump(0));
            self.land(keep);
            self.op(Op::Pop);
            self.op(Op::Jump(head));
            self.land(body);
        }
        self.loop_body(node, index, head, &inner, extended)?;
        self.loop_end(node, index, head, scope)
    }

    fn loop_facts(&mut self, node: &For<'s>) -> u32 {
        let mut writes = self.macro_writes.clone();
        attribute_writes(&node.body, &mut writes);
        let writes = writes.into_iter().map(|name| self.name(name)).collect();
        let facts = LoopFacts {
            exit: 0,
            otherwise: 0,
            skippable: node.test.is_none() && !has_break(&node.body),
            prints: prints(&node.body),
            writes,
        };
        self.program.loops.push(facts);
        u32::try_from(self.program.loops.len() - 1).unwrap_or(u32::MAX)
    }

    /// The test of a loop, with names of its own, on the item on the stack.
    fn loop_test(&mut self, node: &For<'s>, test: &Expr<'s>, scope: &Scope<'s>) -> Result<(), Error> {
        let inner = self.test_scope(node, test, scope);
        self.enter(&inner)?;
        self.store(&node.target, &inner);
        self.expr(test, &inner)
    }

    fn test_scope(&mut self, node: &For<'s>, test: &Expr<'s>, scope: &Scope<'s>) -> Scope<'s> {
        // One level apart from the body's scope, so that the two never share a slot.
        let apart = self.inner(scope, |_, _| {});
        self.inner(&apart, |symbols, slots| {
            symbols.declare_target(&node.target, slots);
            symbols.visit_expr(test, slots);
        })
    }

    /// Replaces the iterable on the stack by the list of the items that the test keeps.
    fn collect(&mut self, node: &For<'s>, test: &Expr<'s>, scope: &Scope<'s>) -> Result<(), Error> {
        self.program.loops.push(LoopFacts::default());
        let index = u32::try_from(self.program.loops.len() - 1).unwrap_or(u32::MAX);
        self.op(Op::Collect);
        self.op(Op::Loop(index));
        let head = self.label();
        self.op(Op::Next(index));
        self.op(Op::Duplicate);
        self.loop_test(node, test, scope)?;
        self.op(Op::Keep);
        self.op(Op::Jump(head));
        let exit = self.label();
        let facts = &mut self.program.loops[index as usize];
        (facts.exit, facts.otherwise) = (exit, exit);
        self.op(Op::Collected);
        Ok(())
    }

    fn loop_body(
        &mut self,
        node: &For<'s>,
        index: u32,
        head: Label,
        inner: &Scope<'s>,
        extended: bool,
    ) -> Result<(), Error> {
        self.store(&node.target, inner);
        if extended && let Some(slot) = inner.symbols.find("loop") {
            let variable = self.variable(slot);
            self.op(Op::StoreLoop(variable));
        }
        self.enter(inner)?;
        let counters = self.counters.len();
        if let Target::Name(name) = node.target {
            self.counters.push(name);
        }
        self.loops.push((index, head));
        let lowered = self.body(&node.body, inner);
        self.loops.pop();
        self.counters.truncate(counters);
        lowered
    }

    fn loop_end(&mut self, node: &For<'s>, index: u32, head: Label, scope: &Scope<'s>) -> Result<(), Error> {
        self.op(Op::Completed);
        self.op(Op::Jump(head));
        let otherwise = self.label();
        if !node.otherwise.is_empty() {
            let inner = self.inner(scope, |symbols, slots| symbols.visit_body(&node.otherwise, slots));
            self.enter(&inner)?;
            self.body(&node.otherwise, &inner)?;
        }
        let exit = self.label();
        let facts = &mut self.program.loops[index as usize];
        (facts.exit, facts.otherwise) = (exit, otherwise);
        Ok(())
    }

    fn set(&mut self, target: &Target<'s>, value: &Expr<'s>, scope: &Scope<'s>) -> Result<(), Error> {
        self.check_namespaces(target, scope);
        self.expr(value, scope)?;
        self.store(target, scope);
        Ok(())
    }

    fn check_namespaces(&mut self, target: &Target<'s>, scope: &Scope<'s>) {
        match target {
            Target::Name(_) => {}
            Target::Tuple(targets) => targets.iter().for_each(|target| self.check_namespaces(target, scope)),
            Target::Attribute(name, _) => {
                if let Some(slot) = scope.symbols.find(name) {
                    let variable = self.variable(slot);
                    let name = self.name(name);
                    self.op(Op::CheckNamespace(variable, name));
                }
            }
        }
    }

    fn store(&mut self, target: &Target<'s>, scope: &Scope<'s>) {
        match target {
            Target::Name(name) => {
                if let Some(slot) = scope.symbols.find(name) {
                    let variable = self.variable(slot);
                    self.op(Op::Store(variable));
                }
            }
            Target::Attribute(namespace, attribute) => {
                if let Some(slot) = scope.symbols.find(namespace) {
                    let variable = self.variable(slot);
                    let (namespace, attribute) = (self.name(namespace), self.name(attribute));
                    self.op(Op::StoreAttribute(variable, namespace, attribute));
                }
            }
            Target::Tuple(targets) => {
                self.op(Op::Unpack(count(targets.len())));
                targets.iter().for_each(|target| self.store(target, scope));
            }
        }
    }

    fn set_block(
        &mut self,
        target: &Target<'s>,
        filter: Option<&Expr<'s>>,
        body: &Body<'s>,
        scope: &Scope<'s>,
    ) -> Result<(), Error> {
        self.check_namespaces(target, scope);
        let inner = self.inner(scope, |symbols, slots| {
            symbols.visit_body(body, slots);
            filter.iter().for_each(|filter| symbols.visit_expr(filter, slots));
        });
        self.captured(body, &inner)?;
        if let Some(filter) = filter {
            self.expr(filter, &inner)?;
        }
        self.store(target, scope);
        Ok(())
    }

    /// Runs a body and leaves what it printed on the stack.
    fn captured(&mut self, body: &Body<'s>, inner: &Scope<'s>) -> Result<(), Error> {
        self.enter(inner)?;
        self.op(Op::BeginCapture);
        self.body(body, inner)?;
        self.op(Op::EndCapture);
        Ok(())
    }

    fn filter_block(&mut self, filter: &Expr<'s>, body: &Body<'s>, scope: &Scope<'s>) -> Result<(), Error> {
        let inner = self.inner(scope, |symbols, slots| {
            symbols.visit_body(body, slots);
            symbols.visit_expr(filter, slots);
        });
        self.captured(body, &inner)?;
        self.expr(filter, &inner)?;
        self.op(Op::Emit);
        Ok(())
    }

    fn with_block(
        &mut self,
        values: &[(Target<'s>, Expr<'s>)],
        body: &Body<'s>,
        scope: &Scope<'s>,
    ) -> Result<(), Error> {
        let inner = self.inner(scope, |symbols, slots| {
            values.iter().for_each(|(target, _)| symbols.declare_target(target, slots));
            symbols.visit_body(body, slots);
        });
        self.enter(&inner)?;
        for (target, value) in values {
            self.expr(value, scope)?;
            self.store(target, &inner);
        }
        self.body(body, &inner)
    }

    fn call_block(
        &mut self,
        block: &Macro<'s>,
        callee: &Expr<'s>,
        args: &Args<'s>,
        scope: &Scope<'s>,
    ) -> Result<(), Error> {
        let index = self.function(block, scope)?;
        self.expr(callee, scope)?;
        let caller = self.name("caller");
        let mut shape = self.push_arguments(args, scope, Some(index))?;
        shape.named.push(caller);
        let shape = self.shape(shape);
        self.op(Op::Call(shape));
        self.op(Op::Emit);
        Ok(())
    }

    /// Lowers a macro's body out of line; gives its index.
    fn function(&mut self, node: &Macro<'s>, scope: &Scope<'s>) -> Result<u32, Error> {
        let function = self.slots.function();
        let mut symbols = Symbols::new(Some(&scope.symbols), function);
        let params: Vec<Slot> =
            node.params.iter().map(|param| symbols.declare(param, &mut self.slots)).collect();
        let mut special = |name: &'static str| {
            let wanted = reads_name(&node.body, name) && !node.params.contains(&name);
            wanted.then(|| symbols.declare(name, &mut self.slots)).map(|slot| small(slot.index))
        };
        let (caller, kwargs, varargs) = (special("caller"), special("kwargs"), special("varargs"));
        node.defaults.iter().for_each(|default| symbols.visit_expr(default, &mut self.slots));
        symbols.visit_body(&node.body, &mut self.slots);
        let inner = Scope { symbols: Rc::new(symbols), soft: false };
        let index = u32::try_from(self.program.macros.len()).unwrap_or(u32::MAX);
        self.program.macros.push(MacroFacts::default());
        let around = self.forward(Op::Jump(0));
        let entry = self.label();
        self.functions.push(function);
        let (counters, loops) = (std::mem::take(&mut self.counters), std::mem::take(&mut self.loops));
        self.parameters(node, &params, &inner)?;
        self.body(&node.body, &inner)?;
        (self.counters, self.loops) = (counters, loops);
        self.functions.pop();
        self.op(Op::Return);
        self.land(around);
        let names: Vec<Name> = node.params.iter().map(|param| self.name(param)).collect();
        let params = names.into_iter().zip(params.iter().map(|slot| small(slot.index))).collect();
        let (name, slots) = (self.name(node.name), self.slots.count(function));
        self.program.macros[index as usize] =
            MacroFacts { name, entry, slots, params, caller, kwargs, varargs };
        Ok(index)
    }

    /// The start of a function: names from around it, then defaults of parameters that were not given.
    fn parameters(&mut self, node: &Macro<'s>, params: &[Slot], inner: &Scope<'s>) -> Result<(), Error> {
        self.enter(inner)?;
        let without_default = node.params.len() - node.defaults.len();
        for (at, (name, slot)) in node.params.iter().zip(params).enumerate() {
            let variable = self.variable(*slot);
            match at.checked_sub(without_default).and_then(|at| node.defaults.get(at)) {
                Some(default) => {
                    let given = self.forward(Op::JumpIfSet(variable, 0));
                    self.expr(default, inner)?;
                    self.op(Op::Store(variable));
                    self.land(given);
                }
                None => {
                    let name = self.name(name);
                    self.op(Op::Unprovided(variable, name));
                }
            }
        }
        Ok(())
    }

    fn expr(&mut self, expr: &Expr<'s>, scope: &Scope<'s>) -> Result<(), Error> {
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
                self.filter(inner.as_deref(), name, args, expr.at, scope)?
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

    fn op_at(&mut self, at: usize, op: Op) {
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
        let from_context = scope.symbols.loads_from_context(slot, name);
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
        rest: &[(crate::ast::Comparison, Expr<'s>)],
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
    fn push_arguments(
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

    fn shape(&mut self, shape: Arguments) -> Shape {
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
            None => self.unknown("filter", name, at, scope),
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
            None => self.unknown("test", name, at, scope),
        }
    }

    /// As in Jinja: wrong at once, but inside of a branch only when it is reached.
    fn unknown(&mut self, what: &str, name: &str, at: usize, scope: &Scope<'s>) -> Result<(), Error> {
        let message = format!("No {what} named '{name}'");
        if !scope.soft {
            return Err(self.error(at, Class::Syntax, "TemplateAssertionError", format!("{message}.")));
        }
        let message = self.name(&format!("{message} found."));
        self.op_at(at, Op::Unknown(message));
        Ok(())
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn small(index: u32) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}

/// The constants of an expression: all may be printed, some are compared with.
fn note_constants(expr: &Expr<'_>, compared: &mut Vec<String>, literals: &mut Vec<String>) {
    match &expr.node {
        ExprNode::Const(Const::Str(text)) => literals.push(text.clone()),
        ExprNode::Compare(first, rest) => {
            std::iter::once(&**first)
                .chain(rest.iter().map(|(_, operand)| operand))
                .for_each(|operand| note_operand(operand, compared));
        }
        ExprNode::Test(_, _, args) => {
            args.positional.iter().for_each(|operand| note_operand(operand, compared))
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

/// The statements directly inside of one, each block apart.
fn blocks<'e, 's>(statement: &'e Stmt<'s>) -> Vec<&'e Body<'s>> {
    match &statement.node {
        StmtNode::If { then, elifs, otherwise, .. } => {
            let elifs = elifs.iter().map(|(_, body)| body);
            std::iter::once(then).chain(elifs).chain(std::iter::once(otherwise)).collect()
        }
        StmtNode::For(node) => vec![&node.body, &node.otherwise],
        StmtNode::SetBlock { body, .. } | StmtNode::Filter { body, .. } | StmtNode::With { body, .. } => {
            vec![body]
        }
        StmtNode::Macro(node) | StmtNode::Generation(node) | StmtNode::Call { block: node, .. } => {
            vec![&node.body]
        }
        _ => Vec::new(),
    }
}

fn each_text<'s>(body: &Body<'s>, meet: &mut dyn FnMut(&'s str)) {
    for statement in body {
        if let StmtNode::Text(text) = statement.node {
            meet(text);
        }
        blocks(statement).into_iter().for_each(|body| each_text(body, meet));
    }
}

fn prints(body: &Body<'_>) -> bool {
    body.iter().any(|statement| match &statement.node {
        StmtNode::Text(_)
        | StmtNode::Print(_)
        | StmtNode::Call { .. }
        | StmtNode::Filter { .. }
        | StmtNode::Generation(_) => true,
        StmtNode::Macro(_) | StmtNode::SetBlock { .. } => false,
        _ => blocks(statement).into_iter().any(prints),
    })
}

fn has_break(body: &Body<'_>) -> bool {
    body.iter().any(|statement| match &statement.node {
        StmtNode::Break => true,
        StmtNode::For(_) | StmtNode::Macro(_) => false,
        _ => blocks(statement).into_iter().any(has_break),
    })
}

/// The namespace attributes that some statements assign.
fn attribute_writes<'s>(body: &Body<'s>, writes: &mut Vec<&'s str>) {
    for statement in body {
        if let StmtNode::Set(target, _) | StmtNode::SetBlock { target, .. } = &statement.node {
            note_attributes(target, writes);
        }
        blocks(statement).into_iter().for_each(|body| attribute_writes(body, writes));
    }
}

fn note_attributes<'s>(target: &Target<'s>, writes: &mut Vec<&'s str>) {
    match target {
        Target::Name(_) => {}
        Target::Attribute(_, attribute) => {
            if !writes.contains(attribute) {
                writes.push(attribute);
            }
        }
        Target::Tuple(targets) => targets.iter().for_each(|target| note_attributes(target, writes)),
    }
}

fn attribute_writes_in_macros<'s>(body: &Body<'s>) -> Vec<&'s str> {
    let mut writes = Vec::new();
    for statement in body {
        match &statement.node {
            StmtNode::Macro(node) => attribute_writes(&node.body, &mut writes),
            _ => {
                blocks(statement).into_iter().for_each(|body| writes.extend(attribute_writes_in_macros(body)))
            }
        }
    }
    writes
}
