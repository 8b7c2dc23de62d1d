"""An operator that checks the credentials of outside services and publishes them to those who use them."""

from importlib.metadata import version

__version__ = version("tracardi-operator")
