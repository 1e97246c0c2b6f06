"""What a run comes to: leaderboard rows, CSV files and tables."""
