"""A stand-in of Tracardi's REST API, as true to it as `reference/tracardi.md`, section 2, is ("the table" below).

Tracardi 0.9.0-dev unless made with `older=True` (0.8.1-dev, last but one paragraph of that section). Whatever is
noted there as seen to happen happens here, also what nobody would wish for; `test_standin.py` states each of it.
"""

import asyncio
import base64
import gzip
import hashlib
import json
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Row = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

TOKEN_LIFE = 1800.0
MOST_ENTITIES = 250
MAX_ID, MAX_NAME, MAX_TYPE, MAX_COLUMN = 40, 64, 48, 255
ROLES = frozenset({"admin", "developer"})
ADMIN = frozenset({"admin"})
INSTALLATION_TOKEN = "tracardi"
DESTINATION: Row = {"package": None, "init": {}, "form": {}, "pro": False}
"""Section 1, the row `destination`: what it keeps of one, and fills in (tracardi: domain/destination.py)."""

DEFAULTS: Row = {
    "description": "No description provided",
    "credentials": {"production": {}, "test": {}},
    "tags": ["general"],
    "groups": [],
    "icon": None,
    "destination": None,
    "enabled": True,
}
"""Section 1, the table of fields."""

TYPES: dict[str, Row] = {
    "sendgrid": {"name": "SendGrid", "tags": ["token", "sendgrid"], "config": {"token": "<token>"}},
    "api": {
        "name": "API endpoint",
        "tags": ["api", "destination"],
        "config": {"url": "<url>", "proxy": "<proxy>", "username": "<username>", "password": "<password>"},
    },
    "elastic-search": {
        "name": "Elasticsearch",
        "tags": ["elastic"],
        "config": {
            "url": "<url>",
            "port": 9200,
            "scheme": "http",
            "username": "<username>",
            "password": "<password>",
            "verify_certs": True,
        },
    },
    "mysql": {
        "name": "MySQL",
        "tags": ["mysql", "database"],
        "config": {
            "host": "localhost",
            "port": 3306,
            "user": "<username>",
            "password": "<password>",
            "database": "<database>",
        },
    },
    "mongodb": {
        "name": "MongoDB",
        "tags": ["mongo", "database", "nosql"],
        "config": {"uri": "mongodb://127.0.0.1:27017/", "timeout": 5000},
    },
    "mixpanel": {
        "name": "MixPanel",
        "tags": ["mixpanel"],
        "config": {"token": "<your-project-token>", "server_prefix": "US | EU"},
    },
}
"""Some of the 40 (tracardi: service/setup/setup_resources.py)."""


@dataclass
class Fault:
    """What happens, `times` times, to requests whose path begins with `path`, instead of an answer or before it."""

    path: str = "/"
    times: int = 1
    after: int = 0
    """So many such requests go well before."""
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    delay: float = 0.0
    """Seconds until the true answer is given, where `status` is 0."""
    method: str = ""
    """Of the requests; empty: any."""
    is_down: bool = False
    """The connection ends without an answer."""
    is_done: bool = False
    """What was asked for is done before it is answered so."""
    echoes: bool = False
    """The answer repeats headers and body of the request."""
    reached: threading.Event = field(default_factory=threading.Event, repr=False)
    """It has happened."""

    def hits(self, request: web.Request) -> bool:
        """Counts the requests that it could hit."""
        if self.times == 0 or self.method not in ("", request.method) or not request.path.startswith(self.path):
            return False
        if self.after:
            self.after -= 1
            return False
        self.times -= 1
        self.reached.set()
        return True


@dataclass(frozen=True)
class Seen:
    """A request, by what tests count."""

    method: str
    path: str
    context: str | None
    id: str = ""
    """Of the resource that it is about."""
    host: str = ""
    """As the header has it."""


