"""The tables of the settings file, each a class with its defaults."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec

from edgeroute.clients import ClientSettings
from edgeroute.core.request import Tier
from edgeroute.core.verdict import PrivacyMode

ALL_SETTINGS: Final = "`edgeroute config show` prints every setting."
HostName = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\Z",
        description="host names in small letters",
    ),
]
Count = Annotated[int, msgspec.Meta(ge=0)]
Amount = Annotated[float, msgspec.Meta(ge=0)]


class _SettingsTable(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A table of the settings file: unknown keys are errors."""


class RouterSettings(_SettingsTable, frozen=True):
    """``policy`` names rules/<name>.yaml or a path; ``tier`` how much quality may cost.

    With ``learn_from_steps`` tests that an agent ran and edits that it took back count as signs of
    how good an answer was, beside asking again and thumbs; no word of them is kept.
    """

    policy: str = "default"
    tier: Tier = "balanced"
    learn_from_steps: bool = False


class PrivacySettings(_SettingsTable, frozen=True):
    """``mode`` is what new conversations start in.

    ``level`` overrides the level of rules/privacy.yaml. With ``ocr`` a picture may leave in which
    tesseract reads nothing private and which shows no face and no identity, medical or financial
    document (`edgeroute doctor` says what that needs); without it every picture counts as private,
    but for those that you let go one by one. ``enterprise_provider`` may receive
    internal code under a contract of yours; without one internal code stays here. ``encrypt``
    encrypts the database with a key from the OS keyring; with ``passphrase`` you are asked for one
    where there is no keyring. ``paths`` labels folders, such as ``"~/clients/**" = "private"``:
    what is attached from there, or read there by a tool, stays here; what lies in ``code`` is
    judged as code. The very text that left this machine is kept with its chat, the latest
    ``sent_megabytes`` of it; 0 keeps none.
    """

    mode: PrivacyMode = PrivacyMode.AUTO
    level: Literal["", "balanced", "strict"] = ""
    ocr: bool = False
    enterprise_provider: str = ""
    encrypt: bool = True
    passphrase: bool = False
    paths: dict[str, Literal["private", "code"]] = {}
    sent_megabytes: Amount = 500


class EndpointSettings(_SettingsTable, frozen=True):
    """An OpenAI-compatible server that answers as the local model.

    Another machine's counts as local only with ``trusted = true``. ``model`` is the server's own
    id; without one its first that answers prompts is asked. ``models`` may be asked by name, too:
    ``local/NAME/ID``. A key is stored with ``edgeroute keys set NAME``; ``key_variable`` holds it
    where ``keys.environment`` is true (``EDGEROUTE_NAME_KEY`` if nothing is said).
    """

    base_url: str
    model: str = ""
    models: list[str] = []
    key_variable: str = ""
    trusted: bool = False
    context_tokens: Count = 32_768


class LocalSettings(_SettingsTable, frozen=True):
    """``backend`` is auto, llamacpp, omlx or the name of an endpoint.

    ``fallbacks`` are further ones that answer where it does not, in this order; after all of them
    llama.cpp answers if a model lies on this disk. With ``spread = "least_wait"`` those with the
    same model share the work. ``model`` is auto or an id of models/local.yaml. ``context_tokens``
    of 0 is chosen by memory, ``threads`` of 0 by measured speed. The own worker gives its memory
    back after ``idle_minutes`` without a question; with 0 the model stays, and so do those whose
    ids are ``pinned``. With ``preload`` the endpoint and the chat app load it when they start, so
    that the first private prompt need not wait.
    """

    backend: str = "auto"
    fallbacks: list[str] = []
    spread: Literal["order", "least_wait"] = "order"
    model: str = "auto"
    context_tokens: Count = 0
    idle_minutes: Amount = 10
    preload: bool = False
    pinned: list[str] = []
    threads: Count = 0
    endpoints: dict[str, EndpointSettings] = {}


class ModelSettings(_SettingsTable, frozen=True):
    """A model of a provider, where it is not as assumed.

    ``abilities`` are all that it has: `["text"]` is a model that has none. Tokens of 0 are as for
    the provider. Prices are in USD per million tokens; with both 0 they are not known.
    """

    abilities: list[Literal["vision", "tools", "thinking", "json_schema", "text"]] = []
    context_tokens: Count = 0
    output_tokens: Count = 0
    input_usd: Amount = 0
    output_usd: Amount = 0


