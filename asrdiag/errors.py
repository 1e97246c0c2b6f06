"""The errors that asrdiag raises on purpose, and the exit status each one means."""


class AsrdiagError(Exception):
    """Something went wrong that the message explains in full; shown without a traceback."""

    exit_status = 1


class UsageError(AsrdiagError):
    """The command line, a suite or a manifest cannot be used as it is; nothing was run."""

    exit_status = 2


class SaveError(AsrdiagError):
    """A result could not be written; what was written before is intact."""


class SampleError(AsrdiagError):
    """One clip cannot be processed; the runner records it and goes on."""
