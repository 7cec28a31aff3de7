"""What `init` finds out and writes: the user's folders, the parts of the configuration, and the text made of both."""
