"""The automations of this project, as Prefect has them: what its server does by itself about our runs."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from prefect.automations import AutomationCore, CallWebhook, ChangeFlowRunState, EventTrigger, Posture, SendNotification
from prefect.client.schemas.objects import StateType
from prefect.settings import PREFECT_UI_URL

from tasks.alerts import NEW_KIND

PREFIX = "geocatalog: "
"""Begins the name of each: by it they are found again."""
TAG = {"prefect.resource.id": "prefect.tag.geocatalog", "prefect.resource.role": "tag"}
"""Runs of our deployments have this tag; runs of other projects on the same server are none of our business."""
FLOW_RUN = {"prefect.resource.id": "prefect.flow-run.*"}
EACH_RUN = {"prefect.resource.id"}
HEARTBEAT = "prefect.flow-run.heartbeat"
ENDED = {f"prefect.flow-run.{state}" for state in ("Completed", "Failed", "Cancelled", "Crashed")}
BEGUN = {f"prefect.flow-run.{state}" for state in ("Pending", "Running", "AwaitingConcurrencySlot")} | ENDED
LATE = timedelta(hours=1)
"""How long a scheduled run may wait for a worker before somebody is told: a machine that restarts needs minutes."""

Notify = Callable[[str, str], CallWebhook | SendNotification]
"""Makes the action that sends a subject and a text, both Jinja templates of Prefect's."""


def by_webhook(block: UUID) -> Notify:
    """Return how to notify by a Webhook block: JSON with `subject`, `text`, `flow_run` and `alert`."""

    def action(subject: str, text: str) -> CallWebhook:
        members = {
            "subject": _json(subject),
            "text": _json(text),
            "flow_run": _json(_link()),
            "alert": "{{ event.payload|tojson if event.event.startswith('geocatalog.') else 'null' }}",
        }
        listed = ", ".join(f'"{name}": {value}' for name, value in members.items())
        return CallWebhook(block_document_id=block, payload=f"{{{listed}}}")

    return action


def by_notification(block: UUID) -> Notify:
    """Return how to notify by a notification block: e-mail, Slack, Teams and others."""
    return lambda subject, text: SendNotification(block_document_id=block, subject=subject, body=text)


def automations(silent_after: timedelta, notify: Notify | None) -> list[AutomationCore]:
    """Return the automations as they should be.

    Args:
        silent_after: how long a run may give no sign of life; at least three of its heartbeats.
        notify: how to notify; None: nobody is told.
    """
    marking = [_silent_runs(silent_after)]
    return marking if notify is None else [*marking, _new_kinds(notify), _crashed_runs(notify), _late_runs(notify)]


def _silent_runs(silent_after: timedelta) -> AutomationCore:
    seconds = round(silent_after.total_seconds())
    return AutomationCore(
        name=f"{PREFIX}a run without a sign of life is Crashed",
        description="Its process and its worker are gone: without this it would be Running for ever.",
        trigger=EventTrigger(
            after={HEARTBEAT},
            expect={HEARTBEAT, *ENDED},
            match=FLOW_RUN,
            match_related=TAG,
            for_each=EACH_RUN,
            posture=Posture.Proactive,
            within=silent_after,
        ),
        actions=[
            ChangeFlowRunState(
                state=StateType.CRASHED,
                message=f"No sign of life for {seconds} s: its process is gone. Retry takes up what is left.",
            )
        ],
    )


def _new_kinds(notify: Notify) -> AutomationCore:
    return AutomationCore(
        name=f"{PREFIX}a new kind of failure notifies",
        description="Once for each Collection, class and code of error, and again only if it was resolved since.",
        trigger=EventTrigger(expect={NEW_KIND}, match={"prefect.resource.id": "geocatalog.collection.*"}),
        actions=[notify("GeoCatalog: {{ event.payload.subject }}", _with_link("{{ event.payload.text }}"))],
    )


def _crashed_runs(notify: Notify) -> AutomationCore:
    said = "{{ flow.name }} {{ flow_run.name }}: {{ flow_run.state.message }}"
    advice = "What to do: nothing is lost. Retry, or the next scheduled run, takes up what is left."
    return AutomationCore(
        name=f"{PREFIX}a crashed run notifies",
        description="Its process ended without a word: out of memory, machine gone, worker stopped.",
        trigger=EventTrigger(expect={"prefect.flow-run.Crashed"}, match=FLOW_RUN, match_related=TAG, for_each=EACH_RUN),
        actions=[notify("GeoCatalog: {{ flow_run.name }} crashed", _with_link(f"{said}\n\n{advice}"))],
    )


def _late_runs(notify: Notify) -> AutomationCore:
    advice = "What to do: start a worker (prefect worker start --pool geocatalog); it takes up what was missed."
    return AutomationCore(
        name=f"{PREFIX}a run that no worker begins notifies",
        description="No worker is up, or all are busy.",
        trigger=EventTrigger(
            after={"prefect.flow-run.Late"},
            expect=BEGUN,
            match=FLOW_RUN,
            match_related=TAG,
            for_each=EACH_RUN,
            posture=Posture.Proactive,
            within=LATE,
        ),
        actions=[notify("GeoCatalog: {{ flow_run.name }} waits for a worker", _with_link(advice))],
    )


def _with_link(text: str) -> str:
    return f"{text}\n\nFlow run: {_link()}"


def _link() -> str:
    """Return the template of a flow run's page; as this machine knows Prefect's UI: its server often does not know."""
    return f"{PREFECT_UI_URL.value()}/runs/flow-run/{{{{ flow_run.id }}}}"


def _json(template: str) -> str:
    """Return a template that renders another one as a JSON string."""
    return f"{{% filter tojson %}}{template}{{% endfilter %}}"
