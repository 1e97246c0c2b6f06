"""The error explorer: a run in the browser, from the leaderboard down to the sound of a single case."""
