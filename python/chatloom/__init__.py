"""chatloom weaves chats into training sequences.

>>> import chatloom as cl
>>> template = cl.Template("{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}")
>>> template.render([{"role": "user", "content": "Hi"}])
'<user>Hi'
"""

from typing import TYPE_CHECKING, Any

from chatloom.cuts import Cuts
from chatloom.errors import (
    BudgetExceeded,
    ChatloomError,
    ControlTokenWarning,
    DataError,
    EncodeError,
    InternalError,
    LintWarning,
    PackError,
    TemplateRaisedError,
    TemplateRenderError,
    TemplateSyntaxError,
    TokenizerLoadError,
    UnsupportedInputError,
    UnsupportedTemplateError,
)
from chatloom.examples import Example, Examples
from chatloom.formatter import Formatter, Options
from chatloom.lane import Lane
from chatloom.limits import Limits
from chatloom.load import load
from chatloom.packs import Pack, Packs, Padded, Shard, pack
from chatloom.progress import Progress
from chatloom.rendered import Rendered, Segment, Turn
from chatloom.summary import Summary
from chatloom.template import Template

if TYPE_CHECKING:
    from chatloom.linter import Evidence, Finding, LintReport, lint

__version__ = "0.1.0"

__all__ = [
    "BudgetExceeded",
    "ChatloomError",
    "ControlTokenWarning",
    "Cuts",
    "DataError",
    "EncodeError",
    "Evidence",
    "Example",
    "Examples",
    "Finding",
    "Formatter",
    "InternalError",
    "Lane",
    "Limits",
    "LintReport",
    "LintWarning",
    "Options",
    "Pack",
    "PackError",
    "Packs",
    "Padded",
    "Progress",
    "Rendered",
    "Segment",
    "Shard",
    "Summary",
    "Template",
    "TemplateRaisedError",
    "TemplateRenderError",
    "TemplateSyntaxError",
    "TokenizerLoadError",
    "Turn",
    "UnsupportedInputError",
    "UnsupportedTemplateError",
    "__version__",
    "lint",
    "load",
    "pack",
]


def __getattr__(name: str) -> Any:
    """The names of the linter, which is imported when one of them is first asked for."""
    if name not in {"Evidence", "Finding", "LintReport", "lint"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from chatloom import linter

    return getattr(linter, name)
