"""`asrdiag train sft`: supervised training in phases on graded rows."""
