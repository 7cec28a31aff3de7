"""Find known images and groups of them, by what the journal has of them. Opens no image."""
