"""Work for the tails: jobs, the queue that orders them, and the batches that leave it."""

from edge_server.batching.cost import BatchCost
from edge_server.batching.job import Batch, Finished, Job, Key, Late, Prepared
from edge_server.batching.queue import JobQueue

__all__ = ["Batch", "BatchCost", "Finished", "Job", "JobQueue", "Key", "Late", "Prepared"]
