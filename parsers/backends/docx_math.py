"""Equations of Word (OMML, ISO 29500-1, 22.1) as LaTeX."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from parsers.backends.docx_names import Element, M, W, local_name

_VALUE: Final = f"{M}val"

_COMMANDS: Final = {
    "α": r"\alpha", "β": r"\beta", "γ": r"\gamma", "δ": r"\delta", "ε": r"\epsilon", "ζ": r"\zeta", "η": r"\eta",
    "θ": r"\theta", "ι": r"\iota", "κ": r"\kappa", "λ": r"\lambda", "μ": r"\mu", "ν": r"\nu", "ξ": r"\xi",
    "π": r"\pi", "ρ": r"\rho", "σ": r"\sigma", "τ": r"\tau", "υ": r"\upsilon", "φ": r"\phi", "χ": r"\chi",
    "ψ": r"\psi", "ω": r"\omega", "Γ": r"\Gamma", "Δ": r"\Delta", "Θ": r"\Theta", "Λ": r"\Lambda", "Ξ": r"\Xi",
    "Π": r"\Pi", "Σ": r"\Sigma", "Φ": r"\Phi", "Ψ": r"\Psi", "Ω": r"\Omega", "∞": r"\infty", "∂": r"\partial",
    "∇": r"\nabla", "×": r"\times", "÷": r"\div", "±": r"\pm", "∓": r"\mp", "⋅": r"\cdot", "·": r"\cdot",
    "∗": r"\ast", "≤": r"\leq", "≥": r"\geq", "≠": r"\neq", "≈": r"\approx", "≡": r"\equiv", "∼": r"\sim",
    "∝": r"\propto", "∈": r"\in", "∉": r"\notin", "⊂": r"\subset", "⊆": r"\subseteq", "∪": r"\cup", "∩": r"\cap",
    "∅": r"\emptyset", "∀": r"\forall", "∃": r"\exists", "∧": r"\wedge", "∨": r"\vee", "¬": r"\neg",
    "→": r"\rightarrow", "←": r"\leftarrow", "↔": r"\leftrightarrow", "⇒": r"\Rightarrow", "⇔": r"\Leftrightarrow",
    "…": r"\ldots", "⋯": r"\cdots", "−": "-", "∑": r"\sum", "∏": r"\prod", "∫": r"\int", "∬": r"\iint",
    "∭": r"\iiint", "∮": r"\oint", "∯": r"\oiint", "∰": r"\oiiint", "⋃": r"\bigcup", "⋂": r"\bigcap",
    "⋁": r"\bigvee", "⋀": r"\bigwedge", "∐": r"\coprod", "°": r"^{\circ}", "ϕ": r"\varphi", "ℝ": r"\mathbb{R}",
    "{": r"\{", "}": r"\}", "%": r"\%", "#": r"\#", "&": r"\&", "$": r"\$",
}  # fmt: skip
_ACCENTS: Final = {
    "\u0300": "grave", "\u0301": "acute", "\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0305": "overline",
    "\u0306": "breve", "\u0307": "dot", "\u0308": "ddot", "\u030c": "check", "\u20d7": "vec", "\u20d6": "overleftarrow",
    "\u23de": "overbrace",
}  # fmt: skip
_BRACKETS: Final = {
    "{": r"\{", "}": r"\}", "⌈": r"\lceil ", "⌉": r"\rceil ", "⌊": r"\lfloor ", "⌋": r"\rfloor ",
    "〈": r"\langle ", "〉": r"\rangle ", "⟨": r"\langle ", "⟩": r"\rangle ", "‖": r"\|",
}  # fmt: skip
_FUNCTIONS: Final = frozenset(
    ("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "log", "ln", "exp", "lim", "max", "min", "sup",
     "inf", "det", "dim", "gcd", "arg", "deg", "ker")
)  # fmt: skip


def to_latex(element: Element) -> str:
    """An equation (`m:oMath`) or part of one on one line. What is unknown is read for the text inside it."""
    return "".join(_part(child) for child in element)


def _part(element: Element) -> str:
    name = local_name(element)
    if not name or name.endswith("Pr"):
        return ""
    write = _WRITERS.get(name)
    return write(element) if write else to_latex(element)


def _child(element: Element, name: str) -> str:
    found = element.find(M + name)
    return "" if found is None else to_latex(found).strip()


def _property(element: Element, name: str) -> str | None:
    """A value among the properties (`m:naryPr/m:chr`); "" where it is there without one, None where it is not."""
    properties = element.find(f"{element.tag}Pr")
    found = None if properties is None else properties.find(M + name)
    return None if found is None else found.get(_VALUE, "")


def _run(element: Element) -> str:
    text = "".join(part.text or "" for part in element if part.tag in (f"{M}t", f"{W}t"))
    if element.find(f"{M}rPr/{M}nor") is not None and text.strip():
        return rf"\text{{{text}}}"
    return _symbols(text)


def _symbols(text: str) -> str:
    written = ""
    for character in text:
        command = _COMMANDS.get(character)
        if written and character.isalpha() and character.isascii() and _ends_in_command(written):
            written += " "
        written += character if command is None else command
    return written + (" " if _ends_in_command(written) else "")


def _ends_in_command(written: str) -> bool:
    """Whether a letter written next would be taken for a part of the command's name."""
    name = written.rpartition("\\")[2]
    return "\\" in written and name.isascii() and name.isalpha()


