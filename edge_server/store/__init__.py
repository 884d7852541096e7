"""What a server remembers over a restart: behind one port, in SQLite, in PostgreSQL, or not at all."""

from edge_server.store.answer_text import answer_text
from edge_server.store.opening import open_history, open_store
from edge_server.store.port import Batch, Bounds, History, HistoryQuery, Store
from edge_server.store.records import DecisionRecord, DeviceRecord, InferenceRecord, ModelRecord, RunRecord

__all__ = [
    "Batch",
    "Bounds",
    "DecisionRecord",
    "DeviceRecord",
    "History",
    "HistoryQuery",
    "InferenceRecord",
    "ModelRecord",
    "RunRecord",
    "Store",
    "answer_text",
    "open_history",
    "open_store",
]
