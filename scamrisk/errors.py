"""What scamrisk raises. No message ever contains the text that was being scored."""


class ScamRiskError(ValueError):
    """Base of every error that scamrisk raises on purpose."""


class InvalidTextError(ScamRiskError):
    """The text is not a `str`, or holds nothing but white space and invisible characters."""


class InvalidDataError(ScamRiskError):
    """A file, frame, column or label can't be used; the message says which and what was expected."""


class InvalidModelError(ScamRiskError):
    """A model folder is missing, damaged, or of a format this version can't read."""


class RefusedError(ScamRiskError):
    """Training was possible but would not give a model worth having; the message says why."""
