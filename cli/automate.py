"""`geocatalog automations`: create our automations on the Prefect server, or bring them up to date."""

from datetime import timedelta
from uuid import UUID

from prefect.automations import AutomationCore
from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.events.schemas.automations import Automation
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL
from rich.console import Console

from cli.automations import PREFIX, Notify, automations, by_notification, by_webhook
from cli.prefect_api import require_prefect_api
from models.errors import InvalidRequest
from settings import get_settings

REMOVED = "removed"
BLOCK = "geocatalog-alerts"
"""Name of the Webhook block that is made from GEOCATALOG_ALERT_WEBHOOK."""


def automate(silent_after: float, notify: str | None, *, remove: bool) -> int:
    """Bring the automations up to date, or remove them; print what was done; return the exit code.

    Args:
        silent_after: seconds without a sign of life after which a run is Crashed.
        notify: TYPE/NAME of a notification block; None: the webhook of the settings, if there is one.

    Raises:
        InvalidRequest: there is no Prefect server, or no such block.
    """
    require_prefect_api()
    if not PREFECT_API_URL.value():
        raise InvalidRequest("Automations live on a Prefect server: set PREFECT_API_URL to yours, in .env for example.")
    console = Console(highlight=False, soft_wrap=True)
    with get_client(sync_client=True) as client:
        done = apply(client, []) if remove else bring_up_to_date(client, silent_after, notify)
    for name, action in done:
        console.print(f"[green]✓[/] {name.removeprefix(PREFIX)}: {action}")
    kept = [name for name, action in done if action != REMOVED]
    if not remove and len(kept) == 1:
        console.print(
            "[yellow]Nobody is told of failures:[/] set GEOCATALOG_ALERT_WEBHOOK, or make a notification block in the"
            " Prefect UI (Blocks, such as Slack Webhook or Sendgrid Email) and give --notify TYPE/NAME."
        )
    return 0


def bring_up_to_date(
    client: SyncPrefectClient, silent_after: float, notify: str | None = None
) -> list[tuple[str, str]]:
    """Create or update the automations; return what was done to each. Only one of them if nobody is to be told.

    Args:
        silent_after, notify: as of `automate`.

    Raises:
        InvalidRequest: there is no such block.
    """
    return apply(client, automations(timedelta(seconds=silent_after), _notify(client, notify)))


def apply(client: SyncPrefectClient, wanted: list[AutomationCore]) -> list[tuple[str, str]]:
    """Create, update or remove automations so that ours are those wanted; return what was done to each.

    One that was switched off in the UI stays off.
    """
    present = {known.name: known for known in client.read_automations() if known.name.startswith(PREFIX)}
    done = [(automation.name, _put(client, automation, present.pop(automation.name, None))) for automation in wanted]
    for name, known in present.items():
        client.delete_automation(known.id)
        done.append((name, REMOVED))
    return done


def _put(client: SyncPrefectClient, wanted: AutomationCore, known: Automation | None) -> str:
    if known is None:
        client.create_automation(wanted)
        return "created"
    changed = wanted.model_copy(update={"enabled": known.enabled})
    if changed.model_dump() == known.model_dump(exclude={"id"}):
        return "as it was"
    client.update_automation(known.id, changed)
    return "updated"


def _notify(client: SyncPrefectClient, block: str | None) -> Notify | None:
    webhook = get_settings().alert_webhook
    if block is not None:
        return _by_block(client, block)
    if webhook is None:
        return None
    made = Webhook(url=webhook, headers={"Content-Type": "application/json"}).save(BLOCK, overwrite=True)
    return by_webhook(UUID(str(made)))


def _by_block(client: SyncPrefectClient, block: str) -> Notify:
    kind, _, name = block.partition("/")
    try:
        known = client.read_block_document_by_name(name, kind)
    except ObjectNotFound:
        raise InvalidRequest(
            f"There is no block {block}: make it in the Prefect UI (Blocks), and give TYPE/NAME, such as"
            " sendgrid-email/operations; `prefect block ls` lists them."
        ) from None
    return by_webhook(known.id) if kind == "webhook" else by_notification(known.id)
