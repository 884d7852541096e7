"""Each device's planner: when it learns, when it decides, and how its plans are ordered and sent."""
