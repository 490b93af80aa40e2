//! The arguments of calls, and the parameters of macros.
use std::collections::HashSet;

use crate::Error;
use crate::ast::{Args, Expr};
use crate::parser::Parser;
use crate::token::{Kind, Op};

impl<'s> Parser<'s> {
    /// The parameters of a macro, and the defaults of the last of them.
    pub(crate) fn signature(&mut self) -> Result<(Vec<&'s str>, Vec<Expr<'s>>), Error> {
        let (mut params, mut defaults) = (Vec::new(), Vec::new());
        self.expect_op(Op::LeftParen)?;
        while !self.is_op(Op::RightParen) {
            if !params.is_empty() {
                self.expect_op(Op::Comma)?;
            }
            params.push(self.expect_name()?);
            if self.skip_op(Op::Assign) {
                defaults.push(self.expression()?);
            } else if !defaults.is_empty() {
                return Err(self.error(self.at(), "parameter without a default follows one with a default"));
            }
        }
        if let Some(name) = repeated(params.iter().copied()) {
            self.note_invalid(self.at(), format!("parameter `{name}` repeated"));
        }
        self.expect_op(Op::RightParen)?;
        Ok((params, defaults))
    }

    /// The arguments of a call, in which no keyword may be repeated.
    pub(crate) fn call_arguments(&mut self) -> Result<Args<'s>, Error> {
        let at = self.at();
        let args = self.arguments()?;
        if let Some(name) = repeated(args.named.iter().map(|(name, _)| *name)) {
            if args.named.iter().any(|(name, _)| KEYWORDS.contains(name)) {
                return Err(self.unsupported(at, "keyword arguments named as a keyword of Python"));
            }
            self.note_invalid(at, format!("keyword argument `{name}` repeated"));
        }
        Ok(args)
    }

    /// The arguments of a call, filter or test, parentheses included.
    pub(crate) fn arguments(&mut self) -> Result<Args<'s>, Error> {
        let at = self.at();
        self.expect_op(Op::LeftParen)?;
        let mut args = Args::default();
        let mut first = true;
        while !self.is_op(Op::RightParen) {
            if !first {
                self.expect_op(Op::Comma)?;
                if self.is_op(Op::RightParen) {
                    break;
                }
            }
            first = false;
            if !self.argument(&mut args)? {
                return Err(self.error(at, "invalid syntax for function call expression"));
            }
        }
        self.expect_op(Op::RightParen)?;
        Ok(args)
    }

    /// One argument; false, and nothing read, where Jinja does not allow it after those before.
    fn argument(&mut self, args: &mut Args<'s>) -> Result<bool, Error> {
        if args.double_star.is_some() {
            return Ok(false);
        }
        if self.skip_op(Op::Pow) {
            args.double_star = Some(Box::new(self.expression()?));
        } else if self.names_argument() {
            let name = self.expect_name()?;
            self.advance();
            if matches!(name, "_loop_vars" | "_block_vars") {
                return Err(self.unsupported(self.at(), &format!("keyword argument `{name}`")));
            }
            args.named.push((name, self.expression()?));
        } else if args.star.is_some() {
            return Ok(false);
        } else if self.skip_op(Op::Mul) {
            args.star = Some(Box::new(self.expression()?));
        } else if args.named.is_empty() {
            args.positional.push(self.expression()?);
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn names_argument(&self) -> bool {
        matches!(self.peek(), Kind::Name(_)) && *self.peek_second() == Kind::Op(Op::Assign)
    }
}

/// The names that Jinja passes on to Python in another way.
const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is",
    "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// The first name that was there before.
fn repeated<'s>(mut names: impl Iterator<Item = &'s str>) -> Option<&'s str> {
    let mut known = HashSet::new();
    names.find(|name| !known.insert(*name))
}
