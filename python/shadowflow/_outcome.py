"""What the library found, as Python objects: every text, table and section is the library's own."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from . import _shadowflow


class Outcome:
    """One theorem checked on one loss.

    It prints as the table of the command, and a notebook shows the section of its report.

    Attributes:
        theorem: the identifier of the theorem.
        loss: the name of the loss.
        verdict: ``"confirmed"``, ``"refuted"``, ``"partial"`` or ``"inconclusive"``.
        reason: why it is not confirmed, or which evidence it lacks; None if there is nothing to say.
    """

    theorem: str
    loss: str
    verdict: str
    reason: str | None

    def __init__(self, native: _shadowflow.NativeOutcome) -> None:
        self._native = native
        self.theorem = native.theorem
        self.loss = native.loss
        self.verdict = native.verdict
        self.reason = native.reason

    def to_dict(self) -> dict[str, Any]:
        """What was found, as ``shadowflow check --format json`` writes it, without how long that took and where."""
        found: dict[str, Any] = json.loads(self._native.json())
        del found["run"]
        return found

    @property
    def ladder(self) -> np.ndarray:
        """The errors over the step sizes: a row a rung, with ``leg``, ``step_size``, ``error`` and ``used``.

        ``error`` is NaN where it was not measured; ``used`` says whether the rung is fitted.
        """
        kinds = [("leg", "U16"), ("step_size", float), ("error", float), ("used", bool)]
        return np.array(self._native.ladder(), dtype=kinds)

    @property
    def orders(self) -> np.ndarray:
        """The orders of the error: a row a leg, with ``leg``, ``claimed``, ``measured`` and ``half_width``."""
        kinds = [("leg", "U16"), ("claimed", float), ("measured", float), ("half_width", float)]
        return np.array(self._native.orders(), dtype=kinds)

    @property
    def coefficients(self) -> np.ndarray:
        """The coefficients: a row a term, with ``term``, ``claimed``, ``recovered`` and ``half_width``.

        The last two are NaN where the errors do not tell.
        """
        kinds = [("term", "U64"), ("claimed", float), ("recovered", float), ("half_width", float)]
        return np.array(self._native.coefficients(), dtype=kinds)

    def assert_confirmed(self) -> None:
        """Nothing if the verdict is ``"confirmed"``.

        Raises:
            AssertionError: with the reason and the table otherwise.
        """
        if self.verdict != "confirmed":
            said = self.reason or "no reason given"
            raise AssertionError(f"{self.theorem} on {self.loss} is {self.verdict}: {said}\n\n{self}")

    def plot(self, axes: Any = None) -> Any:
        """Draws the ladders, errors over step sizes with both axes logarithmic, and returns the matplotlib axes.

        Raises:
            ImportError: if matplotlib is not installed.
        """
        if axes is None:
            from matplotlib import pyplot

            axes = pyplot.figure().add_subplot()
        rungs = self.ladder
        for leg in dict.fromkeys(rungs["leg"].tolist()):
            own = rungs[rungs["leg"] == leg]
            (line,) = axes.loglog(own["step_size"], own["error"], "-", label=leg)
            fitted = own[own["used"]]
            axes.loglog(fitted["step_size"], fitted["error"], "o", color=line.get_color())
        axes.set_xlabel("step size ε")
        axes.set_ylabel("error")
        axes.set_title(f"{self.theorem} on {self.loss}: {self.verdict}")
        axes.legend()
        return axes

    def __str__(self) -> str:
        return str(self._native)

    def __repr__(self) -> str:
        return f"<{self.theorem} on {self.loss}: {self.verdict}>"

    def _repr_html_(self) -> str:
        return self._native.html()


class Outcomes(list[Outcome]):
    """Several outcomes; together they print as one table.

    Attributes:
        skipped: the pairs of which nothing can be said, as (theorem, loss, reason).
    """

    def __init__(self, found: list[Outcome], skipped: list[tuple[str, str, str]]) -> None:
        super().__init__(found)
        self.skipped = skipped

    def __str__(self) -> str:
        return _shadowflow.table_of([outcome._native for outcome in self])

    def _repr_html_(self) -> str:
        return "".join(outcome._repr_html_() for outcome in self)


class Proof:
    """A theorem compared in exact series; it prints as the table of ``shadowflow prove``.

    Attributes:
        status: ``"proved"``, ``"refuted"``, ``"expanded"`` or ``"not applicable"``.
    """

    status: str

    def __init__(self, native: _shadowflow.NativeProof) -> None:
        self._native = native
        self.status = native.status

    def to_dict(self) -> dict[str, Any]:
        """The proof as ``shadowflow prove --format json`` writes it."""
        (found,) = json.loads(self._native.json())
        return dict(found)

    def __str__(self) -> str:
        return str(self._native)

    def __repr__(self) -> str:
        return f"<{self.to_dict()['theorem']}: {self.status}>"


class Field:
    """A modified field; it prints as ``shadowflow derive`` writes it.

    Attributes:
        fields: f₀, f₁, … at the point, of shape (terms, parameters); of shape (0, 0) for a field in trees.
        bars: by how much each of them may be off, of the same shape; only for what is measured from iterates.
        latex: the field for a paper; None at a point.
    """

    fields: np.ndarray
    bars: np.ndarray | None
    latex: str | None

    def __init__(self, native: Any) -> None:
        self._native = native
        self.latex = native.latex
        self.fields = np.array(native.fields, dtype=float) if native.fields else np.zeros((0, 0))
        bars = getattr(native, "bars", None)
        self.bars = None if bars is None else np.array(bars, dtype=float)

    def to_dict(self) -> dict[str, Any]:
        """The field as ``shadowflow derive --format json`` writes it."""
        found: dict[str, Any] = json.loads(self._native.json())
        return found

    def __str__(self) -> str:
        return str(self._native)

    def __repr__(self) -> str:
        return str(self._native).split("\n", 1)[0]
