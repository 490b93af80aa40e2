//! The lowering of loops.
use std::rc::Rc;

use crate::Error;
use crate::ast::{Expr, ExprNode, For, Target};
use crate::idle;
use crate::lower::{Lowering, Scope, count};
use crate::lower_expressions::constant_text;
use crate::program::{Label, LoopFacts, LoopFlag, LoopPart, MacroFacts, Op, Operand};
use crate::scope::Symbols;
use crate::special::reads_special;
use crate::walk::{each_block, each_child, each_expr};

/// A loop that is being lowered.
struct Loop<'l, 's> {
    node: &'l For<'s>,
    index: u32,
    head: Label,
    /// The names around it, and those of its body.
    outer: &'l Scope<'s>,
    inner: &'l Scope<'s>,
    /// Whether it has `loop`.
    extended: bool,
}

impl<'s> Lowering<'s> {
    pub(crate) fn for_loop(&mut self, node: &For<'s>, scope: &Scope<'s>) -> Result<(), Error> {
        if node.recursive {
            return self.recursive_loop(node, scope);
        }
        let iterable = self.operand(&node.iter, scope)?;
        self.loop_over(node, iterable, scope)
    }

    /// A loop as a function of its own, so that it can be run within itself.
    fn recursive_loop(&mut self, node: &For<'s>, scope: &Scope<'s>) -> Result<(), Error> {
        self.expr(&node.iter, scope)?;
        let function = self.slots.function();
        let symbols = Rc::new(Symbols::new(Some(&scope.symbols), function));
        let inner = Scope { symbols, soft: false };
        let index = self.new_function();
        let (entry, slots) =
            self.out_of_line(function, |lowering| lowering.loop_over(node, Operand::Top, &inner))?;
        self.program.is_steady = false;
        let name = Some(self.name("loop"));
        self.program.macros[index as usize] = MacroFacts { name, entry, slots, ..MacroFacts::default() };
        self.op_at(node.iter.at, Op::Recursive(index));
        Ok(())
    }

    fn loop_over(&mut self, node: &For<'s>, iterable: Operand, scope: &Scope<'s>) -> Result<(), Error> {
        let extended = is_extended(node);
        let inner = self.inner(scope, |symbols, slots| {
            if extended {
                symbols.declare("loop", slots);
            }
            symbols.declare_target(&node.target, slots);
            symbols.visit_body(&node.body, slots);
        });
        let index = self.loop_facts(node, scope, &inner);
        if let Some(test) = node.test.as_ref().filter(|_| extended) {
            self.check_loop_is_read_in_parts(node)?;
            self.program.loops[index as usize].test = Some(self.test_ahead(node, test, scope)?);
        }
        self.op_at(node.iter.at, Op::Loop(index, iterable));
        let lowered = Loop { node, index, head: self.label(), outer: scope, inner: &inner, extended };
        self.next_item(&lowered)?;
        self.loop_body(&lowered)?;
        self.loop_end(&lowered)
    }

    /// Takes the next item of a loop, or the next that its test keeps, into the loop's targets.
    fn next_item(&mut self, of: &Loop<'_, 's>) -> Result<(), Error> {
        let Loop { node, index, inner, .. } = *of;
        let Some(test) = node.test.as_ref().filter(|_| !of.extended) else {
            match self.target_variable(&node.target, inner) {
                Some(variable) => self.op(Op::NextInto(index, variable)),
                None => {
                    self.op(Op::Next(index));
                    self.store(&node.target, inner);
                }
            }
            return Ok(());
        };
        self.op(Op::Next(index));
        self.op(Op::Duplicate);
        self.loop_test(node, test, of.outer)?;
        let body = self.forward(Op::JumpIf(true, Operand::Top, 0));
        self.op(Op::Pop);
        self.op(Op::Jump(of.head));
        self.land(body);
        self.store(&node.target, inner);
        Ok(())
    }

    fn loop_facts(&mut self, node: &For<'s>, scope: &Scope<'s>, inner: &Scope<'s>) -> u32 {
        let flag = idle::flag(node).and_then(|flag| {
            let variable = self.variable(inner.symbols.find(flag.namespace)?);
            Some(LoopFlag { variable, attribute: self.name(flag.attribute), when: flag.when })
        });
        let facts = LoopFacts { level: scope.symbols.level, flag, ..LoopFacts::default() };
        self.program.loops.push(facts);
        count(self.program.loops.len() - 1)
    }

