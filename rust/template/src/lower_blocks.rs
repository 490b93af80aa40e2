//! The lowering of blocks, which are functions of the template, and of the tags that need another template.
use std::rc::Rc;

use crate::Error;
use crate::ast::{Block, Body, Const, Expr, ExprNode};
use crate::lower::{Lowering, Scope, count};
use crate::program::{BlockCall, BlockFacts, Choice, MacroFacts, Name, Op, Variable};
use crate::scope::Symbols;
use crate::special::reads_special;
use crate::walk::each_block;

/// A name that no template can read, for what a block knows of its surroundings.
const SURROUNDINGS: &str = "";

impl<'s> Lowering<'s> {
    /// Gives the blocks their places, and notes the variables of the outermost function, which they see.
    pub(crate) fn declare_blocks(&mut self, body: &Body<'s>, outermost: &Symbols<'s>) {
        each_block(body, &mut |_, block| {
            let (name, function) = (self.name(block.name), self.new_function());
            self.blocks.insert(name, count(self.program.blocks.len()));
            self.program.blocks.push(BlockFacts { name, function });
        });
        if self.program.blocks.is_empty() {
            return;
        }
        for name in outermost.assigned() {
            if let Some(slot) = outermost.find(name) {
                let name = self.name(name);
                self.program.globals.push((name, slot.index));
            }
        }
    }

    pub(crate) fn define_blocks(&mut self, body: &Body<'s>) -> Result<(), Error> {
        let mut blocks = Vec::new();
        each_block(body, &mut |_, block| blocks.push(block));
        for (index, block) in blocks.into_iter().enumerate() {
            let function = self.program.blocks[index].function;
            self.program.macros[function as usize] = self.block(block)?;
        }
        Ok(())
    }

    fn block(&mut self, block: &Block<'s>) -> Result<MacroFacts, Error> {
        let function = self.slots.function();
        let mut symbols = Symbols::new(None, function);
        let surroundings = symbols.declare(SURROUNDINGS, &mut self.slots);
        let mut special =
            |name| reads_special(&block.body, name).then(|| symbols.declare(name, &mut self.slots));
        let (own, parent) = (special("self"), special("super"));
        symbols.visit_body(&block.body, &mut self.slots);
        let scope = Scope { symbols: Rc::new(symbols), soft: false };
        self.surroundings = Some(surroundings);
        let lowered = self.out_of_line(function, |lowering| {
            let surroundings = lowering.variable(surroundings);
            if let Some(own) = own {
                let own = lowering.variable(own);
                lowering.op(Op::Alias(own, surroundings));
            }
            if let Some(parent) = parent {
                let parent = lowering.variable(parent);
                lowering.op(Op::NoParent(parent));
            }
            lowering.enter(&scope)?;
            lowering.body(&block.body, &scope)
        });
        self.surroundings = None;
        let (entry, slots) = lowered?;
        let name = Some(self.name(block.name));
        Ok(MacroFacts { name, entry, slots, ..MacroFacts::default() })
    }

    /// Calls a block where it stands.
    pub(crate) fn call_of_block(&mut self, block: &Block<'s>, scope: &Scope<'s>) -> Result<(), Error> {
        if block.required {
            // Only a template that extends this one could hold it.
            let message = self.name(&format!("Required block '{}' not found", block.name));
            self.op(Op::Fail(message));
            return Ok(());
        }
        let name = self.name(block.name);
        let known = self.blocks.get(&name).copied();
        let surroundings = self.surroundings.map(|slot| self.variable(slot));
        let locals = if block.scoped { self.locals(scope)? } else { Vec::new() };
        let block = known.unwrap_or_default();
        self.program.block_calls.push(BlockCall { block, surroundings, locals });
        self.op(Op::Block(count(self.program.block_calls.len() - 1)));
        Ok(())
    }

    /// The variables that a scope and those around it assign.
    fn locals(&mut self, scope: &Scope<'s>) -> Result<Vec<(Name, Variable)>, Error> {
        let mut locals = Vec::new();
        for name in scope.symbols.assigned() {
            if let Some(slot) = scope.symbols.find(name).filter(|_| name != SURROUNDINGS) {
                locals.push((self.name(name), self.variable(slot)));
            }
        }
        self.slots.note_copies(locals.len());
        self.check_names()?;
        Ok(locals)
    }

    pub(crate) fn include(
        &mut self,
        template: &Expr<'s>,
        ignore_missing: bool,
        scope: &Scope<'s>,
    ) -> Result<(), Error> {
        let choice = match &template.node {
            ExprNode::Const(Const::Str(_)) => Choice::One,
            ExprNode::List(_) | ExprNode::Tuple(_) => Choice::Some,
            _ => Choice::OneOrSome,
        };
        self.expr(template, scope)?;
        self.op_at(template.at, Op::Include { choice, ignore_missing });
        Ok(())
    }

    /// Asks for another template, which there never is.
    pub(crate) fn other_template(&mut self, template: &Expr<'s>, scope: &Scope<'s>) -> Result<(), Error> {
        self.expr(template, scope)?;
        self.op_at(template.at, Op::Include { choice: Choice::One, ignore_missing: false });
        Ok(())
    }
}
