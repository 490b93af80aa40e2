//! Names that lead into the interpreter, which the sandbox hides: those that Python's values have and that begin
//! and end with two underscores, written without these.

/// What every value has.
const COMMON: &str = "class";

/// What the values of a type have beside.
fn of_type(type_name: &str) -> &'static str {
    match type_name {
        "str" => {
            "add contains delattr dir doc eq format ge getattribute getitem getnewargs getstate gt hash \
            init init_subclass iter le len lt mod mul ne new reduce reduce_ex repr rmod rmul setattr \
            sizeof str subclasshook"
        }
        "Markup" => {
            "add contains delattr dir doc eq format ge getattribute getitem getnewargs getstate gt hash \
            html html_format init init_subclass iter le len lt mod module mul ne new radd reduce \
            reduce_ex repr rmod rmul setattr sizeof slots str subclasshook"
        }
        "list" => {
            "add class_getitem contains delattr delitem dir doc eq format ge getattribute getitem \
            getstate gt hash iadd imul init init_subclass iter le len lt mul ne new reduce reduce_ex \
            repr reversed rmul setattr setitem sizeof str subclasshook"
        }
        "tuple" => {
            "add class_getitem contains delattr dir doc eq format ge getattribute getitem getnewargs \
            getstate gt hash init init_subclass iter le len lt mul ne new reduce reduce_ex repr rmul \
            setattr sizeof str subclasshook"
        }
        "dict" => {
            "class_getitem contains delattr delitem dir doc eq format ge getattribute getitem getstate \
            gt hash init init_subclass ior iter le len lt ne new or reduce reduce_ex repr reversed ror \
            setattr setitem sizeof str subclasshook"
        }
        "int" | "bool" => {
            "abs add and bool ceil delattr dir divmod doc eq float floor floordiv format ge \
            getattribute getnewargs getstate gt hash index init init_subclass int invert le lshift lt \
            mod mul ne neg new or pos pow radd rand rdivmod reduce reduce_ex repr rfloordiv rlshift \
            rmod rmul ror round rpow rrshift rshift rsub rtruediv rxor setattr sizeof str sub \
            subclasshook truediv trunc xor"
        }
        "float" => {
            "abs add bool ceil delattr dir divmod doc eq float floor floordiv format ge getattribute \
            getformat getnewargs getstate gt hash init init_subclass int le lt mod mul ne neg new pos \
            pow radd rdivmod reduce reduce_ex repr rfloordiv rmod rmul round rpow rsub rtruediv \
            setattr sizeof str sub subclasshook truediv trunc"
        }
        "NoneType" => {
            "bool delattr dir doc eq format ge getattribute getstate gt hash init init_subclass le lt \
            ne new reduce reduce_ex repr setattr sizeof str subclasshook"
        }
        "range" => {
            "bool contains delattr dir doc eq format ge getattribute getitem getstate gt hash init \
            init_subclass iter le len lt ne new reduce reduce_ex repr reversed setattr sizeof str \
            subclasshook"
        }
        "generator" => {
            "del delattr dir doc eq format ge getattribute getstate gt hash init init_subclass iter le \
            lt name ne new next qualname reduce reduce_ex repr setattr sizeof str subclasshook"
        }
        "function" => {
            "annotations builtins call closure code defaults delattr dict dir doc eq format ge get \
            getattribute getstate globals gt hash init init_subclass kwdefaults le lt module name ne \
            new qualname reduce reduce_ex repr setattr sizeof str subclasshook"
        }
        "type" => {
            "annotations base bases basicsize call delattr dict dictoffset dir doc eq flags format ge \
            getattribute getstate gt hash init init_subclass instancecheck itemsize le lt module mro \
            name ne new or prepare qualname reduce reduce_ex repr ror setattr setitem sizeof str \
            subclasscheck subclasses subclasshook text_signature weakref weakrefoffset"
        }
        "builtin_function_or_method" => {
            "call delattr dir doc eq format ge getattribute getstate gt hash init init_subclass le lt \
            module name ne new qualname reduce reduce_ex repr self setattr sizeof str subclasshook \
            text_signature"
        }
        "dict_keys" | "dict_items" => {
            "and contains delattr dir doc eq format ge getattribute getstate gt hash init init_subclass \
            iter le len lt ne new or rand reduce reduce_ex repr reversed ror rsub rxor setattr sizeof \
            str sub subclasshook xor"
        }
        "dict_values" => {
            "delattr dir doc eq format ge getattribute getstate gt hash init init_subclass iter le len \
            lt ne new reduce reduce_ex repr reversed setattr sizeof str subclasshook"
        }
        "Undefined" => {
            "add aiter bool call complex delattr dir div doc eq float floordiv format ge getattr \
            getattribute getitem getstate gt hash init init_subclass int iter le len lt mod module mul \
            ne neg new pos pow radd rdiv reduce reduce_ex repr rfloordiv rmod rmul rpow rsub rtruediv \
            setattr sizeof slots str sub subclasshook truediv"
        }
        "LoopContext" => {
            "annotations call delattr dict dir doc eq format ge getattribute getstate gt hash init \
            init_subclass iter le len lt module ne new next reduce reduce_ex repr setattr sizeof str \
            subclasshook weakref"
        }
        "Macro" | "TemplateDict" => {
            "call delattr dict dir doc eq format ge getattribute getstate gt hash init init_subclass le \
            lt module ne new reduce reduce_ex repr setattr sizeof str subclasshook weakref"
        }
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
        Some(inner) => holds(COMMON, inner) || holds(of_type(type_name), inner),
        None => !name.is_empty() && holds(private(type_name), name),
    }
}
