"""The kinds of the group `tracardi.com`: models, conditions, problems and the names that stand in objects."""