class Tracardi:
    """Its database, its users and the API on them. `clock` counts seconds."""

    def __init__(
        self,
        *,
        older: bool = False,
        expose_gui_api: bool = True,
        only_production: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`only_production`: it runs with PRODUCTION=yes, and the header decides nothing."""
        self.older = older
        self.expose_gui_api = expose_gui_api
        self.only_production = only_production
        self.rows: dict[tuple[str, bool], Row] = {}
        """By id and whether it is of the production context."""
        self.users: dict[str, tuple[str, list[str]]] = {}
        self.faults: list[Fault] = []
        self.rejected: set[str] = set()
        """Ids of rows that its database fails to store."""
        self.seen: list[Seen] = []
        self.most_at_once = 0
        self._under_way = 0
        self._clock = clock
        self._sessions: dict[str, float] = {}
        """When a token ends, unless it is used."""

    def add_user(self, name: str, password: str, *roles: str) -> None:
        self.users[name] = password, list(roles)

    def store(self, row: Mapping[str, Any], *, production: bool = True) -> None:
        """As POST /resource does it: a full replace."""
        whole = DEFAULTS | {"name": None} | dict(row)
        if not self.older:
            whole["id"] = whole["id"].lower()
        self.rows[whole["id"], production] = whole

    def edit(self, id_: str, *, production: bool = True, **changes: Any) -> None:
        """As the form of the GUI does it: it sends all of the row back (gui: ResourceForm.js)."""
        self.store(self.rows[id_, production] | changes, production=production)

    def write_back(self, id_: str, token: Any, *, production: bool = True) -> None:
        """As the plugins of Mautic and Salesforce do it after a login (the paragraph "Runtime write-back")."""
        row = self.rows[id_, production]
        credentials = row["credentials"]
        self.store(
            row | {"credentials": credentials | {"production": credentials["production"] | {"token": token}}},
            production=production,
        )

    def writes(self) -> list[tuple[str, str, str]]:
        """What was asked to be changed: method, id and context."""
        return [
            (seen.method, seen.id, seen.context or "")
            for seen in self.seen
            if seen.method in ("POST", "DELETE") and seen.path.startswith("/resource")
        ]

    def token_of(self, user: str) -> str:
        """The same for each login (the paragraph "Token")."""
        return hashlib.sha1(f"{user}-a static salt".encode()).hexdigest()

    def revoke(self, user: str) -> None:
        self._sessions.pop(self.token_of(user), None)

    def count(self, method: str, path: str) -> int:
        return sum((seen.method, seen.path) == (method, path) for seen in self.seen)

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._watched, self._guarded])
        app.add_routes(
            [
                web.post("/install", self._install),
                web.post("/user", self._add_user),
                web.post("/user/token", self._log_in),
                web.post("/user/logout", self._log_out),
                web.post("/resource", self._upsert),
                web.get("/resource/{id}", self._get),
                web.delete("/resource/{id}", self._delete),
                web.get("/resources", self._list),
                web.get("/resources/entity", self._entities),
                web.get("/resources/entity/tag/{tag}", self._entities_by_tag),
                web.get("/resources/by_type", self._by_type),
                web.get("/resources/type/{what}", self._types),
            ]
        )
        return app

    @web.middleware
    async def _watched(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        context = request.headers.get("x-context")
        self.seen.append(Seen(request.method, request.path, context, await _id_of(request), request.host))
        self._under_way += 1
        self.most_at_once = max(self.most_at_once, self._under_way)
        try:
            if fault := next((fault for fault in self.faults if fault.hits(request)), None):
                return await _faulty(fault, request, handler)
            return await handler(request)
        finally:
            self._under_way -= 1

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Who may do what; and as FastAPI answers where nothing was caught, a bare 500."""
        if not self.expose_gui_api:
            return _detail(403, "Access forbidden")
        if request.path.startswith("/resource") and (refusal := self._refusal(request)):
            return refusal
        try:
            return await handler(request)
        except web.HTTPNotFound:
            return _detail(404, "Not Found")
        except _DataTooLongError:
            return web.Response(status=500, text="Internal Server Error")

    def _refusal(self, request: web.Request, allowed: frozenset[str] = ROLES) -> web.Response | None:
        user = self._user(request)
        if user is None:
            return _detail(401, "Access forbidden")
        return None if allowed & set(self.users[user][1]) else _detail(403, "Access forbidden")

    def _user(self, request: web.Request) -> str | None:
        """Whose live token it is. Its use prolongs it."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self._sessions.get(token, 0.0) <= self._clock():
            return None
        self._sessions[token] = self._clock() + TOKEN_LIFE
        return next(user for user in self.users if self.token_of(user) == token)

    async def _install(self, request: web.Request) -> web.Response:
        """The paragraph "Bootstrap": the first admin, against the installation token."""
        body = await request.json()
        if body.get("token") != INSTALLATION_TOKEN:
            return _detail(403, "Installation forbidden. Invalid installation token.")
        if body.get("needs_admin"):
            self.add_user(body["username"], body["password"], "admin")
        return web.json_response(True)

    async def _add_user(self, request: web.Request) -> web.Response:
        """The paragraph "Bootstrap": an admin makes the others."""
        if refusal := self._refusal(request, ADMIN):
            return refusal
        body = await request.json()
        self.add_user(body["email"], body["password"], *body["roles"])
        return web.json_response(True)

    async def _log_in(self, request: web.Request) -> web.Response:
        form = await request.post()
        name, (password, roles) = str(form.get("username")), self.users.get(str(form.get("username")), ("", []))
        if name not in self.users or form.get("password") != password:
            return _detail(400, "Authentication error: Incorrect username or password.")
        token = self.token_of(name)
        self._sessions[token] = self._clock() + TOKEN_LIFE
        return web.json_response({"access_token": token, "token_type": "bearer", "roles": roles, "preference": {}})

    async def _log_out(self, request: web.Request) -> web.Response:
        if user := self._user(request):
            self.revoke(user)
        return web.json_response(None)

    async def _upsert(self, request: web.Request) -> web.Response:
        body = await request.json()
        required = ("id", "type") if self.older else ("id", "name", "type")
        missing = [name for name in required if not isinstance(body.get(name), str)]
        if missing:
            return _detail(422, [{"loc": ["body", name], "msg": "field required"} for name in missing])
        known = {name: body[name] for name in (*DEFAULTS, "id", "name", "type") if name in body}
        if destination := known.get("destination"):
            if not destination.get("package"):
                return _detail(422, [{"loc": ["body", "destination", "package"], "msg": "field required"}])
            known["destination"] = {name: destination.get(name, filled) for name, filled in DESTINATION.items()}
        if known["id"].lower() in self.rejected:
            raise _DataTooLongError
        if not self.older:
            _fit_the_columns(DEFAULTS | known)
        self.store(known, production=self._is_production(request))
        return web.json_response(
            {"saved": 1, "errors": [], "ids": [known["id"]]} if self.older else known["id"].lower()
        )

    async def _get(self, request: web.Request) -> web.Response:
        row = self.rows.get(self._key(request))
        if row is None and self.older:
            return _detail(404, f"Resource id: {request.match_info['id']} does not exist.")
        return web.json_response(self._shown(row, self._is_production(request)) if row else None)

    async def _delete(self, request: web.Request) -> web.Response:
        found = self.rows.pop(self._key(request), None)
        if found is None and self.older:
            return _detail(404, f"Resource id: {request.match_info['id']} does not exist.")
        return web.json_response([True, None])

    async def _list(self, request: web.Request) -> web.Response:
        rows = self._rows(request)
        return web.json_response(
            {"total": len(rows), "result": [self._shown(row, self._is_production(request)) for row in rows]}
        )

    async def _entities(self, request: web.Request) -> web.Response:
        return _named(self._rows(request)[:MOST_ENTITIES])

    async def _entities_by_tag(self, request: web.Request) -> web.Response:
        tag = request.match_info["tag"]
        return _named([row for row in self._rows(request) if tag in row["tags"] and (row["enabled"] or self.older)])

    async def _by_type(self, request: web.Request) -> web.Response:
        query, limit = request.query.get("query", "").lower(), int(request.query.get("limit", 200))
        found = [row for row in self._rows(request) if query in (row["name"] or "").lower()][:limit]
        shown = [self._shown(row, self._is_production(request)) for row in found]
        return web.json_response({"total": len(found), "grouped": {"Resources": shown} if found else None})

    async def _types(self, request: web.Request) -> web.Response:
        what = request.match_info["what"]
        if what not in ("name", "configuration"):
            return _detail(422, [{"loc": ["path", "type"], "msg": "value is not a valid enumeration member"}])
        result = {name: row["name"] if what == "name" else {"id": name} | row for name, row in TYPES.items()}
        return web.json_response({"total": len(result), "result": result})

    def _is_production(self, request: web.Request) -> bool:
        """The private API runs with PRODUCTION=no: the header decides, and without it it is staging."""
        return self.older or self.only_production or request.headers.get("x-context") == "production"

    def _key(self, request: web.Request) -> tuple[str, bool]:
        name = request.match_info["id"]
        return name if self.older else name.lower(), self._is_production(request)

    def _rows(self, request: web.Request) -> list[Row]:
        is_production = self._is_production(request)
        return [row for (_, production), row in self.rows.items() if production == is_production]

    def _shown(self, row: Row, production: bool) -> Row:
        """Clear credentials, and a timestamp that is that of the read."""
        made = {"timestamp": f"2024-03-28T00:00:{self._clock():f}"}
        return {**row, **made} if self.older else {**row, **made, "production": production, "running": False}


async def _id_of(request: web.Request) -> str:
    if request.path != "/resource":
        return request.match_info.get("id", "")
    try:
        return str((await request.json()).get("id"))
    except ValueError:
        return ""


async def _faulty(fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    if fault.is_done:
        await handler(request)
    if fault.is_down:
        if request.transport:
            request.transport.close()
        return web.Response()
    if fault.status:
        text = fault.body + (f"{dict(request.headers)}\n{await request.text()}" if fault.echoes else "")
        return web.Response(status=fault.status, headers=fault.headers, text=text)
    await asyncio.sleep(fault.delay)
    return await handler(request)


class _DataTooLongError(Exception):
    """Of the database."""


def _fit_the_columns(row: Row) -> None:
    destination = row["destination"] and base64.b64encode(gzip.compress(json.dumps(row["destination"]).encode()))
    columns = (
        (row["id"], MAX_ID),
        (row["name"], MAX_NAME),
        (row["type"], MAX_TYPE),
        (row["description"], MAX_COLUMN),
        (",".join(row["tags"]), MAX_COLUMN),
        (",".join(row["groups"]), MAX_COLUMN),
        (row["icon"] or "", MAX_COLUMN),
        (destination or "", MAX_COLUMN),
    )
    if any(len(value) > limit for value, limit in columns):
        raise _DataTooLongError


def _named(rows: list[Row]) -> web.Response:
    named = [{"id": row["id"], "name": row["name"]} for row in rows]
    return web.json_response({"total": len(named), "result": named})


def _detail(status: int, detail: object) -> web.Response:
    return web.json_response({"detail": detail}, status=status)
