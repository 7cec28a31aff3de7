"""How good is a model at sorting images whose labels are known? Imports neither torch nor Pillow before it must."""
