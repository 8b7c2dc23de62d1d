"""What goes wrong here, in words for the person at the terminal."""


class ControlPlaneError(Exception):
    """The control plane, or a tool it needs, could not be started. The message says why and what to do."""
