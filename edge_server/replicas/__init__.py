"""Who serves which device among several servers behind one broker: agreed without asking each other."""

from edge_server.replicas.announcement import (
    Announcement,
    AnnouncementError,
    ReplicaId,
    ReplicaTopics,
    Standing,
    parse_announcement,
)
from edge_server.replicas.membership import Membership
from edge_server.replicas.rendezvous import owner
from edge_server.replicas.shares import Moved, Shares

__all__ = [
    "Announcement",
    "AnnouncementError",
    "Membership",
    "Moved",
    "ReplicaId",
    "ReplicaTopics",
    "Shares",
    "Standing",
    "owner",
    "parse_announcement",
]
