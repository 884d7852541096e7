"""Recipe `fomo_digits`: FOMO that finds handwritten digits in composed scenes."""
