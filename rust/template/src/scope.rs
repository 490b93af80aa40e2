//! Names → slots, by the rules of Jinja's compiler (`jinja2/idtracking.py`): each scope copies the outer
//! values it may change when it is entered, so that nothing set in it leaks out.
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use crate::ast::{Args, Expr, Stmt, StmtNode, Target};
use crate::walk::{each_name, each_name_in_args};

/// A variable of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Slot {
    /// Which function's frame holds it.
    pub(crate) function: usize,
    pub(crate) index: u32,
}

/// How a slot gets its value when its scope is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Load<'s> {
    /// It is assigned by the scope itself.
    Parameter,
    /// From the variables of the render and the global functions.
    Context(&'s str),
    Alias(Slot),
    Undefined,
}

/// Hands out slots; one name at one level of one function has one.
#[derive(Debug, Default)]
pub(crate) struct Slots<'s> {
    known: HashMap<(usize, usize, &'s str), u32>,
    counts: Vec<u32>,
    /// The level of each slot of the outermost function.
    levels: Vec<usize>,
    /// How many names were copied into branches so far.
    copied: usize,
}

/// As many names may be copied into branches, far more than templates need that people write.
const MAX_COPIES: usize = 300_000;

impl<'s> Slots<'s> {
    /// Starts a function.
    pub(crate) fn function(&mut self) -> usize {
        self.counts.push(0);
        self.counts.len() - 1
    }

    /// How many slots a function has.
    pub(crate) fn count(&self, function: usize) -> u32 {
        self.counts[function]
    }

    /// The level of each slot of the outermost function.
    pub(crate) fn into_levels(self) -> Vec<usize> {
        self.levels
    }

    /// Whether there were so many names in so many branches that some were left out.
    pub(crate) fn are_too_many(&self) -> bool {
        self.copied > MAX_COPIES
    }

    pub(crate) fn note_copies(&mut self, names: usize) {
        self.copied = self.copied.saturating_add(names);
    }

    fn slot(&mut self, function: usize, level: usize, name: &'s str) -> Slot {
        let count = &mut self.counts[function];
        let index = *self.known.entry((function, level, name)).or_insert_with(|| {
            *count += 1;
            if function == 0 {
                self.levels.push(level);
            }
            *count - 1
        });
        Slot { function, index }
    }
}

/// The names of one scope.
#[derive(Debug, Clone)]
pub(crate) struct Symbols<'s> {
    /// How many scopes are around it.
    pub(crate) level: usize,
    pub(crate) function: usize,
    parent: Option<Rc<Self>>,
    refs: HashMap<&'s str, Slot>,
    /// In the order in which they were met.
    pub(crate) loads: Vec<(Slot, Load<'s>)>,
    /// Where a slot is in `loads`.
    places: HashMap<Slot, usize>,
    stores: BTreeSet<&'s str>,
}

impl<'s> Symbols<'s> {
    pub(crate) fn new(parent: Option<&Rc<Self>>, function: usize) -> Self {
        Self {
            level: parent.map_or(0, |parent| parent.level + 1),
            function,
            parent: parent.cloned(),
            refs: HashMap::new(),
            loads: Vec::new(),
            places: HashMap::new(),
            stores: BTreeSet::new(),
        }
    }

    /// The slot a name stands for in this scope, if any.
    pub(crate) fn find(&self, name: &str) -> Option<Slot> {
        self.refs.get(name).copied().or_else(|| self.parent.as_ref()?.find(name))
    }

    /// Whether a slot starts as a variable of the render or a global function.
    pub(crate) fn loads_from_context(&self, slot: Slot) -> bool {
        match self.places.get(&slot).map(|place| self.loads[*place].1) {
            Some(Load::Alias(outer)) => {
                self.parent.as_ref().is_some_and(|parent| parent.loads_from_context(outer))
            }
            Some(load) => matches!(load, Load::Context(_)),
            None => self.parent.as_ref().is_some_and(|parent| parent.loads_from_context(slot)),
        }
    }

