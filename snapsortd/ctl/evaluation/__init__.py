"""Evaluation of a model on labelled images. Imports neither torch nor Pillow before they are needed."""
