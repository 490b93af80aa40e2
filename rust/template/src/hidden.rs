//! Names that lead into the interpreter, which the sandbox hides: those that Python's values have and that begin
//! and end with two underscores, written without these.

/// What every value but a namespace has.
const COMMON: &str = "class delattr dir doc eq format ge getattribute getstate gt hash init init_subclass le lt \
    ne new reduce reduce_ex repr setattr sizeof str subclasshook";

/// What the values of a type have beside.
fn of_type(type_name: &str) -> &'static str {
    match type_name {
        "str" => "add contains getitem getnewargs iter len mod mul rmod rmul",
        "Markup" => {
            "add contains getitem getnewargs html html_format iter len mod module mul radd rmod rmul slots"
        }
        "list" => "add class_getitem contains delitem getitem iadd imul iter len mul reversed rmul setitem",
        "tuple" => "add class_getitem contains getitem getnewargs iter len mul rmul",
        "dict" => "class_getitem contains delitem getitem ior iter len or reversed ror setitem",
        "int" | "bool" => {
            "abs add and bool ceil divmod float floor floordiv getnewargs index int invert lshift mod mul neg \
            or pos pow radd rand rdivmod rfloordiv rlshift rmod rmul ror round rpow rrshift rshift rsub \
            rtruediv rxor sub truediv trunc xor"
        }
        "float" => {
            "abs add bool ceil divmod float floor floordiv getformat getnewargs int mod mul neg pos pow radd \
            rdivmod rfloordiv rmod rmul round rpow rsub rtruediv sub truediv trunc"
        }
        "NoneType" => "bool",
        "range" => "bool contains getitem iter len reversed",
        "generator" => "del iter name next qualname",
        "function" => {
            "annotations builtins call closure code defaults dict get globals kwdefaults module name qualname"
        }
        "type" => {
            "annotations base bases basicsize call dict dictoffset flags instancecheck itemsize module mro \
            name or prepare qualname ror setitem subclasscheck subclasses text_signature weakref \
            weakrefoffset"
        }
        "builtin_function_or_method" => "call module name qualname self text_signature",
        "dict_keys" | "dict_items" => "and contains iter len or rand reversed ror rsub rxor sub xor",
        "dict_values" => "iter len reversed",
        "Undefined" => {
            "add aiter bool call complex div float floordiv getattr getitem int iter len mod module mul neg \
            pos pow radd rdiv rfloordiv rmod rmul rpow rsub rtruediv slots sub truediv"
        }
        "LoopContext" => "annotations call dict iter len module next weakref",
        "Cycler" => "dict module next weakref",
        "TemplateReference" => "dict getitem module weakref",
        "Macro" | "TemplateDict" | "Joiner" | "BlockReference" => "call dict module weakref",
        _ => "",
    }
}

/// Names with less underscores that the sandbox hides as well.
fn private(type_name: &str) -> &'static str {
    match type_name {
        "Undefined" => {
            "_fail_with_undefined_error _undefined_exception _undefined_hint _undefined_message _undefined_name \
            _undefined_obj"
        }
        "LoopContext" => {
            "_after _before _current _iterable _iterator _last_changed_value _length _peek_next _recurse \
            _to_iterator _undefined"
        }
        "Macro" => "_argument_count _async_invoke _default_autoescape _environment _func _invoke",
        "TemplateNamespace" => "_Namespace__attrs",
        "TemplateReference" => "_TemplateReference__context",
        "BlockReference" => "_async_call _context _depth _stack",
        "type" => "mro",
        _ => "",
    }
}

/// Whether a value of a type has an attribute that the sandbox hides. Other names between underscores are no
/// different from any other name.
pub(crate) fn is_hidden(type_name: &str, name: &str) -> bool {
    let holds = |names: &str, wanted: &str| names.split(' ').any(|name| name == wanted);
    match name.strip_prefix("__").and_then(|name| name.strip_suffix("__")) {
        Some("") => false,
        Some(inner) if type_name == "TemplateNamespace" => inner == "class",
        Some(inner) => holds(COMMON, inner) || holds(of_type(type_name), inner),
        None => !name.is_empty() && holds(private(type_name), name),
    }
}
