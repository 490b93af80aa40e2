//! The lowering of sums, which most often are texts that are put together: they are printed, or joined, part by
//! part.
use crate::Error;
use crate::ast::{Binary, Const, Expr, ExprNode};
use crate::lower::{Lowering, Scope};
use crate::lower_expressions::constant_text;
use crate::program::{Label, Name, Op, Operand};
use crate::walk::each_child;

/// `a + b + c`.
struct Sum<'e, 's> {
    first: &'e Expr<'s>,
    /// The other parts, each with where the sum up to it stands in the source.
    others: Vec<(usize, &'e Expr<'s>)>,
}

/// What is done with the parts of a sum.
#[derive(Clone, Copy)]
struct Parts {
    text: fn(Name) -> Op,
    first_two: fn(Operand, Operand, Label) -> Op,
    part: fn(Operand) -> Op,
    /// Done before a text that comes first.
    begin: Option<Op>,
    /// Done when all parts were texts.
    end: Option<Op>,
    /// Done with a sum that is not made of texts alone.
    whole: Option<Op>,
}

const PRINTED: Parts = Parts {
    text: Op::Text,
    first_two: Op::EmitSum,
    part: Op::EmitPart,
    begin: None,
    end: None,
    whole: Some(Op::Emit(Operand::Top)),
};

const JOINED: Parts = Parts {
    text: Op::JoinText,
    first_two: Op::JoinSum,
    part: Op::JoinPart,
    begin: Some(Op::BeginCapture),
    end: Some(Op::EndCapture),
    whole: None,
};

impl<'s> Lowering<'s> {
    /// Prints a sum part by part, if that is no different from printing the whole.
    pub(crate) fn print_sum(&mut self, expr: &Expr<'s>, scope: &Scope<'s>) -> Result<bool, Error> {
        self.sum(&Sum::of(expr), PRINTED, scope)
    }

    /// Joins a sum part by part onto the stack, if that is no different and has more than two parts.
    pub(crate) fn join(&mut self, expr: &Expr<'s>, scope: &Scope<'s>) -> Result<bool, Error> {
        let sum = Sum::of(expr);
        if sum.others.len() < 2 {
            return Ok(false);
        }
        self.sum(&sum, JOINED, scope)
    }

    fn sum(&mut self, sum: &Sum<'_, 's>, parts: Parts, scope: &Scope<'s>) -> Result<bool, Error> {
        let text = constant_text(sum.first);
        let computed_before = usize::from(text.is_none());
        let later = sum.others.iter().skip(computed_before).map(|(_, part)| *part);
        if self.makes_markup || self.sums >= MAX_SUMS || self.moves_on(later) {
            return Ok(false);
        }
        self.sums += 1;
        let lowered = match text {
            Some(text) => self.sum_of_texts(text, sum, parts, scope),
            None => self.sum_of_any(sum, parts, scope),
        };
        self.sums -= 1;
        lowered.map(|()| true)
    }

    /// A sum that begins with a text, so that anything but texts fails.
    fn sum_of_texts(
        &mut self,
        text: &str,
        sum: &Sum<'_, 's>,
        parts: Parts,
        scope: &Scope<'s>,
    ) -> Result<(), Error> {
        parts.begin.into_iter().for_each(|op| self.op(op));
        self.parts(text.to_owned(), &sum.others, parts, scope)?;
        parts.end.into_iter().for_each(|op| self.op(op));
        Ok(())
    }

    /// A sum that goes another way if it doesn't begin with two texts.
    fn sum_of_any(&mut self, sum: &Sum<'_, 's>, parts: Parts, scope: &Scope<'s>) -> Result<(), Error> {
        let Some(((at, second), others)) = sum.others.split_first() else { return Ok(()) };
        let (left, right) = self.operands(sum.first, second, scope)?;
        self.at = *at;
        let start = self.forward((parts.first_two)(left, right, 0));
        self.parts(String::new(), others, parts, scope)?;
        parts.end.into_iter().for_each(|op| self.op(op));
        let end = self.forward(Op::Jump(0));
        self.land(start);
        for (at, part) in others {
            let right = self.operand(part, scope)?;
            self.op_at(*at, Op::Binary(Binary::Add, Operand::Top, right));
        }
        parts.whole.into_iter().for_each(|op| self.op(op));
        self.land(end);
        Ok(())
    }

    /// What follows a text in a sum, which must be texts as well.
    fn parts(
        &mut self,
        mut constant: String,
        others: &[(usize, &Expr<'s>)],
        parts: Parts,
        scope: &Scope<'s>,
    ) -> Result<(), Error> {
        for (at, part) in others {
            match constant_text(part) {
                Some(text) => constant.push_str(text),
                None => {
                    self.constant_part(&mut constant, parts);
                    self.part(*at, part, parts, scope)?;
                }
            }
        }
        self.constant_part(&mut constant, parts);
        Ok(())
    }

    fn part(&mut self, at: usize, part: &Expr<'s>, parts: Parts, scope: &Scope<'s>) -> Result<(), Error> {
        match &part.node {
            ExprNode::Const(Const::Str(text)) => self.constant_part(&mut text.clone(), parts),
            ExprNode::Conditional(test, then, Some(otherwise)) => {
                let soft = &scope.soft();
                let skips = self.jump_if(false, test, soft)?;
                self.part(at, then, parts, soft)?;
                let end = self.forward(Op::Jump(0));
                skips.into_iter().for_each(|skip| self.land(skip));
                self.part(at, otherwise, parts, soft)?;
                self.land(end);
            }
            _ => {
                let operand = self.operand(part, scope)?;
                self.op_at(at, (parts.part)(operand));
            }
        }
        Ok(())
    }

    fn constant_part(&mut self, text: &mut String, parts: Parts) {
        if !text.is_empty() {
            let name = self.name(text);
            self.op((parts.text)(name));
            text.clear();
        }
    }

    /// Whether computing an expression can change the current message, so that what stands before it must
    /// not be printed yet.
    pub(crate) fn moves_on<'e>(&self, mut exprs: impl Iterator<Item = &'e Expr<'s>>) -> bool
    where
        's: 'e,
    {
        exprs.any(|expr| self.looks_up_by_counter(expr))
    }

    fn looks_up_by_counter(&self, expr: &Expr<'s>) -> bool {
        let mut found = matches!(&expr.node, ExprNode::Item(_, index) if self.is_counter(index));
        each_child(expr, &mut |child| found |= self.looks_up_by_counter(child));
        found
    }
}

/// Sums within sums are lowered twice, so only some levels of them are.
const MAX_SUMS: u32 = 3;

impl<'e, 's> Sum<'e, 's> {
    fn of(expr: &'e Expr<'s>) -> Self {
        let (mut first, mut others) = (expr, Vec::new());
        while let ExprNode::Binary(Binary::Add, left, right) = &first.node {
            others.push((first.at, &**right));
            first = left;
        }
        others.reverse();
        Self { first, others }
    }
}
