//! Tokens → statements, as Jinja's parser with transformers' extensions does it.
use std::collections::HashSet;

use crate::ast::{Body, Expr, ExprNode, For, Macro, Stmt, StmtNode, Target};
use crate::hint::did_you_mean;
use crate::lexer::tokenize;
use crate::source::position;
use crate::special::reads_special;
use crate::token::{Kind, Op, Token};
use crate::{Class, Error};

/// What lies within each other, by how much of Python's stack Jinja takes for it.
const MAX_NESTING: usize = 600;
const BRACKETS: usize = 10;
const OTHERS: usize = 4;

/// As many loops Python allows within each other.
const MAX_LOOPS: usize = 20;

/// Python allows a hundred levels of indentation, of which some are Jinja's own.
const MAX_INDENTATION: usize = 90;

/// The tags that may open or go on with a block.
const TAGS: [&str; 27] = [
    "block",
    "break",
    "call",
    "continue",
    "elif",
    "else",
    "endblock",
    "endcall",
    "endfilter",
    "endfor",
    "endgeneration",
    "endif",
    "endmacro",
    "endset",
    "endwith",
    "extends",
    "filter",
    "for",
    "from",
    "generation",
    "if",
    "import",
    "include",
    "macro",
    "print",
    "set",
    "with",
];

/// What a source says.
pub(crate) struct Parsed<'s> {
    pub(crate) body: Body<'s>,
    /// What is wrong with the tree, to be told if nothing is wrong with the syntax.
    pub(crate) assertion: Option<Error>,
    /// What is wrong with the Python that Jinja makes of it, to be told if nothing else is wrong.
    pub(crate) invalid: Option<Error>,
}

/// Parses a normalized source.
pub(crate) fn parse(source: &str) -> Result<Parsed<'_>, Error> {
    let (tokens, trouble) = tokenize(source);
    let end = tokens.last().map(|end| position(source, end.at));
    let mut parser = Parser::new(source, tokens);
    let body = match (parser.body(&[]), trouble) {
        (Ok(_), Some(trouble)) => return Err(trouble),
        (Err(error), Some(trouble)) if error.position() == end => return Err(trouble),
        (parsed, _) => parsed?,
    };
    let Parser { assertion, invalid, .. } = parser;
    Ok(Parsed { body, assertion, invalid })
}

/// The tokens still to come.
pub(crate) struct Parser<'s> {
    pub(crate) source: &'s str,
    tokens: Vec<Token<'s>>,
    next: usize,
    nesting: usize,
    /// How far what Jinja makes of the current statement is indented.
    indentation: usize,
    /// Loops around the current statement, so that `break` outside of any is refused.
    loops: usize,
    /// The same through macros and call blocks, where nothing may assign to `loop`.
    fors: usize,
    /// Tags around the current one that have a scope of their own.
    pub(crate) scopes: usize,
    /// The names of the blocks so far.
    pub(crate) blocks: HashSet<&'s str>,
    /// See [`Parsed::assertion`].
    assertion: Option<Error>,
    /// See [`Parsed::invalid`].
    invalid: Option<Error>,
}

impl<'s> Parser<'s> {
    fn new(source: &'s str, tokens: Vec<Token<'s>>) -> Self {
        Self {
            source,
            tokens,
            next: 0,
            nesting: 0,
            indentation: 0,
            loops: 0,
            fors: 0,
            scopes: 0,
            blocks: HashSet::new(),
            assertion: None,
            invalid: None,
        }
    }

