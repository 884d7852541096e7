"""What is written to a board: slot images, settings, partition tables."""
