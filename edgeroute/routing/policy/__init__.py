"""Policies: rules, conditions, tiers, and what is wrong with them."""
