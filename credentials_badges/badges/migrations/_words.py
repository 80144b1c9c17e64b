"""What models and columns are called, in migrations: nothing of it is known to a database."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class Called(NamedTuple):
    """What one of a model's rows is called, and several; and its columns that are called by their names."""

    one: str
    several: str
    columns: str = ""
    """Separated by blanks. What people read has blanks for their underscores; after an equals sign, something else."""


class Words(Operation):
    """Say what they are called. Django's own operations would make all related models anew for each column."""

    reversible = True

    def __init__(self, models: Mapping[str, Called]) -> None:
        self.models = models

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Write it down where Django looks whether a migration is missing."""
        for name, called in self.models.items():
            model = state.models[app_label, name]
            model.options = {**model.options, "verbose_name": called.one, "verbose_name_plural": called.several}
            for words in called.columns.split():
                column, _, other = words.partition("=")
                field = model.fields[column]
                *_, arguments, options = field.deconstruct()
                model.fields[column] = type(field)(
                    *arguments, **{**options, "verbose_name": (other or column).replace("_", " ")}
                )

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Nothing."""

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Nothing."""

    def describe(self) -> str:
        """For whoever lists what a migration does."""
        return "Say what models and columns are called"
