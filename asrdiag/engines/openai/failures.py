"""Why there is no transcript of a clip; the names stand in the sample records."""


class HostedFailure(Exception):
    """The endpoint gave no transcript of a clip."""


class RequestFailed(HostedFailure):
    """No answer: the endpoint could not be reached, took too long, or answered with an error."""


class Refused(HostedFailure):
    """The model said that it will not do it."""


class Filtered(HostedFailure):
    """The provider withheld the answer (`finish_reason: content_filter`)."""


class CutOff(HostedFailure):
    """The limit of tokens was spent before the first word (on reasoning, usually)."""


class NoText(HostedFailure):
    """A well-formed answer without a text, which is not the same as an empty one."""


class UnreadableAnswer(HostedFailure):
    """An answer that is not what the API documents."""
