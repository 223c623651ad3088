"""What users would write instead, with the same model."""
