"""The page on which a person looks at what is unsure. It runs inside snapsortctl, never in the daemon."""
