"""For the error explorer; nothing in it yet."""
