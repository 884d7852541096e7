"""Resident interpreters of the tails."""
