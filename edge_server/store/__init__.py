"""What a server remembers over a restart: behind one port, in SQLite, in PostgreSQL, or not at all."""

from edge_server.store.answer_text import answer_text
from edge_server.store.journal import Journal
from edge_server.store.opening import open_history, open_store, relative_store
from edge_server.store.port import Batch, Bounds, History, HistoryQuery, Store
from edge_server.store.reader import StoreReader
from edge_server.store.records import DecisionRecord, DeviceRecord, InferenceRecord, ModelRecord, RunRecord
from edge_server.store.waiting import Waiting

__all__ = [
    "Batch",
    "Bounds",
    "DecisionRecord",
    "DeviceRecord",
    "History",
    "HistoryQuery",
    "InferenceRecord",
    "Journal",
    "ModelRecord",
    "RunRecord",
    "Store",
    "StoreReader",
    "Waiting",
    "answer_text",
    "open_history",
    "open_store",
    "relative_store",
]
