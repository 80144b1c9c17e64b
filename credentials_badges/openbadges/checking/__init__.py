"""Checks badges of anybody: what somebody has put in is told apart, and each thing that has to hold is looked into."""
