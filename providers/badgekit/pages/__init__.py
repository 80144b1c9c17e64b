"""The pages on which learners claim badges."""
