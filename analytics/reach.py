"""How far a project's rollups reach, as questions need to know it."""

from analytics.models import RollupState
from analytics.plan import Rolled


def of(project_id: int) -> Rolled:
    """Return what the last finished pass left. Before the first pass nothing is rolled up."""
    state = RollupState.objects.filter(project_id=project_id).first()
    return state.rolled if state else Rolled()
