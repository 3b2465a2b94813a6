"""The search: one record of every trial, what may be drawn, samplers, objectives and budgets."""
