"""For training recipes; nothing in it yet."""
