"""What a command that changed something says of it."""

from adapters.types import Reply
from bot.controls.configstore import Change, shown


def done(change: Change) -> Reply:
    """Return what a change did, and how it is taken back."""
    lines = shown(change)
    if not lines:
        return Reply(text="It was so already.")
    listed = "\n".join(f"- `{line}`" for line in lines)
    return Reply(text=f"Done:\n\n{listed}\n\n`config undo {change.version}` takes it back.")
