"""What has to go because its actor took the consent back, and the proof that it is gone."""
