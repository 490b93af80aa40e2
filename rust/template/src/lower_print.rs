//! The lowering of what is printed, which need not be built before.
use crate::Error;
use crate::ast::{Args, Binary, Const, Expr, ExprNode};
use crate::lower::{Lowering, Scope};
use crate::program::Op;

impl<'s> Lowering<'s> {
    pub(crate) fn print(&mut self, expr: &Expr<'s>, scope: &Scope<'s>) -> Result<(), Error> {
        match &expr.node {
            ExprNode::Const(Const::Str(text)) => {
                self.text(&mut text.clone());
                Ok(())
            }
            ExprNode::Concat(_) | ExprNode::Binary(Binary::Add, ..) if self.prints_whole => {
                self.print_whole(expr, scope)
            }
            ExprNode::Conditional(test, then, otherwise) => {
                self.print_either(test, then, otherwise.as_deref(), &scope.soft())
            }
            ExprNode::Concat(items) if !self.moves_on(items.iter().skip(1)) => {
                items.iter().try_for_each(|item| self.print(item, scope))
            }
            ExprNode::Filter(Some(inner), "tojson", args) if **args == Args::default() => {
                let operand = self.operand(inner, scope)?;
                self.op_at(expr.at, Op::EmitJson(operand));
                Ok(())
            }
            ExprNode::Binary(Binary::Add, ..) if self.print_sum(expr, scope)? => Ok(()),
            _ => self.print_whole(expr, scope),
        }
    }

    fn print_whole(&mut self, expr: &Expr<'s>, scope: &Scope<'s>) -> Result<(), Error> {
        let operand = self.operand(expr, scope)?;
        self.op_at(expr.at, Op::Emit(operand));
        Ok(())
    }

    fn print_either(
        &mut self,
        test: &Expr<'s>,
        then: &Expr<'s>,
        otherwise: Option<&Expr<'s>>,
        scope: &Scope<'s>,
    ) -> Result<(), Error> {
        let skips = self.jump_if(false, test, scope)?;
        self.print(then, scope)?;
        let end = self.forward(Op::Jump(0));
        skips.into_iter().for_each(|skip| self.land(skip));
        otherwise.map_or(Ok(()), |otherwise| self.print(otherwise, scope))?;
        self.land(end);
        Ok(())
    }
}
