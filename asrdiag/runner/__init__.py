"""Running a suite: plan the cells, transcribe what is not done yet, score, report."""