    /// The test of a loop, with names of its own, on the item on the stack.
    fn loop_test(&mut self, node: &For<'s>, test: &Expr<'s>, scope: &Scope<'s>) -> Result<(), Error> {
        // One level apart from the body's scope, so that the two never share a slot.
        let apart = self.inner(scope, |_, _| {});
        let inner = self.inner(&apart, |symbols, slots| {
            symbols.declare_target(&node.target, slots);
            symbols.visit_expr(test, slots);
        });
        self.enter(&inner)?;
        self.store(&node.target, &inner);
        self.expr(test, &inner)
    }

    /// The test as code of its own, which is run on items before it is their turn when `loop` is asked for what
    /// comes.
    fn test_ahead(&mut self, node: &For<'s>, test: &Expr<'s>, scope: &Scope<'s>) -> Result<Label, Error> {
        let around = self.forward(Op::Jump(0));
        let entry = self.label();
        self.loop_test(node, test, scope)?;
        self.op(Op::Return);
        self.land(around);
        Ok(entry)
    }

    /// Of a loop with a test, only attributes of `loop` can be told, not the object itself.
    fn check_loop_is_read_in_parts(&self, node: &For<'s>) -> Result<(), Error> {
        let mut whole = None;
        each_expr(&node.body, &mut |expr| {
            whole = whole.or_else(|| whole_loop(expr));
        });
        whole.map_or(Ok(()), |at| Err(self.unsupported(at, "`loop` itself in a loop with a test")))
    }

    fn loop_body(&mut self, of: &Loop<'_, 's>) -> Result<(), Error> {
        let Loop { node, inner, .. } = *of;
        if of.extended
            && let Some(slot) = inner.symbols.find("loop")
        {
            let variable = self.variable(slot);
            self.op(Op::StoreLoop(variable));
        }
        self.enter(inner)?;
        let counters = self.counters.len();
        if let Target::Name(name) = node.target {
            self.counters.push(name);
        }
        self.loops.push((of.index, of.head));
        let lowered = self.body(&node.body, inner);
        self.loops.pop();
        self.counters.truncate(counters);
        lowered
    }

    fn loop_end(&mut self, of: &Loop<'_, 's>) -> Result<(), Error> {
        let node = of.node;
        if !node.otherwise.is_empty() {
            self.op(Op::Completed);
        }
        self.op(Op::Jump(of.head));
        let otherwise = self.label();
        if !node.otherwise.is_empty() {
            let inner = self.inner(of.outer, |symbols, slots| symbols.visit_body(&node.otherwise, slots));
            self.enter(&inner)?;
            self.body(&node.otherwise, &inner)?;
        }
        let exit = self.label();
        let facts = &mut self.program.loops[of.index as usize];
        (facts.head, facts.exit, facts.otherwise) = (of.head, exit, otherwise);
        Ok(())
    }
}

/// Whether a loop has `loop`.
fn is_extended(node: &For<'_>) -> bool {
    let mut scoped = false;
    each_block(&node.body, &mut |_, block| scoped |= block.scoped);
    each_block(&node.otherwise, &mut |_, block| scoped |= block.scoped);
    node.recursive || scoped || reads_special(&node.body, "loop")
}

/// Where an expression reads `loop` for anything but its known parts.
fn whole_loop(expr: &Expr<'_>) -> Option<usize> {
    let is_loop = |of: &Expr<'_>| of.node == ExprNode::Name("loop");
    match &expr.node {
        ExprNode::Name("loop") => return Some(expr.at),
        ExprNode::Attribute(of, part)
            if is_loop(of) && (LoopPart::named(part).is_some() || matches!(*part, "cycle" | "changed")) =>
        {
            return None;
        }
        ExprNode::Item(of, part)
            if is_loop(of) && constant_text(part).is_some_and(|part| LoopPart::named(part).is_some()) =>
        {
            return None;
        }
        // A recursive loop is called as a whole.
        ExprNode::Call(callee, args) if is_loop(callee) => {
            return crate::walk::arguments(args).find_map(whole_loop);
        }
        _ => {}
    }
    let mut found = None;
    each_child(expr, &mut |child| found = found.or_else(|| whole_loop(child)));
    found
}
