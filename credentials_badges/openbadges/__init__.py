"""Open Badges: what is given here, as documents that anybody's software can check."""
