"""Frames to and from devices with a key, and what is remembered of them over a restart."""
