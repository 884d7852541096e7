"""The edge server: runs the tails of many devices' networks and tells each device where to cut."""

from edge_server.catalogue.rollout import ROLLOUT_FILE, Rollout, Rollouts
from edge_server.config import ServeConfig
from edge_server.events import (
    AboutSeen,
    Answered,
    Audited,
    DeviceSeen,
    Dropped,
    Event,
    NoteSeen,
    Observer,
    PlanDecided,
    TelemetrySeen,
)
from edge_server.logs import LogFormat, start_logging
from edge_server.process import serve
from edge_server.server import EdgeServer
from edge_server.store import (
    DecisionRecord,
    History,
    HistoryQuery,
    InferenceRecord,
    RunRecord,
    open_history,
)

__all__ = [
    "ROLLOUT_FILE",
    "AboutSeen",
    "Answered",
    "Audited",
    "DecisionRecord",
    "DeviceSeen",
    "Dropped",
    "EdgeServer",
    "Event",
    "History",
    "HistoryQuery",
    "InferenceRecord",
    "LogFormat",
    "NoteSeen",
    "Observer",
    "PlanDecided",
    "Rollout",
    "Rollouts",
    "RunRecord",
    "ServeConfig",
    "TelemetrySeen",
    "open_history",
    "serve",
    "start_logging",
]
