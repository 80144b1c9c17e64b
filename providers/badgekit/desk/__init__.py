"""The organisers' desk: pages on which codes are made, shared and counted, and claims are reviewed."""
