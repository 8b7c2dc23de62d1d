"""From files to verdicts: what `lint` and `render` read, judge, and name by file and line."""
