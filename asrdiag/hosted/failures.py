"""Why there is no usable answer; the names stand in the records."""


class HostedFailure(Exception):
    """The endpoint gave nothing that can be used."""


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