    pub(crate) fn peek(&self) -> &Kind<'s> {
        &self.tokens[self.next].kind
    }

    pub(crate) fn peek_second(&self) -> &Kind<'s> {
        &self.tokens[(self.next + 1).min(self.tokens.len() - 1)].kind
    }

    /// Where the next token starts.
    pub(crate) fn at(&self) -> usize {
        self.tokens[self.next].at
    }

    pub(crate) fn advance(&mut self) -> Kind<'s> {
        let kind = self.tokens[self.next].kind.clone();
        self.next = (self.next + 1).min(self.tokens.len() - 1);
        kind
    }

    pub(crate) fn is_op(&self, op: Op) -> bool {
        *self.peek() == Kind::Op(op)
    }

    pub(crate) fn is_name(&self, name: &str) -> bool {
        matches!(self.peek(), Kind::Name(found) if *found == name)
    }

    pub(crate) fn skip_op(&mut self, op: Op) -> bool {
        let found = self.is_op(op);
        if found {
            self.advance();
        }
        found
    }

    pub(crate) fn skip_name(&mut self, name: &str) -> bool {
        let found = self.is_name(name);
        if found {
            self.advance();
        }
        found
    }

    pub(crate) fn expect_op(&mut self, op: Op) -> Result<(), Error> {
        self.expect(&Kind::Op(op))
    }

    pub(crate) fn expect(&mut self, kind: &Kind<'s>) -> Result<(), Error> {
        if self.peek() == kind {
            self.advance();
            return Ok(());
        }
        Err(self.unexpected(&kind.to_string()))
    }

    pub(crate) fn expect_name(&mut self) -> Result<&'s str, Error> {
        match *self.peek() {
            Kind::Name(name) => {
                self.advance();
                Ok(name)
            }
            _ => Err(self.unexpected("a name")),
        }
    }

    /// An error that Jinja raises at once though the syntax is right.
    pub(crate) fn assertion(&self, at: usize, message: impl Into<String>) -> Error {
        Error::new(Class::Syntax, "TemplateAssertionError", message).at(position(self.source, at))
    }

    /// Notes an error that Jinja finds after parsing, in the tree.
    pub(crate) fn note_assertion(&mut self, at: usize, message: impl Into<String>) {
        let error = self.assertion(at, message);
        self.assertion.get_or_insert(error);
    }

    /// Notes an error that Python finds in what Jinja makes of the tree.
    pub(crate) fn note_invalid(&mut self, at: usize, message: impl Into<String>) {
        let error = Error::new(Class::Syntax, "SyntaxError", message).at(position(self.source, at));
        self.invalid.get_or_insert(error);
    }

    pub(crate) fn unexpected(&self, expected: &str) -> Error {
        self.error(self.at(), format!("unexpected {}, expected {expected}", self.peek()))
    }

    pub(crate) fn error(&self, at: usize, message: impl Into<String>) -> Error {
        Error::new(Class::Syntax, "TemplateSyntaxError", message).at(position(self.source, at))
    }

    pub(crate) fn unsupported(&self, at: usize, construct: &str) -> Error {
        let message = format!("unsupported construct: {construct}");
        Error::new(Class::Unsupported, "UnsupportedTemplateError", message).at(position(self.source, at))
    }

    pub(crate) fn too_deep(&self, at: usize) -> Error {
        self.unsupported(at, "code nested this deep")
    }

    /// Runs a part of the parser one level deeper.
    pub(crate) fn nested<T>(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.deeper(OTHERS, parse)
    }

    /// The same for what stands between brackets, or could.
    pub(crate) fn bracketed<T>(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.deeper(BRACKETS, parse)
    }

    fn deeper<T>(
        &mut self,
        steps: usize,
        parse: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.nesting + steps > MAX_NESTING {
            return Err(self.too_deep(self.at()));
        }
        self.nesting += steps;
        let parsed = parse(self);
        self.nesting -= steps;
        parsed
    }

    /// Statements up to a tag that starts with one of `ends`, which is left to be read; with none, up to the
    /// end of the source.
    fn body(&mut self, ends: &[&str]) -> Result<Body<'s>, Error> {
        let mut body = Vec::new();
        loop {
            let at = self.at();
            match self.advance() {
                Kind::End if ends.is_empty() => return Ok(body),
                Kind::End => {
                    let expected = ends.join("` or `");
                    return Err(self.error(at, format!("unexpected end of template, expected `{expected}`")));
                }
                Kind::Data(text) => body.push(Stmt { at, node: StmtNode::Text(text) }),
                Kind::VariableBegin => {
                    let printed = self.tuple(true)?;
                    self.expect(&Kind::VariableEnd)?;
                    body.push(Stmt { at, node: StmtNode::Print(printed) });
                }
                _ if ends.iter().any(|end| self.is_name(end)) => return Ok(body),
                _ => {
                    let statements = self.nested(Self::statement)?;
                    body.extend(statements);
                    self.expect(&Kind::BlockEnd)?;
                }
            }
        }
    }

    /// The body of a block from the end of its opening tag up to the name in its closing one, which is taken.
    pub(crate) fn block(&mut self, end: &'static str) -> Result<Body<'s>, Error> {
        self.expect(&Kind::BlockEnd)?;
        let body = self.body(&[end])?;
        self.advance();
        Ok(body)
    }

    fn branch(&mut self, ends: &[&str]) -> Result<Body<'s>, Error> {
        self.expect(&Kind::BlockEnd)?;
        self.body(ends)
    }

    fn statement(&mut self) -> Result<Vec<Stmt<'s>>, Error> {
        let at = self.at();
        let tag = self.expect_name()?;
        if tag == "print" {
            return self.print(at);
        }
        let scopes = usize::from(tag != "if");
        let indentation = usize::from(matches!(tag, "if" | "for" | "macro" | "call" | "generation"));
        if self.indentation + indentation > MAX_INDENTATION {
            return Err(self.too_deep(at));
        }
        self.scopes += scopes;
        self.indentation += indentation;
        let node = self.tagged(tag, at)?;
        self.scopes -= scopes;
        self.indentation -= indentation;
        Ok(vec![Stmt { at, node }])
    }

    /// A statement after its tag.
    fn tagged(&mut self, tag: &'s str, at: usize) -> Result<StmtNode<'s>, Error> {
        Ok(match tag {
            "for" => self.for_loop()?,
            "if" => self.if_chain()?,
            "set" => self.set()?,
            "macro" => {
                let (name, node) = self.macro_definition(at)?;
                StmtNode::Macro(name, node)
            }
            "call" => self.call_block(at)?,
            "filter" => self.filter_block()?,
            "with" => self.with_block()?,
            "generation" => StmtNode::Generation(self.call_body("endgeneration")?),
            "break" | "continue" => self.loop_control(at, tag),
            "block" => self.named_block(at)?,
            "extends" => self.extends(at)?,
            "include" => self.include()?,
            "import" => self.import()?,
            "from" => self.import_names()?,
            "autoescape" => return Err(self.unsupported(at, "tag `autoescape`")),
            _ => {
                let error = self.error(at, format!("encountered unknown tag `{tag}`"));
                return Err(error.hints(did_you_mean(tag, TAGS)));
            }
        })
    }

    fn loop_control(&mut self, at: usize, tag: &str) -> StmtNode<'s> {
        if self.loops == 0 {
            self.note_invalid(at, format!("`{tag}` outside of a loop"));
        }
        if tag == "break" { StmtNode::Break } else { StmtNode::Continue }
    }

    /// Runs a part of the parser whose body is a function of its own, where `break` finds no loop.
    pub(crate) fn function<T>(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let loops = std::mem::take(&mut self.loops);
        let parsed = parse(self);
        self.loops = loops;
        parsed
    }

    fn for_loop(&mut self) -> Result<StmtNode<'s>, Error> {
        self.fors += 1;
        let node = self.for_parts();
        self.fors -= 1;
        node
    }

    fn for_parts(&mut self) -> Result<StmtNode<'s>, Error> {
        let at = self.at();
        let target = self.target(false)?;
        self.check_loop_name(at, &target);
        if !self.skip_name("in") {
            return Err(self.unexpected("`in`"));
        }
        let iter = self.tuple(false)?;
        let test = if self.skip_name("if") { Some(self.expression()?) } else { None };
        let recursive = self.skip_name("recursive");
        let body = if recursive { self.recursive_body()? } else { self.loop_body()? };
        let otherwise = if self.skip_name("else") { self.branch(&["endfor"])? } else { Vec::new() };
        self.advance();
        Ok(StmtNode::For(Box::new(For { target, iter, test, body, otherwise, recursive })))
    }

    fn loop_body(&mut self) -> Result<Body<'s>, Error> {
        if self.loops == MAX_LOOPS {
            return Err(self.too_deep(self.at()));
        }
        self.loops += 1;
        let body = self.branch(&["endfor", "else"]);
        self.loops -= 1;
        body
    }

    /// The body of a loop that becomes a function.
    fn recursive_body(&mut self) -> Result<Body<'s>, Error> {
        self.indentation += 1;
        let body = self.function(Self::loop_body);
        self.indentation -= 1;
        body
    }

    fn if_chain(&mut self) -> Result<StmtNode<'s>, Error> {
        const ENDS: [&str; 3] = ["elif", "else", "endif"];
        let test = self.tuple(false)?;
        let then = self.branch(&ENDS)?;
        let mut elifs = Vec::new();
        while self.skip_name("elif") {
            let test = self.tuple(false)?;
            elifs.push((test, self.branch(&ENDS)?));
        }
        let otherwise = if self.skip_name("else") { self.branch(&["endif"])? } else { Vec::new() };
        if !self.skip_name("endif") {
            return Err(self.unexpected("`endif`"));
        }
        Ok(StmtNode::If { test, then, elifs, otherwise })
    }

    fn set(&mut self) -> Result<StmtNode<'s>, Error> {
        let at = self.at();
        let target = self.target(true)?;
        self.check_loop_name(at, &target);
        if self.skip_op(Op::Assign) {
            return Ok(StmtNode::Set(target, self.tuple(true)?));
        }
        let filter = if self.is_op(Op::Pipe) { Some(self.filters(None)?) } else { None };
        let body = self.block("endset")?;
        Ok(StmtNode::SetBlock { target, filter, body })
    }

    fn macro_definition(&mut self, at: usize) -> Result<(&'s str, Macro<'s>), Error> {
        let name = self.expect_name()?;
        let (params, defaults) = self.signature()?;
        let body = self.function(|parser| parser.block("endmacro"))?;
        let node = Macro { name: Some(name), params, defaults, body };
        self.check_caller(at, &node);
        Ok((name, node))
    }

    /// A `caller` among the parameters needs a default where the body reads it.
    fn check_caller(&mut self, at: usize, node: &Macro<'s>) {
        let without_default = node.params.len() - node.defaults.len();
        let named = node.params.iter().take(without_default).any(|param| *param == "caller");
        if named && reads_special(&node.body, "caller") {
            self.note_assertion(at, "the special parameter `caller` needs a default");
        }
    }

    /// A body that becomes the `caller` of a call.
    fn call_body(&mut self, end: &'static str) -> Result<Macro<'s>, Error> {
        let body = self.function(|parser| parser.block(end))?;
        Ok(Macro { name: None, params: Vec::new(), defaults: Vec::new(), body })
    }

    fn call_block(&mut self, at: usize) -> Result<StmtNode<'s>, Error> {
        let (params, defaults) =
            if self.is_op(Op::LeftParen) { self.signature()? } else { Default::default() };
        let Expr { node: ExprNode::Call(callee, args), .. } = self.expression()? else {
            return Err(self.error(at, "expected a call"));
        };
        let body = self.function(|parser| parser.block("endcall"))?;
        if args.named.iter().any(|(name, _)| *name == "caller") {
            self.note_invalid(at, "keyword argument `caller` repeated");
        }
        let block = Macro { name: None, params, defaults, body };
        self.check_caller(at, &block);
        Ok(StmtNode::Call { block, callee: *callee, args: *args })
    }

    fn filter_block(&mut self) -> Result<StmtNode<'s>, Error> {
        let filter = self.first_filter(None)?;
        let filter = self.filters(Some(filter))?;
        let body = self.block("endfilter")?;
        Ok(StmtNode::Filter { filter, body })
    }

    fn with_block(&mut self) -> Result<StmtNode<'s>, Error> {
        let mut values = Vec::new();
        while *self.peek() != Kind::BlockEnd {
            if !values.is_empty() {
                self.expect_op(Op::Comma)?;
            }
            let target = self.target(false)?;
            self.expect_op(Op::Assign)?;
            values.push((target, self.expression()?));
        }
        let body = self.block("endwith")?;
        Ok(StmtNode::With { values, body })
    }

    fn print(&mut self, at: usize) -> Result<Vec<Stmt<'s>>, Error> {
        let mut printed = Vec::new();
        while *self.peek() != Kind::BlockEnd {
            if !printed.is_empty() {
                self.expect_op(Op::Comma)?;
            }
            printed.push(Stmt { at, node: StmtNode::Print(self.expression()?) });
        }
        Ok(printed)
    }

    /// What is assigned to: a name, names in a tuple, or, in a `set`, a namespace's attribute.
    fn target(&mut self, attributes: bool) -> Result<Target<'s>, Error> {
        let mut targets = Vec::new();
        let mut is_tuple = false;
        loop {
            if !targets.is_empty() {
                if !self.skip_op(Op::Comma) {
                    break;
                }
                is_tuple = true;
            }
            if is_tuple && self.ends_target() {
                break;
            }
            targets.push(self.nested(|parser| parser.single_target(attributes))?);
        }
        match targets.pop() {
            Some(only) if !is_tuple => Ok(only),
            last => {
                targets.extend(last);
                Ok(Target::Tuple(targets))
            }
        }
    }

    fn ends_target(&self) -> bool {
        matches!(self.peek(), Kind::VariableEnd | Kind::BlockEnd | Kind::Op(Op::RightParen))
    }

    fn single_target(&mut self, attributes: bool) -> Result<Target<'s>, Error> {
        if self.skip_op(Op::LeftParen) {
            let target = self.target(attributes)?;
            self.expect_op(Op::RightParen)?;
            return Ok(target);
        }
        let name = self.assigned_name()?;
        if attributes && self.skip_op(Op::Dot) {
            return Ok(Target::Attribute(name, self.expect_name()?));
        }
        Ok(Target::Name(name))
    }

    pub(crate) fn assigned_name(&mut self) -> Result<&'s str, Error> {
        let at = self.at();
        let name = self.expect_name()?;
        if matches!(name, "true" | "false" | "none" | "True" | "False" | "None") {
            return Err(self.error(at, format!("can't assign to `{name}`")));
        }
        Ok(name)
    }

    /// Within a loop, nothing may assign to `loop` but `with` and macros' parameters.
    fn check_loop_name(&mut self, at: usize, target: &Target<'s>) {
        match target {
            Target::Name("loop") if self.fors > 0 => {
                self.note_assertion(at, "can't assign to the special variable `loop` within a loop");
            }
            Target::Tuple(targets) => targets.iter().for_each(|target| self.check_loop_name(at, target)),
            _ => {}
        }
    }
}
