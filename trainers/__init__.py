"""Training recipes for recognisers that adverse acoustics break."""
