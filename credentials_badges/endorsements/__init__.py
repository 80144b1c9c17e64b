"""Endorsements: third parties are asked to vouch for a badge, what it is given for, or whoever gives it."""
