"""What lossy settings really cost: now and then one exact frame, and how far its answer is from the setting's."""
