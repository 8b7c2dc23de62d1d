"""Prints, as JSON, what Airflow makes of a connections file. Runs in an environment of its own.

Usage: connections.py FILE, with the local filesystem backend set up for FILE by Airflow's own environment variables.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

from airflow.providers.discord.hooks.discord_webhook import DiscordWebhookHook  # type: ignore[import-not-found]
from airflow.providers.elasticsearch.hooks.elasticsearch import ElasticsearchSQLHook  # type: ignore[import-not-found]
from airflow.providers.github.hooks.github import GithubHook  # type: ignore[import-not-found]
from airflow.providers.http.hooks.http import HttpHook  # type: ignore[import-not-found]
from airflow.providers.mongo.hooks.mongo import MongoHook  # type: ignore[import-not-found]
from airflow.providers.openai.hooks.openai import OpenAIHook  # type: ignore[import-not-found]
from airflow.providers.postgres.hooks.postgres import PostgresHook  # type: ignore[import-not-found]
from airflow.providers.redis.hooks.redis import RedisHook  # type: ignore[import-not-found]
from airflow.providers.slack.hooks.slack import SlackHook  # type: ignore[import-not-found]
from airflow.providers.slack.hooks.slack_webhook import SlackWebhookHook  # type: ignore[import-not-found]
from airflow.providers.smtp.hooks.smtp import SmtpHook  # type: ignore[import-not-found]
from airflow.providers.telegram.hooks.telegram import TelegramHook  # type: ignore[import-not-found]
from airflow.providers_manager import ProvidersManager  # type: ignore[import-not-found]
from airflow.secrets.local_filesystem import LocalFilesystemBackend  # type: ignore[import-not-found]
from requests import Request

FIELDS = ("conn_type", "host", "port", "login", "password", "schema", "description")


def connection(backend: Any, name: str) -> dict[str, Any]:
    found = backend.get_connection(name)
    return {field: getattr(found, field) for field in FIELDS} | {"extra": found.extra_dejson}


def discord(name: str) -> Any:
    hook = DiscordWebhookHook(http_conn_id=name, message="-")
    hook.get_conn()
    return hook.url_from_endpoint(hook.webhook_endpoint)


def elasticsearch(name: str) -> Any:
    (node,) = ElasticsearchSQLHook(elasticsearch_conn_id=name).get_conn().es.transport.node_pool.all()
    return [node.config.scheme, node.config.host, node.config.port, node.config.verify_certs]


def github(name: str) -> Any:
    requester = GithubHook(name).client.requester
    return [requester.base_url, requester.auth.token]


def http(name: str) -> Any:
    hook = HttpHook(http_conn_id=name)
    session = hook.get_conn()
    request = session.prepare_request(Request("GET", hook.url_from_endpoint("")))
    return [
        request.url,
        request.headers.get("Authorization"),
        request.headers.get("X-Key"),
        session.proxies,
        session.verify,
    ]


def mongo(name: str) -> Any:
    hook = MongoHook(name)
    client = hook.get_conn()
    credentials = client.options.pool_options._credentials
    return [hook.uri, credentials.source, client.options.server_selection_timeout]


def openai(name: str) -> Any:
    return OpenAIHook(name).get_conn().api_key


def postgres(name: str) -> Any:
    return PostgresHook(name).sqlalchemy_url.render_as_string(hide_password=False)


def redis(name: str) -> Any:
    pool = RedisHook(name).get_conn().connection_pool
    options = pool.connection_kwargs
    return [pool.connection_class.__name__, *(options[o] for o in ("host", "port", "username", "password", "db"))]


def slack(name: str) -> Any:
    return SlackHook(slack_conn_id=name).client.token


def slack_webhook(name: str) -> Any:
    return SlackWebhookHook(slack_webhook_conn_id=name).client.url


def smtp(name: str) -> Any:
    hook = SmtpHook(name)
    hook.smtp_connection = hook.get_connection(name)
    return [hook.host, hook.port, hook.use_ssl, hook.smtp_starttls, hook.timeout, hook.smtp_user, hook.smtp_password]


def telegram(name: str) -> Any:
    hook = TelegramHook(name)
    return [hook.token, hook.chat_id]


HOOKS: dict[str, Callable[[str], Any]] = {
    "discord": discord,
    "elasticsearch": elasticsearch,
    "github": github,
    "http": http,
    "mongo": mongo,
    "openai": openai,
    "postgres": postgres,
    "redis": redis,
    "slack": slack,
    "slackwebhook": slack_webhook,
    "smtp": smtp,
    "telegram": telegram,
}


def main(path: str) -> None:
    backend = LocalFilesystemBackend(connections_file_path=path)
    with open(path) as file:
        names = list(json.load(file))
    connections = {name: connection(backend, name) for name in names}
    kinds = {name: found["conn_type"] for name, found in connections.items()}
    clients = {name: HOOKS[kind](name) for name, kind in kinds.items() if kind in HOOKS}
    print(json.dumps({"connections": connections, "clients": clients, "known": sorted(ProvidersManager().hooks)}))


if __name__ == "__main__":
    main(sys.argv[1])
