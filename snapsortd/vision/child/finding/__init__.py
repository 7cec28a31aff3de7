"""Work on the embeddings of all known images: find groups of them, and those that are most like one or like a text."""
