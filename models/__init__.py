"""Recipes that make the models this project ships."""
