//! Statements → program.
use std::collections::HashMap;
use std::rc::Rc;

use crate::ast::{Args, Body, Const, Expr, ExprNode, Macro, Stmt, StmtNode, Target};
use crate::program::{Label, MacroFacts, Name, Op, Operand, Program, Variable};
use crate::scope::{Load, Slot, Slots, Symbols};
use crate::source::position;
use crate::special::reads_special;
use crate::walk::{each_expr, each_text, extends, makes_markup, note_constants, reads_any, tags_in_calls};
use crate::{Class, Error};

/// Lowers a parsed template.
pub(crate) fn lower(source: &str, body: &Body<'_>) -> Result<Program, Error> {
    let mut lowering = Lowering::new(source, body);
    lowering.note_constants(body);
    lowering.template(body)?;
    lowering.program.is_steady &=
        lowering.program.blocks.is_empty() && !lowering.makes_objects && !source.contains("sameas");
    lowering.program.levels = lowering.slots.into_levels();
    Ok(lowering.program)
}

/// The names in force, and whether unknown filters may wait until they are reached.
#[derive(Clone)]
pub(crate) struct Scope<'s> {
    pub(crate) symbols: Rc<Symbols<'s>>,
    pub(crate) soft: bool,
}

impl Scope<'_> {
    pub(crate) fn soft(&self) -> Self {
        Self { soft: true, ..self.clone() }
    }
}

/// A program in the making.
pub(crate) struct Lowering<'s> {
    source: &'s str,
    pub(crate) program: Program,
    pub(crate) slots: Slots<'s>,
    interned: HashMap<String, Name>,
    /// Where in the program's context each variable of the render is.
    context: HashMap<Name, u32>,
    /// Which block has each name.
    pub(crate) blocks: HashMap<Name, u32>,
    /// The functions around the current instruction, innermost last.
    functions: Vec<usize>,
    /// Where the block around the current instruction keeps what is around it.
    pub(crate) surroundings: Option<Slot>,
    /// Targets of the loops around the current expression.
    pub(crate) counters: Vec<&'s str>,
    /// The loops around the current statement, with their heads.
    pub(crate) loops: Vec<(u32, Label)>,
    pub(crate) at: usize,
    /// Whether a value may be `Markup`, before which plain text is escaped.
    pub(crate) makes_markup: bool,
    /// Whether there may be cyclers and joiners, which change with every use.
    pub(crate) makes_objects: bool,
    /// Whether the template may extend another.
    pub(crate) extends: bool,
    /// Whether expressions are printed when all of them is computed, so that the places of generation blocks which
    /// they call are those of the reference.
    pub(crate) prints_whole: bool,
    /// The sums around the current expression.
    pub(crate) sums: u32,
    /// The operands around it that Jinja may not look at.
    pub(crate) sparable: u32,
}

impl<'s> Lowering<'s> {
    fn new(source: &'s str, body: &Body<'s>) -> Self {
        Self {
            source,
            program: Program { is_steady: true, ..Program::default() },
            slots: Slots::default(),
            interned: HashMap::new(),
            context: HashMap::new(),
            blocks: HashMap::new(),
            functions: Vec::new(),
            surroundings: None,
            counters: Vec::new(),
            loops: Vec::new(),
            at: 0,
            makes_markup: makes_markup(body),
            prints_whole: tags_in_calls(body),
            makes_objects: reads_any(body, &["cycler", "joiner"]),
            extends: extends(body),
            sums: 0,
            sparable: 0,
        }
    }

    /// The outermost function, then the blocks.
    fn template(&mut self, body: &Body<'s>) -> Result<(), Error> {
        let function = self.slots.function();
        let mut symbols = Symbols::new(None, function);
        let own = reads_special(body, "self").then(|| symbols.declare("self", &mut self.slots));
        symbols.visit_body(body, &mut self.slots);
        self.declare_blocks(body, &symbols);
        let scope = Scope { symbols: Rc::new(symbols), soft: false };
        self.functions.push(function);
        if let Some(own) = own {
            let own = self.variable(own);
            self.op(Op::Template(own));
        }
        self.enter(&scope)?;
        self.body(body, &scope)?;
        self.op(Op::Return);
        self.functions.pop();
        self.program.slots = self.slots.count(function);
        self.define_blocks(body)
    }

    pub(crate) fn op(&mut self, op: Op) {
        self.program.ops.push(op);
        self.program.positions.push(u32::try_from(self.at).unwrap_or(u32::MAX));
    }

    pub(crate) fn label(&self) -> Label {
        u32::try_from(self.program.ops.len()).unwrap_or(u32::MAX)
    }

    /// Puts in an instruction whose target is not known yet.
    pub(crate) fn forward(&mut self, op: Op) -> usize {
        self.op(op);
        self.program.ops.len() - 1
    }

    /// Makes a forward instruction lead to here.
    pub(crate) fn land(&mut self, forward: usize) {
        let here = self.label();
        if let Some(label) = self.program.ops[forward].label_mut() {
            *label = here;
        }
    }

