//! The tags about blocks and other templates.
use crate::Error;
use crate::ast::{Block, Stmt, StmtNode};
use crate::parser::Parser;
use crate::source::is_space;
use crate::token::{Kind, Op};

impl<'s> Parser<'s> {
    pub(crate) fn named_block(&mut self, at: usize) -> Result<StmtNode<'s>, Error> {
        let name = self.expect_name()?;
        if !self.blocks.insert(name) {
            self.note_assertion(at, format!("block `{name}` defined twice"));
        }
        let (scoped, required) = (self.skip_name("scoped"), self.skip_name("required"));
        if self.is_op(Op::Sub) {
            return Err(self.error(self.at(), "the name of a block must be an identifier, without hyphens"));
        }
        let body = self.function(|parser| parser.block("endblock"))?;
        if required && !body.iter().all(is_blank) {
            return Err(self.error(self.at(), "a required block can only contain comments or whitespace"));
        }
        self.skip_name(name);
        Ok(StmtNode::Block(Block { name, scoped, required, body }))
    }

    pub(crate) fn extends(&mut self, at: usize) -> Result<StmtNode<'s>, Error> {
        let template = self.expression()?;
        if self.scopes > 1 {
            self.note_assertion(at, "can't extend from a scope that is not top-level");
        }
        Ok(StmtNode::Extends(template))
    }

    pub(crate) fn include(&mut self) -> Result<StmtNode<'s>, Error> {
        let template = self.expression()?;
        let ignore_missing = self.is_name("ignore") && *self.peek_second() == Kind::Name("missing");
        if ignore_missing {
            self.advance();
            self.advance();
        }
        self.context();
        Ok(StmtNode::Include { template, ignore_missing })
    }

    pub(crate) fn import(&mut self) -> Result<StmtNode<'s>, Error> {
        let template = self.expression()?;
        if !self.skip_name("as") {
            return Err(self.unexpected("`as`"));
        }
        let names = vec![self.assigned_name()?];
        self.context();
        Ok(StmtNode::Import { template, names })
    }

    pub(crate) fn import_names(&mut self) -> Result<StmtNode<'s>, Error> {
        let template = self.expression()?;
        if !self.skip_name("import") {
            return Err(self.unexpected("`import`"));
        }
        let mut names = Vec::new();
        loop {
            if !names.is_empty() {
                self.expect_op(Op::Comma)?;
            }
            if self.context() {
                break;
            }
            names.push(self.imported_name()?);
            if self.context() || !self.is_op(Op::Comma) {
                break;
            }
        }
        Ok(StmtNode::Import { template, names })
    }

    /// `name`, or `name as alias`, of which the alias counts.
    fn imported_name(&mut self) -> Result<&'s str, Error> {
        let at = self.at();
        let name = self.assigned_name()?;
        if name.starts_with('_') {
            return Err(self.assertion(at, "names that start with an underscore can't be imported"));
        }
        if self.skip_name("as") { self.assigned_name() } else { Ok(name) }
    }

    /// Takes `with context` or `without context`, if it is next.
    fn context(&mut self) -> bool {
        let found =
            (self.is_name("with") || self.is_name("without")) && *self.peek_second() == Kind::Name("context");
        if found {
            self.advance();
            self.advance();
        }
        found
    }
}

fn is_blank(statement: &Stmt<'_>) -> bool {
    matches!(statement.node, StmtNode::Text(text) if text.chars().all(is_space))
}
