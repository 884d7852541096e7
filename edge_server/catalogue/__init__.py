"""The bundles on offer: opened from the models folders as they change, with their versions and rollouts."""
