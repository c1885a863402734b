"""A stateful Seller Central for "Pay with Amazon" merchants, in which time can be moved. Not connected to Amazon."""

__version__ = "0.1.0"

BANNER = "Training sandbox. Not connected to Amazon. No real orders, buyers or money."