class ProviderSettings(_SettingsTable, frozen=True):
    """A provider of your own, or changes to a packaged one.

    ``enterprise`` says that a contract covers your organisation's code there: it may receive
    internal code unless ``privacy.enterprise_provider`` names another. ``models`` are assumed to
    take tools, pictures and schemas; `[providers.NAME.cards."MODEL"]` says more of one.
    """

    wire: Literal["openai-chat", "openai-responses", "anthropic-messages", "openai-images"] = (
        "openai-chat"
    )
    base_url: str = ""
    models: list[str] = []
    region: str = ""
    key_variable: str = ""
    enterprise: bool = False
    headers: dict[str, str] = {}
    context_tokens: Count = 128_000
    cards: dict[str, ModelSettings] = {}


class ServerSettings(_SettingsTable, frozen=True):
    """The localhost endpoint.

    ``origins`` are web pages that may use it, ``editors`` programs whose pages may. ``hosts`` are
    further names, such as ``host.docker.internal``: only such as no
    other can give an address, for a web page of that name would pass (DNS rebinding). Responses
    that programs want stored are kept in the database for ``responses_days``, the latest
    ``responses_megabytes`` of them; with 0 none are. Chats of programs that say ``store: false``
    are not kept, unless ``keep_unstored``.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 8377
    origins: list[str] = []
    editors: list[Literal["vscode", "obsidian", "tauri", "capacitor"]] = []
    hosts: list[HostName] = []
    responses_days: Annotated[float, msgspec.Meta(ge=0, le=36_500)] = 30
    responses_megabytes: Amount = 500
    keep_unstored: bool = False


class BudgetSettings(_SettingsTable, frozen=True):
    """Limits in USD; 0 is no limit. ``at_limit`` is what happens at 100 %."""

    daily_usd: Amount = 0
    monthly_usd: Amount = 0
    conversation_usd: Amount = 0
    at_limit: Literal["local", "cheaper", "ask"] = "local"


class KeysSettings(_SettingsTable, frozen=True):
    """Where provider keys may come from besides the OS keyring."""

    environment: bool = False


class AlertsSettings(_SettingsTable, frozen=True):
    """``command`` is run for every alert, with the alert as JSON on its standard input."""

    command: list[str] = []


class NetworkSettings(_SettingsTable, frozen=True):
    """``ca_file`` adds a certificate authority; ``proxy`` is for managed APIs only."""

    ca_file: str = ""
    proxy: str = ""


class TelemetrySettings(_SettingsTable, frozen=True):
    """OpenTelemetry over OTLP in JSON; nothing is sent without an ``endpoint``.

    ``path`` is what is added to it for traces; ``metrics = false`` sends traces alone. The key that
    `edgeroute keys set telemetry` stores is sent as ``auth`` says; for ``basic`` it is
    ``name:password``. ``headers`` are further ones, which hold no secret. ``content`` sends open
    prompts and answers along.
    """

    endpoint: str = ""
    path: str = "/v1/traces"
    auth: Literal["bearer", "basic", "x-api-key", "api-key", "none"] = "bearer"
    headers: dict[str, str] = {}
    metrics: bool = True
    content: bool = False


class ChatAppSettings(_SettingsTable, frozen=True):
    """The chat app: ``theme``, ``mouse``, and ``keys`` that replace keys by action id.

    ``notify`` says how the end of an answer that took long is told: by the terminal's bell, or as a
    notice of the desktop where the terminal can show one. ``prompts`` are system prompts by name,
    such as ``plain = "Answer in plain words."``; /system chooses one for a chat. ``vim`` gives the
    message box the keys of vi: esc leaves inserting, enter sends.
    """

    theme: str = ""
    mouse: bool = True
    notify: Literal["bell", "desktop", "off"] = "bell"
    keys: dict[str, str] = {}
    prompts: dict[str, str] = {}
    vim: bool = False


class Settings(_SettingsTable, frozen=True):
    """Everything a user can set, with its defaults."""

    router: RouterSettings = RouterSettings()
    privacy: PrivacySettings = PrivacySettings()
    local: LocalSettings = LocalSettings()
    providers: dict[str, ProviderSettings] = {}
    server: ServerSettings = ServerSettings()
    clients: dict[str, ClientSettings] = {}
    budget: BudgetSettings = BudgetSettings()
    keys: KeysSettings = KeysSettings()
    alerts: AlertsSettings = AlertsSettings()
    network: NetworkSettings = NetworkSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    chat: ChatAppSettings = ChatAppSettings()
