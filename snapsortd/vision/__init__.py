"""Classify images with a CLIP model in a sandboxed child process.

The daemon's side: `classifier`, `child_process`, `spawn`, `requests` and `exporter`. Both sides: `wire`, `messages`,
`formats`, `checkpoint` and `cores`. The child's side: everything in `child`, which is started and never imported.
For the commands about models: `catalog`, `checkpoint_files`, `hub` and `embed_texts`.
"""
