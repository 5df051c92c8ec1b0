"""What the look of text in word processors says of who sees it."""

from __future__ import annotations

from dataclasses import dataclass

from parsers.model import Flag


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLook:
    """What of a run's look says who sees it. None: not said here, so as what it is based on. Size in half points."""

    hidden: bool | None = None
    bold: bool | None = None
    color: str | None = None
    shaded: bool | None = None
    half_points: int | None = None
    font: str | None = None

    def over(self, below: RunLook) -> RunLook:
        """This look where it says something, else the one below."""
        return RunLook(
            hidden=below.hidden if self.hidden is None else self.hidden,
            bold=below.bold if self.bold is None else self.bold,
            color=self.color or below.color,
            shaded=below.shaded if self.shaded is None else self.shaded,
            half_points=below.half_points if self.half_points is None else self.half_points,
            font=self.font or below.font,
        )

    def flags(self, *, on_white: bool) -> tuple[Flag, ...]:
        """Why a reader does not see the run. White on white counts only where nothing else may lie behind."""
        if self.hidden:
            return (Flag.HIDDEN,)
        if self.half_points is not None and self.half_points <= 2:
            return (Flag.INVISIBLE,)
        if on_white and self.color == "FFFFFF" and not self.shaded:
            return (Flag.BACKGROUND_COLOR,)
        return ()


NO_LOOK = RunLook()
"""Says nothing."""