def _fraction(element: Element) -> str:
    above, below = _child(element, "num"), _child(element, "den")
    kind = _property(element, "type")
    if kind == "noBar":
        return rf"\genfrac{{}}{{}}{{0pt}}{{}}{{{above}}}{{{below}}}"
    if kind == "lin":
        return f"{above}/{below}"
    return rf"\frac{{{above}}}{{{below}}}"


def _scripts(element: Element) -> str:
    below, above = _child(element, "sub"), _child(element, "sup")
    return _child(element, "e") + (f"_{{{below}}}" if below else "") + (f"^{{{above}}}" if above else "")


def _scripts_in_front(element: Element) -> str:
    return f"{{}}_{{{_child(element, 'sub')}}}^{{{_child(element, 'sup')}}}{_child(element, 'e')}"


def _root(element: Element) -> str:
    degree = _child(element, "deg")
    return rf"\sqrt[{degree}]{{{_child(element, 'e')}}}" if degree else rf"\sqrt{{{_child(element, 'e')}}}"


def _large_operator(element: Element) -> str:
    sign = _property(element, "chr")
    below, above = _child(element, "sub"), _child(element, "sup")
    limits = (f"_{{{below}}}" if below else "") + (f"^{{{above}}}" if above else "")
    operator = _symbols("∫" if sign is None else sign).strip()
    return f"{operator}{limits}" + ("" if limits else " ") + _child(element, "e")


def _delimiters(element: Element) -> str:
    opening, closing, between = (_property(element, name) for name in ("begChr", "endChr", "sepChr"))
    inside = _bracket(between, "|").join(to_latex(part).strip() for part in element.findall(f"{M}e"))
    return rf"\left{_bracket(opening, '(') or '.'}{inside}\right{_bracket(closing, ')') or '.'}"


def _bracket(sign: str | None, default: str) -> str:
    shown = default if sign is None else sign
    return _BRACKETS.get(shown, shown)


def _function(element: Element) -> str:
    name, argument = _child(element, "fName"), _child(element, "e")
    known = rf"\{name}" if name in _FUNCTIONS else name
    return known + ("" if argument.startswith(("\\left", "(", "{")) else " ") + argument


def _accent(element: Element) -> str:
    accent = _property(element, "chr")
    return rf"\{_ACCENTS.get(accent or chr(0x302), 'hat')}{{{_child(element, 'e')}}}"


def _bar(element: Element) -> str:
    command = "overline" if _property(element, "pos") == "top" else "underline"
    return rf"\{command}{{{_child(element, 'e')}}}"


def _group(element: Element) -> str:
    command = "overbrace" if _property(element, "pos") == "top" else "underbrace"
    return rf"\{command}{{{_child(element, 'e')}}}"


def _limit_below(element: Element) -> str:
    base = _child(element, "e")
    return f"{rf'{chr(92)}{base}' if base in _FUNCTIONS else base}_{{{_child(element, 'lim')}}}"


def _limit_above(element: Element) -> str:
    return f"{_child(element, 'e')}^{{{_child(element, 'lim')}}}"


def _matrix(element: Element) -> str:
    rows = (" & ".join(to_latex(cell).strip() for cell in row.findall(f"{M}e")) for row in element.findall(f"{M}mr"))
    return r"\begin{matrix}" + r" \\ ".join(rows) + r"\end{matrix}"


def _equations(element: Element) -> str:
    rows = [to_latex(row).strip() for row in element.findall(f"{M}e")]
    if len(rows) == 1:
        return rows[0]
    return r"\begin{array}{l}" + r" \\ ".join(rows) + r"\end{array}"


_WRITERS: Final[Mapping[str, Callable[[Element], str]]] = {
    "r": _run,
    "f": _fraction,
    "sSup": _scripts,
    "sSub": _scripts,
    "sSubSup": _scripts,
    "sPre": _scripts_in_front,
    "rad": _root,
    "nary": _large_operator,
    "d": _delimiters,
    "func": _function,
    "acc": _accent,
    "bar": _bar,
    "groupChr": _group,
    "limLow": _limit_below,
    "limUpp": _limit_above,
    "m": _matrix,
    "eqArr": _equations,
}
