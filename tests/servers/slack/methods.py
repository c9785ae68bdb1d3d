"""The Web API methods that we know: their arguments, tiers, and what they do to the workspace."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.servers.slack.blocks import MAX_VIEW_BLOCKS, pings_in, problems_of
from tests.servers.slack.controls import problems_of_view
from tests.servers.slack.workspace import Ephemeral, Workspace

MAX_TEXT = 40_000
MAX_UPDATE_TEXT = 4_000
MAX_MARKDOWN = 12_000


class Refused(Exception):  # noqa: N818 - what it is
    """Slack says no, in its own word."""


@dataclass(frozen=True, kw_only=True)
class Method:
    """One method: which arguments it must and may have, how often a minute, and what it does."""

    run: Callable[[Workspace, dict[str, Any], list[str]], dict[str, Any]]
    required: frozenset[str] = field(default_factory=frozenset)
    optional: frozenset[str] = field(default_factory=frozenset)
    a_minute: int = 100
    a_channel: float = 0.0  # seconds between two calls in one channel
    is_app_level: bool = False


def _post(workspace: Workspace, args: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    text = args.get("text", "")
    problems += pings_in(text)
    if len(text) > MAX_TEXT:
        raise Refused("msg_too_long")
    _check_blocks(args, problems)
    if not text.strip():
        raise Refused("no_text")
    for flag in ("unfurl_links", "unfurl_media"):
        if args.get(flag) is not False:
            problems.append(f"{flag} is not false")
    channel = args["channel"]
    if channel in workspace.users:  # a user's id stands for the direct conversation
        channel = f"D{channel[1:]}"
    message = workspace.add(
        channel, args.get("thread_ts", ""), text=text, blocks=args.get("blocks") or []
    )
    return {"channel": channel, "ts": message.ts, "message": {"ts": message.ts}}


def _post_ephemeral(
    workspace: Workspace, args: dict[str, Any], problems: list[str]
) -> dict[str, Any]:
    _refuse_strange(workspace, args["channel"])
    problems += pings_in(args["text"])
    _check_blocks(args, problems)
    workspace.private.append((args["channel"], args["user"], args["text"]))
    if args.get("thread_ts") in {each.ts for each in workspace.ephemerals}:
        problems.append("nothing can be written below what one person alone sees")
    ephemeral = Ephemeral(
        channel=args["channel"],
        user=args["user"],
        thread_ts=args.get("thread_ts", ""),
        ts=workspace.next_ts(),
        text=args["text"],
        blocks=args.get("blocks") or [],
    )
    workspace.ephemerals.append(ephemeral)
    return {"message_ts": ephemeral.ts}


def _open_view(workspace: Workspace, args: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    if not workspace.exchange(args["trigger_id"]):
        raise Refused("expired_trigger_id")
    return {"view": {"id": workspace.show(_checked_view(args["view"], "modal", problems)).id}}


def _publish_view(
    workspace: Workspace, args: dict[str, Any], problems: list[str]
) -> dict[str, Any]:
    user, seen = args["user_id"], args.get("hash")
    view = _checked_view(args["view"], "home", problems)
    if user not in workspace.users:
        raise Refused("user_not_found")
    stands = workspace.homes.get(user)
    if seen is not None and (stands is None or seen != stands["hash"]):
        raise Refused("hash_conflict")
    workspace.homes[user] = {**view, "id": f"VHOME{user}", "hash": workspace.next_ts()}
    return {"view": workspace.homes[user]}


def _checked_view(view: dict[str, Any], kind: str, problems: list[str]) -> dict[str, Any]:
    others = [block for block in view.get("blocks") or [] if block.get("type") != "input"]
    found = [
        *problems_of_view(view, kind=kind),
        *(problems_of(others, MAX_VIEW_BLOCKS) if others else []),
    ]
    if found:
        problems += found
        raise Refused("invalid_arguments")
    return view


def _update(workspace: Workspace, args: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    message = workspace.find(args["channel"], args["ts"])
    if message is None:
        raise Refused("message_not_found")
    if message.is_streaming:
        raise Refused("streaming_state_conflict")
    text = args.get("text", "")
    problems += pings_in(text)
    if len(text) > MAX_UPDATE_TEXT:
        raise Refused("msg_too_long")
    _check_blocks(args, problems)
    message.text, message.blocks, message.markdown = text, args.get("blocks") or [], ""
    message.edits += 1
    message.changed_at_s = time.monotonic()
    return {"channel": args["channel"], "ts": message.ts}


def _delete(workspace: Workspace, args: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    message = workspace.find(args["channel"], args["ts"])
    if message is None:
        raise Refused("message_not_found")
    workspace.messages.remove(message)
    return {"ts": args["ts"]}


def _start(workspace: Workspace, args: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    if not args["channel"].startswith("D"):
        for name in ("recipient_team_id", "recipient_user_id"):
            if not args.get(name):
                raise Refused(f"missing_{name}")
    message = workspace.add(args["channel"], args["thread_ts"], text="", blocks=[])
    message.is_streaming = True
    message.was_streamed = True
    _grow(message, args, problems)
    return {"channel": args["channel"], "ts": message.ts}


def _append(workspace: Workspace, args: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    message = workspace.find(args["channel"], args["ts"])
    if message is None or not message.is_streaming:
        raise Refused("message_not_in_streaming_state")
    _grow(message, args, problems)
    return {"channel": args["channel"], "ts": message.ts}


def _stop(workspace: Workspace, args: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    message = workspace.find(args["channel"], args["ts"])
    if message is None or not message.is_streaming:
        raise Refused("message_not_in_streaming_state")
    _check_blocks(args, problems)
    _grow(message, args, problems)
    message.is_streaming = False
    message.changed_at_s = time.monotonic()
    message.blocks = args.get("blocks") or []
    return {"channel": args["channel"], "ts": message.ts}


def _grow(message: Any, args: dict[str, Any], problems: list[str]) -> None:
    text = args.get("markdown_text", "")
    if len(text) > MAX_MARKDOWN or len(message.markdown) + len(text) > MAX_MARKDOWN:
        raise Refused("msg_too_long")
    message.markdown += text
    problems += pings_in(message.markdown)


def _check_blocks(args: dict[str, Any], problems: list[str]) -> None:
    if found := problems_of(args.get("blocks") or []):
        problems += found
        raise Refused("invalid_blocks")


def _status(workspace: Workspace, args: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    if len(args.get("loading_messages") or []) > 10:
        problems.append("more than ten loading messages")
    workspace.statuses.append((args["channel_id"], args["thread_ts"], args["status"]))
    return {}


def _title(workspace: Workspace, args: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    workspace.titles[args["channel_id"], args["thread_ts"]] = args["title"]
    return {}


def _prompts(workspace: Workspace, args: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    prompts = args["prompts"]
    if not 1 <= len(prompts) <= 4 or not all({"title", "message"} == set(p) for p in prompts):
        raise Refused("invalid_arguments")
    workspace.prompts[args["channel_id"]] = prompts
    return {}


def _auth(workspace: Workspace, args: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    return {
        "team_id": workspace.team,
        "user_id": workspace.bot_user,
        "bot_id": workspace.bot_id,
        "team": "Brindlemoor",
        "url": "https://brindlemoor.slack.example/",
    }


def _user(workspace: Workspace, args: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    user = workspace.users.get(args["user"])
    if user is None:
        raise Refused("user_not_found")
    told = {"id": args["user"], "locale": "en-US", **user}
    if str(args.get("include_locale", "")).lower() not in {"1", "true"}:
        del told["locale"]
    return {"user": told}


def _users(workspace: Workspace, args: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    everyone = [{"id": user, **about} for user, about in workspace.users.items()]
    shown, following = _paged(args, everyone)
    return {"members": shown, "response_metadata": {"next_cursor": following}}


def _channel(workspace: Workspace, args: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    about = {
        "id": args["channel"],
        "is_private": False,
        "is_mpim": False,
        "is_shared": False,
        "is_org_shared": False,
        "is_ext_shared": False,
        "is_pending_ext_shared": False,
        "pending_shared": [],
    }
    return {"channel": about | workspace.channels.get(args["channel"], {})}


def _members(workspace: Workspace, args: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    everyone = [workspace.bot_user, *workspace.users]
    shown, following = _paged(args, workspace.members.get(args["channel"], everyone))
    return {"members": shown, "response_metadata": {"next_cursor": following}}


def _paged(args: dict[str, Any], whole: list[Any]) -> tuple[list[Any], str]:
    """Return what a page holds, fewer than asked for as Slack may, and where the next begins."""
    start = int(str(args.get("cursor") or "0"))
    end = start + min(int(args["limit"]), 3)
    return whole[start:end], str(end) if end < len(whole) else ""


def _ours(workspace: Workspace, args: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    if not set(args["types"].split(",")) <= {"public_channel", "private_channel", "mpim", "im"}:
        raise Refused("invalid_types")
    shown, following = _paged(args, [{"id": channel} for channel in workspace.added_to])
    return {"channels": shown, "response_metadata": {"next_cursor": following}}


def _groups(workspace: Workspace, args: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    groups = [
        {"id": group, "handle": group.lower(), "date_delete": 0, "users": users}
        for group, users in workspace.groups.items()
    ]
    return {"usergroups": groups}


def _replies(workspace: Workspace, args: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    _refuse_strange(workspace, args["channel"])
    ours = [
        {
            "channel": m.channel,
            "thread_ts": m.thread_ts,
            "ts": m.ts,
            "user": workspace.bot_user,
            "bot_id": workspace.bot_id,
            "text": m.text,
            "blocks": m.blocks,
        }
        for m in workspace.messages
    ]
    place = (args["channel"], str(args["ts"]))
    found = [
        {name: value for name, value in each.items() if name != "channel"}
        for each in sorted([*ours, *workspace.posts], key=lambda each: float(each["ts"]))
        if (each["channel"], each.get("thread_ts") or each["ts"]) == place
        or (each["channel"], each["ts"]) == place
    ]
    if not found:
        raise Refused("thread_not_found")
    shown = [each for each in found if float(each["ts"]) >= float(args.get("oldest", 0))]
    start, limit = int(str(args.get("cursor") or "0")), int(args.get("limit", 1_000))
    page, end = shown[start : start + limit], start + limit
    following = str(end) if end < len(shown) else ""
    return {
        "messages": page,
        "has_more": bool(following),
        "response_metadata": {"next_cursor": following},
    }


def _refuse_strange(workspace: Workspace, channel: str) -> None:
    if channel in workspace.strange:
        raise Refused("not_in_channel")


def _file(workspace: Workspace, args: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    if args["file"] not in workspace.files:
        raise Refused("file_not_found")
    return {"file": workspace.files[args["file"]].about}


_STREAM = frozenset({"channel", "ts"})
METHODS = {
    "auth.test": Method(run=_auth),
    "usergroups.list": Method(run=_groups, optional=frozenset({"include_users"}), a_minute=20),
    "conversations.info": Method(run=_channel, required=frozenset({"channel"}), a_minute=50),
    "conversations.members": Method(
        run=_members,
        required=frozenset({"channel", "limit"}),
        optional=frozenset({"cursor"}),
    ),
    "users.list": Method(
        run=_users, required=frozenset({"limit"}), optional=frozenset({"cursor"}), a_minute=20
    ),
    "users.conversations": Method(
        run=_ours,
        required=frozenset({"types", "limit"}),
        optional=frozenset({"cursor", "exclude_archived"}),
        a_minute=50,
    ),
    "users.info": Method(
        run=_user, required=frozenset({"user"}), optional=frozenset({"include_locale"})
    ),
    "chat.postMessage": Method(
        run=_post,
        required=frozenset({"channel"}),
        optional=frozenset({"text", "blocks", "thread_ts", "unfurl_links", "unfurl_media"}),
        a_minute=300,
        a_channel=1.0,
    ),
    "chat.postEphemeral": Method(
        run=_post_ephemeral,
        required=frozenset({"channel", "user", "text"}),
        optional=frozenset({"thread_ts", "blocks"}),
    ),
    "chat.update": Method(
        run=_update, required=_STREAM, optional=frozenset({"text", "blocks"}), a_minute=50
    ),
    "chat.delete": Method(run=_delete, required=_STREAM, a_minute=50),
    "chat.startStream": Method(
        run=_start,
        required=frozenset({"channel", "thread_ts"}),
        optional=frozenset({"markdown_text", "recipient_team_id", "recipient_user_id"}),
        a_minute=20,
    ),
    "chat.appendStream": Method(
        run=_append, required=_STREAM, optional=frozenset({"markdown_text"}), a_minute=100
    ),
    "chat.stopStream": Method(
        run=_stop, required=_STREAM, optional=frozenset({"markdown_text", "blocks"}), a_minute=20
    ),
    "assistant.threads.setStatus": Method(
        run=_status,
        required=frozenset({"channel_id", "thread_ts", "status"}),
        optional=frozenset({"loading_messages"}),
        a_minute=600,
    ),
    "assistant.threads.setTitle": Method(
        run=_title, required=frozenset({"channel_id", "thread_ts", "title"})
    ),
    "assistant.threads.setSuggestedPrompts": Method(
        run=_prompts,
        required=frozenset({"channel_id", "prompts"}),
        optional=frozenset({"thread_ts", "title"}),
    ),
    "conversations.replies": Method(
        run=_replies,
        required=_STREAM,
        optional=frozenset({"oldest", "limit", "cursor"}),
        a_minute=50,
    ),
    "files.info": Method(run=_file, required=frozenset({"file"})),
    "views.open": Method(run=_open_view, required=frozenset({"trigger_id", "view"})),
    "views.publish": Method(
        run=_publish_view, required=frozenset({"user_id", "view"}), optional=frozenset({"hash"})
    ),
    "apps.connections.open": Method(run=lambda *_: {}, is_app_level=True),
}
