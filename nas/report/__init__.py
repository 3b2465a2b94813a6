"""Reports: what a person sees while a search runs, and what lies in the run folder afterwards."""
