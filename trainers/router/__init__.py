"""Training and evaluation of the router that tells degraded speech from clean."""