    pub(crate) fn name(&mut self, text: &str) -> Name {
        if let Some(known) = self.interned.get(text) {
            return *known;
        }
        let name = self.program.add_name(text.to_owned());
        self.interned.insert(text.to_owned(), name);
        name
    }

    /// The index of a variable of the render.
    fn context(&mut self, name: &str) -> u32 {
        let name = self.name(name);
        let context = &mut self.program.context;
        *self.context.entry(name).or_insert_with(|| {
            context.push(name);
            count(context.len() - 1)
        })
    }

    pub(crate) fn error(&self, at: usize, class: Class, kind: &'static str, message: String) -> Error {
        Error::new(class, kind, message).at(position(self.source, at))
    }

    pub(crate) fn unsupported(&self, at: usize, what: &str) -> Error {
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

    pub(crate) fn variable(&self, slot: Slot) -> Variable {
        let hops = self.functions.iter().rev().take_while(|function| **function != slot.function).count();
        Variable {
            hops: u16::try_from(hops).unwrap_or(u16::MAX),
            slot: u16::try_from(slot.index).unwrap_or(u16::MAX),
        }
    }

    /// A scope inside of another, in the same function.
    pub(crate) fn inner(
        &mut self,
        scope: &Scope<'s>,
        visit: impl FnOnce(&mut Symbols<'s>, &mut Slots<'s>),
    ) -> Scope<'s> {
        let mut symbols = Symbols::new(Some(&scope.symbols), scope.symbols.function);
        visit(&mut symbols, &mut self.slots);
        Scope { symbols: Rc::new(symbols), soft: false }
    }

    pub(crate) fn check_names(&self) -> Result<(), Error> {
        if self.slots.are_too_many() {
            return Err(self.unsupported(self.at, "so many names in so many branches"));
        }
        Ok(())
    }

