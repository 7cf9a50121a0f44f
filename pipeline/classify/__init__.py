"""From a message to a prediction: what kind it is, how sure that is, and which sentences decided it."""

from pipeline.classify.model import Model

__all__ = ["Model"]