    /// The names that this scope and those around it assign.
    pub(crate) fn assigned(&self) -> BTreeSet<&'s str> {
        let outer = self.parent.as_ref().map(|parent| parent.assigned()).unwrap_or_default();
        outer.union(&self.stores).copied().collect()
    }

    fn define(&mut self, name: &'s str, load: Load<'s>, slots: &mut Slots<'s>) -> Slot {
        let slot = slots.slot(self.function, self.level, name);
        self.refs.insert(name, slot);
        self.set_load(slot, load);
        slot
    }

    fn set_load(&mut self, slot: Slot, load: Load<'s>) {
        match self.places.get(&slot) {
            Some(place) => self.loads[*place].1 = load,
            None => {
                self.places.insert(slot, self.loads.len());
                self.loads.push((slot, load));
            }
        }
    }

    pub(crate) fn declare(&mut self, name: &'s str, slots: &mut Slots<'s>) -> Slot {
        self.stores.insert(name);
        self.define(name, Load::Parameter, slots)
    }

    fn store(&mut self, name: &'s str, slots: &mut Slots<'s>) {
        self.stores.insert(name);
        if self.refs.contains_key(name) {
            return;
        }
        let outer = self.parent.as_ref().and_then(|parent| parent.find(name));
        self.define(name, outer.map_or(Load::Undefined, Load::Alias), slots);
    }

    fn load(&mut self, name: &'s str, slots: &mut Slots<'s>) {
        if self.find(name).is_none() {
            self.define(name, Load::Context(name), slots);
        }
    }

    /// Takes over what branches assigned: a name keeps its outer value where no branch set it.
    fn merge(&mut self, branches: Vec<Self>) {
        let assigned: BTreeSet<&'s str> =
            branches.iter().flat_map(|branch| branch.stores.iter().copied()).collect();
        let fresh: Vec<&'s str> = assigned.difference(&self.stores).copied().collect();
        for branch in branches {
            self.refs.extend(branch.refs);
            for (slot, load) in branch.loads {
                self.set_load(slot, load);
            }
            self.stores.extend(branch.stores);
        }
        for name in fresh {
            let Some(slot) = self.find(name) else { continue };
            let outer = self.parent.as_ref().and_then(|parent| parent.find(name));
            self.set_load(slot, outer.map_or(Load::Context(name), Load::Alias));
        }
    }

    /// Meets the names of statements in the order in which Jinja does.
    pub(crate) fn visit_body(&mut self, body: &[Stmt<'s>], slots: &mut Slots<'s>) {
        body.iter().for_each(|statement| self.visit(statement, slots));
    }

    fn visit(&mut self, statement: &Stmt<'s>, slots: &mut Slots<'s>) {
        match &statement.node {
            StmtNode::Print(expr)
            | StmtNode::Filter { filter: expr, .. }
            | StmtNode::Extends(expr)
            | StmtNode::Include { template: expr, .. } => self.visit_expr(expr, slots),
            StmtNode::Import { template, names } => {
                self.visit_expr(template, slots);
                names.iter().for_each(|name| self.store(name, slots));
            }
            StmtNode::If { test, then, elifs, otherwise } => {
                self.visit_if(test, then, elifs, otherwise, slots);
            }
            StmtNode::For(node) => self.visit_expr(&node.iter, slots),
            StmtNode::Set(target, value) => {
                self.visit_expr(value, slots);
                self.visit_target(target, slots);
            }
            StmtNode::SetBlock { target, .. } => self.visit_target(target, slots),
            StmtNode::Macro(name, _) => self.store(name, slots),
            StmtNode::Call { callee, args, .. } => {
                self.visit_expr(callee, slots);
                self.visit_args(args, slots);
            }
            StmtNode::With { values, .. } => {
                values.iter().for_each(|(_, value)| self.visit_expr(value, slots));
            }
            StmtNode::Text(_)
            | StmtNode::Generation(_)
            | StmtNode::Block(_)
            | StmtNode::Break
            | StmtNode::Continue => {}
        }
    }

    fn visit_if(
        &mut self,
        test: &Expr<'s>,
        then: &[Stmt<'s>],
        elifs: &[(Expr<'s>, Vec<Stmt<'s>>)],
        otherwise: &[Stmt<'s>],
        slots: &mut Slots<'s>,
    ) {
        self.visit_expr(test, slots);
        let mut branches = Vec::new();
        let mut branch = |is_empty: bool, visit: &mut dyn FnMut(&mut Self, &mut Slots<'s>)| {
            slots.note_copies(if is_empty { 1 } else { self.refs.len() + 1 });
            if !is_empty && !slots.are_too_many() {
                let mut branch = self.clone();
                visit(&mut branch, slots);
                branches.push(branch);
            }
        };
        branch(then.is_empty(), &mut |branch, slots| branch.visit_body(then, slots));
        // All `elif`s count as one branch, each of them a chain of its own.
        branch(elifs.is_empty(), &mut |branch, slots| {
            elifs.iter().for_each(|(test, body)| branch.visit_if(test, body, &[], &[], slots));
        });
        branch(otherwise.is_empty(), &mut |branch, slots| branch.visit_body(otherwise, slots));
        self.merge(branches);
    }

    /// Names that a target assigns; the namespace of an attribute is only read.
    fn visit_target(&mut self, target: &Target<'s>, slots: &mut Slots<'s>) {
        match target {
            Target::Name(name) => self.store(name, slots),
            Target::Attribute(name, _) => self.load(name, slots),
            Target::Tuple(targets) => targets.iter().for_each(|target| self.visit_target(target, slots)),
        }
    }

    /// Names of a target that the scope itself assigns.
    pub(crate) fn declare_target(&mut self, target: &Target<'s>, slots: &mut Slots<'s>) {
        match target {
            Target::Name(name) => {
                self.declare(name, slots);
            }
            Target::Attribute(name, _) => self.load(name, slots),
            Target::Tuple(targets) => targets.iter().for_each(|target| self.declare_target(target, slots)),
        }
    }

    pub(crate) fn visit_expr(&mut self, expr: &Expr<'s>, slots: &mut Slots<'s>) {
        each_name(expr, &mut |name| self.load(name, slots));
    }

    fn visit_args(&mut self, args: &Args<'s>, slots: &mut Slots<'s>) {
        each_name_in_args(args, &mut |name| self.load(name, slots));
    }
}