    /// Gives the slots of a scope their first values.
    pub(crate) fn enter(&mut self, scope: &Scope<'s>) -> Result<(), Error> {
        self.check_names()?;
        for &(slot, load) in &scope.symbols.loads {
            if slot.index > u32::from(u16::MAX) {
                return Err(self.unsupported(self.at, "more than 65535 variables in one function"));
            }
            let variable = self.variable(slot);
            match load {
                Load::Parameter => {}
                Load::Context(name) => {
                    let index = self.context(name);
                    let surroundings = self.surroundings.map(|slot| self.variable(slot));
                    self.op(match surroundings {
                        Some(surroundings) => Op::ResolveAround(variable, surroundings, index),
                        None => Op::Resolve(variable, index),
                    });
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

    pub(crate) fn body(&mut self, body: &Body<'s>, scope: &Scope<'s>) -> Result<(), Error> {
        let mut printed = String::new();
        for statement in body {
            match &statement.node {
                StmtNode::Text(text) => printed.push_str(text),
                StmtNode::Print(Expr { node: ExprNode::Const(Const::Str(text)), .. }) => {
                    printed.push_str(text);
                }
                _ => {
                    self.text(&mut printed);
                    self.statement(statement, scope)?;
                }
            }
        }
        self.text(&mut printed);
        Ok(())
    }

    /// Prints text that was collected.
    pub(crate) fn text(&mut self, printed: &mut String) {
        if !printed.is_empty() {
            let name = self.name(printed);
            self.op(Op::Text(name));
            printed.clear();
        }
    }

    fn statement(&mut self, statement: &Stmt<'s>, scope: &Scope<'s>) -> Result<(), Error> {
        self.at = statement.at;
        match &statement.node {
            StmtNode::Text(_) => {}
            StmtNode::Print(expr) => self.print(expr, scope)?,
            StmtNode::If { test, then, elifs, otherwise } => {
                self.if_chain(test, then, elifs, otherwise, scope)?;
            }
            StmtNode::For(node) => self.for_loop(node, scope)?,
            StmtNode::Set(target, value) => self.set(target, value, scope)?,
            StmtNode::SetBlock { target, filter, body } => {
                self.set_block(target, filter.as_ref(), body, scope)?;
            }
            StmtNode::Macro(name, node) => {
                let index = self.function(node, scope)?;
                self.op(Op::Macro(index));
                self.store(&Target::Name(name), scope);
            }
            StmtNode::Call { block, callee, args } => self.call_block(block, callee, args, scope)?,
            StmtNode::Filter { filter, body } => self.filter_block(filter, body, scope)?,
            StmtNode::With { values, body } => self.with_block(values, body, scope)?,
            StmtNode::Generation(node) => {
                let index = self.function(node, scope)?;
                self.op(Op::Macro(index));
                self.op(Op::Generation);
            }
            StmtNode::Block(node) => self.call_of_block(node, scope)?,
            StmtNode::Include { template, ignore_missing } => {
                self.include(template, *ignore_missing, scope)?;
            }
            StmtNode::Extends(template) | StmtNode::Import { template, .. } => {
                self.other_template(template, scope)?;
            }
            StmtNode::Break => {
                if let Some(&(index, _)) = self.loops.last() {
                    self.op(Op::Break(index));
                }
            }
            StmtNode::Continue => {
                if let Some(&(_, head)) = self.loops.last() {
                    self.op(Op::Continue(head));
                }
            }
        }
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
            let skips = self.jump_if(false, test, scope)?;
            self.body(body, scope)?;
            ends.push(self.forward(Op::Jump(0)));
            skips.into_iter().for_each(|skip| self.land(skip));
        }
        self.body(otherwise, scope)?;
        ends.into_iter().for_each(|end| self.land(end));
        Ok(())
    }

    /// The variable of a target that is just a name.
    pub(crate) fn target_variable(&self, target: &Target<'s>, scope: &Scope<'s>) -> Option<Variable> {
        let Target::Name(name) = target else { return None };
        scope.symbols.find(name).map(|slot| self.variable(slot))
    }

    fn set(&mut self, target: &Target<'s>, value: &Expr<'s>, scope: &Scope<'s>) -> Result<(), Error> {
        self.check_namespaces(target, scope);
        match self.target_variable(target, scope) {
            Some(variable) => {
                let operand = self.operand(value, scope)?;
                self.op(Op::Store(variable, operand));
            }
            None => {
                self.expr(value, scope)?;
                self.store(target, scope);
            }
        }
        Ok(())
    }

    fn check_namespaces(&mut self, target: &Target<'s>, scope: &Scope<'s>) {
        match target {
            Target::Name(_) => {}
            Target::Tuple(targets) => targets.iter().for_each(|target| self.check_namespaces(target, scope)),
            Target::Attribute(name, _) => {
                if let Some(slot) = scope.symbols.find(name) {
                    let variable = self.variable(slot);
                    self.op(Op::CheckNamespace(variable));
                }
            }
        }
    }

    pub(crate) fn store(&mut self, target: &Target<'s>, scope: &Scope<'s>) {
        match target {
            Target::Name(name) => {
                if let Some(slot) = scope.symbols.find(name) {
                    let variable = self.variable(slot);
                    self.op(Op::Store(variable, Operand::Top));
                }
            }
            Target::Attribute(namespace, attribute) => {
                if let Some(slot) = scope.symbols.find(namespace) {
                    let variable = self.variable(slot);
                    let attribute = self.name(attribute);
                    self.op(Op::StoreAttribute(variable, attribute));
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
            // As in Jinja, names that only the filter's arguments read are not known there.
            symbols.visit_body(body, slots);
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
        self.op(Op::EmitText(count(self.at)));
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
        self.op(Op::EmitText(count(self.at)));
        Ok(())
    }

    /// Lowers a macro's body out of line; gives its index.
    pub(crate) fn function(&mut self, node: &Macro<'s>, scope: &Scope<'s>) -> Result<u32, Error> {
        let function = self.slots.function();
        let mut symbols = Symbols::new(Some(&scope.symbols), function);
        let params: Vec<Slot> =
            node.params.iter().map(|param| symbols.declare(param, &mut self.slots)).collect();
        let mut special = |name: &'static str| {
            let wanted = reads_special(&node.body, name) && !node.params.contains(&name);
            wanted.then(|| symbols.declare(name, &mut self.slots)).map(|slot| small(slot.index))
        };
        let reads_caller = reads_special(&node.body, "caller");
        let (caller, kwargs, varargs) = (special("caller"), special("kwargs"), special("varargs"));
        node.defaults.iter().for_each(|default| symbols.visit_expr(default, &mut self.slots));
        symbols.visit_body(&node.body, &mut self.slots);
        let inner = Scope { symbols: Rc::new(symbols), soft: false };
        let index = self.new_function();
        let (entry, slots) = self.out_of_line(function, |lowering| {
            lowering.parameters(node, &params, &inner)?;
            lowering.body(&node.body, &inner)
        })?;
        let names: Vec<Name> = node.params.iter().map(|param| self.name(param)).collect();
        let params = names.into_iter().zip(params.iter().map(|slot| small(slot.index))).collect();
        let name = node.name.map(|name| self.name(name));
        self.program.macros[index as usize] =
            MacroFacts { name, entry, slots, params, caller, reads_caller, kwargs, varargs };
        Ok(index)
    }

    /// A place among the program's functions, those within this one coming later.
    pub(crate) fn new_function(&mut self) -> u32 {
        self.program.macros.push(MacroFacts::default());
        count(self.program.macros.len() - 1)
    }

    /// Lowers a function's body behind a jump over it; gives where it starts, and how many slots it has.
    pub(crate) fn out_of_line(
        &mut self,
        function: usize,
        body: impl FnOnce(&mut Self) -> Result<(), Error>,
    ) -> Result<(Label, u32), Error> {
        let around = self.forward(Op::Jump(0));
        let entry = self.label();
        self.functions.push(function);
        let (counters, loops) = (std::mem::take(&mut self.counters), std::mem::take(&mut self.loops));
        body(self)?;
        (self.counters, self.loops) = (counters, loops);
        self.functions.pop();
        self.op(Op::Return);
        self.land(around);
        Ok((entry, self.slots.count(function)))
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
                    self.op(Op::Store(variable, Operand::Top));
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
}

/// A length as instructions hold it.
pub(crate) fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn small(index: u32) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}
